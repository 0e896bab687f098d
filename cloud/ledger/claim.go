package ledger

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"signet/certs"
)

// Claim is the proof that a device was claimed, or that its event key was renewed: a claimed record. The device has signed
// the offer in it, the owner has certified the event key of the offer, and that key has signed the record.
type Claim struct {
	offer *certs.SignedOffer
	owner *ecdsa.PublicKey // key of the owner whom the offer names
	at    certs.Position   // of the record
	raw   []byte           // the record

	serial *big.Int // of the device certificate that signed the offer
}

// ParseClaim verifies a claimed record with all that is in it. Whether its device certificate was revoked is for the caller
// to ask: see [Claim.Serial].
func ParseClaim(rec *certs.SignedRecord, fleet *x509.Certificate) (*Claim, error) {
	if rec.Type != certs.Claimed {
		return nil, fmt.Errorf("claim: record is %v", rec.Type)
	}
	cert, err := certs.VerifyEventCertificate(rec.Chain[0], rec.Chain[1], rec.Owner)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	owner, err := certs.OwnerKey(rec.Chain[1], rec.Owner)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	if err := rec.Verify(cert); err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	offer, err := certs.ParseOffer(rec.Offer, fleet)
	switch {
	case err != nil:
		return nil, fmt.Errorf("claim: %w", err)
	case offer.Device != rec.Device:
		return nil, errors.New("claim: offer is of another device")
	case offer.Owner != rec.Owner:
		return nil, errors.New("claim: offer is for another owner")
	case offer.Epoch != rec.Epoch:
		return nil, errors.New("claim: offer is of another epoch")
	case !offer.EventKey.Equal(cert.Key):
		return nil, errors.New("claim: offer is of another event key")
	}
	device, err := x509.ParseCertificate(offer.DeviceCert)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return &Claim{offer, owner, rec.Position, rec.Raw, device.SerialNumber}, nil
}

// Serial is the serial number of the device certificate whose key signed the offer.
func (c *Claim) Serial() *big.Int { return c.serial }

// End is the proof that an epoch ended: the closing of a closed record, signed by the device.
type End struct {
	closing *certs.Closing
	release *certs.Release // nil after a reset
	raw     []byte         // the closing
}

// ParseEnd verifies a closing, and the release in it with the key of the owner whom the closing names.
func ParseEnd(raw []byte, fleet *x509.Certificate, owner *ecdsa.PublicKey) (*End, error) {
	c, err := certs.ParseClosing(raw, fleet)
	if err != nil {
		return nil, err
	}
	e := &End{closing: c, raw: raw}
	if c.Cause == certs.Released {
		if e.release, err = c.VerifyRelease(owner); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// epoch is one period of ownership: what was signed about it, and when this cloud heard of that.
type epoch struct {
	begin    *Claim
	heard    time.Time
	bound    time.Time // zero while it waits, and for ever when it is refused
	renewals []*Claim  // ascending by position
	forgot   bool      // that there were older ones: the key of begin counts no longer, for its end is not known

	end     *End
	ended   time.Time
	release *certs.Release // the one that counts, by itself or out of the closing
	let     []byte         // encoded, when it came by itself
	letAt   time.Time
	lost    *certs.Lost
	mark    []byte
	markAt  time.Time
}

// of says whether a statement that names an offer is about this epoch.
func (e *epoch) of(d certs.DeviceID, o certs.OwnerID, n uint64, offer certs.Hash) bool {
	begin := e.begin.offer
	return begin.Device == d && begin.Owner == o && begin.Epoch == n && begin.Hash == offer
}

// speaks objects to a position that the event key could not sign: each key's time ends where the next one was claimed.
// When it began is not asked. A cloud that has lost a claim is told again, at a later position than that of the records
// which it then takes.
func (e *epoch) speaks(key *ecdsa.PublicKey, at certs.Position) *Veto {
	n := e.begin.offer.Epoch
	after := e.renewals
	if e.begin.offer.EventKey.Equal(key) {
		if e.forgot {
			return veto(OtherClaim, "the event key of epoch %d was renewed long ago", n)
		}
		return before(at, after)
	}
	for len(after) > 0 {
		c := after[0]
		if after = after[1:]; c.offer.EventKey.Equal(key) {
			return before(at, after)
		}
	}
	return early(OtherClaim, "epoch %d was offered with another event key", n)
}

func before(at certs.Position, renewals []*Claim) *Veto {
	if len(renewals) > 0 && !at.Less(renewals[0].at) {
		return veto(OtherClaim, "the event key was renewed at %v", renewals[0].at)
	}
	return nil
}
