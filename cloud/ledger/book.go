package ledger

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"signet/certs"
)

const (
	// maxEntry bounds an encoded entry: maxClaims offers, each of which came inside a record.
	maxEntry = 512 << 10
	// maxClaims is how many epochs of a device are remembered. Records of older ones are refused.
	maxClaims = 16
)

// ErrCorrupt says that an entry is not what this package wrote about this device. Nothing passes it.
var ErrCorrupt = errors.New("ledger entry is corrupt")

// Reason says why the ledger objects.
type Reason string

// The ledger's objections.
const (
	NotClaimed Reason = "not-claimed" // no claim is known for this epoch
	OtherClaim Reason = "other-claim" // the claim of this epoch is another's, or of another event key
	OldEpoch   Reason = "old-epoch"   // a claim below the highest epoch known
	Closed     Reason = "closed"      // after the end of its epoch
)

// Veto is an objection to a record.
type Veto struct {
	Reason Reason
	Detail string
}

func (v *Veto) Error() string { return "ledger: " + v.Detail }

func veto(r Reason, format string, args ...any) *Veto { return &Veto{r, fmt.Sprintf(format, args...)} }

// Book is a device's entry. The zero value, with a device, knows no claim. It is not for concurrent use.
type Book struct {
	device certs.DeviceID
	claims []claim // ascending by epoch
}

type claim struct {
	offer  *certs.SignedOffer
	closed *certs.Position
}

// entry is how a Book is written down.
type entry struct {
	Token  string       `json:"token"` // random, of one write: tells after a time-out whose write it was
	Claims []entryClaim `json:"claims"`
}

type entryClaim struct {
	Offer  []byte     `json:"offer"`            // as the device signed it
	Closed *[2]uint64 `json:"closed,omitempty"` // last position, boot and n
}

// Parse reads the entry of a device and verifies every claim in it again. Its error wraps ErrCorrupt.
func Parse(device certs.DeviceID, b []byte, fleet *x509.Certificate) (*Book, error) {
	bk, _, err := parse(device, b, fleet)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return bk, nil
}

func parse(device certs.DeviceID, b []byte, fleet *x509.Certificate) (*Book, string, error) {
	if len(b) > maxEntry {
		return nil, "", fmt.Errorf("%d bytes are more than %d", len(b), maxEntry)
	}
	var e entry
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return nil, "", err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, "", errors.New("something follows")
	}
	if len(e.Claims) == 0 || len(e.Claims) > maxClaims {
		return nil, "", fmt.Errorf("%d claims", len(e.Claims))
	}
	bk := &Book{device: device}
	for _, c := range e.Claims {
		offer, err := certs.ParseOffer(c.Offer, fleet)
		if err != nil {
			return nil, "", err
		}
		if offer.Device != device {
			return nil, "", errors.New("claim of another device")
		}
		if offer.Epoch <= bk.highest() {
			return nil, "", errors.New("epochs do not ascend")
		}
		k := claim{offer: offer}
		if c.Closed != nil {
			k.closed = &certs.Position{Boot: c.Closed[0], N: c.Closed[1]}
		}
		bk.claims = append(bk.claims, k)
	}
	return bk, e.Token, nil
}

func (b *Book) encode(token string) ([]byte, error) {
	e := entry{Token: token}
	for _, c := range b.claims {
		k := entryClaim{Offer: c.offer.Raw}
		if c.closed != nil {
			k.Closed = &[2]uint64{c.closed.Boot, c.closed.N}
		}
		e.Claims = append(e.Claims, k)
	}
	out, err := json.Marshal(e)
	if err == nil && len(out) > maxEntry {
		err = fmt.Errorf("%d bytes are more than %d", len(out), maxEntry)
	}
	return out, err
}

func (b *Book) highest() uint64 {
	if n := len(b.claims); n > 0 {
		return b.claims[n-1].offer.Epoch
	}
	return 0
}

func (b *Book) find(epoch uint64) (claim, bool) {
	i, ok := slices.BinarySearchFunc(b.claims, epoch, func(c claim, e uint64) int {
		switch {
		case c.offer.Epoch < e:
			return -1
		case c.offer.Epoch > e:
			return 1
		}
		return 0
	})
	if !ok {
		return claim{}, false
	}
	return b.claims[i], true
}

// Veto objects to a record that was signed by an event key, or returns nil. It compares what the record says of itself
// with what the device signed when it was claimed.
func (b *Book) Veto(r *certs.Record, eventKey *ecdsa.PublicKey) *Veto {
	c, ok := b.find(r.Epoch)
	switch {
	case r.Device != b.device:
		return veto(OtherClaim, "record is of another device")
	case !ok && r.Epoch < b.highest():
		return veto(OldEpoch, "epoch %d is not remembered, the device is in epoch %d", r.Epoch, b.highest())
	case !ok:
		return veto(NotClaimed, "no claim of epoch %d is known", r.Epoch)
	case c.offer.Owner != r.Owner:
		return veto(OtherClaim, "epoch %d was offered to another owner", r.Epoch)
	case !c.offer.EventKey.Equal(eventKey):
		return veto(OtherClaim, "epoch %d was offered with another event key", r.Epoch)
	case c.closed != nil && c.closed.Less(r.Position):
		return veto(Closed, "epoch %d was closed at %v", r.Epoch, *c.closed)
	}
	return nil
}

// Early says whether a veto may be lifted by a claim that is still under way: records may overtake each other.
func (v *Veto) Early() bool { return v.Reason == NotClaimed }

// Claim returns the book with one more claim, or with the same when it knows it already (added is false then): an offer
// for the same owner and event key, though it may be signed anew. The epoch must be higher than every other.
func (b *Book) Claim(offer *certs.SignedOffer) (next *Book, added bool, _ *Veto) {
	if offer.Device != b.device {
		return nil, false, veto(OtherClaim, "offer is of another device")
	}
	if c, ok := b.find(offer.Epoch); ok {
		if c.offer.Owner != offer.Owner || !c.offer.EventKey.Equal(offer.EventKey) {
			return nil, false, veto(OtherClaim, "epoch %d was claimed by another offer", offer.Epoch)
		}
		return b, false, nil
	}
	if offer.Epoch < b.highest() {
		return nil, false, veto(OldEpoch, "epoch %d is below %d", offer.Epoch, b.highest())
	}
	claims := append(slices.Clone(b.claims), claim{offer: offer})
	if len(claims) > maxClaims {
		claims = claims[len(claims)-maxClaims:]
	}
	return &Book{b.device, claims}, true, nil
}

// Claims counts the epochs that are remembered.
func (b *Book) Claims() int { return len(b.claims) }

// Close returns the book in which an epoch ends at a position, and whether that is news. The first end counts.
func (b *Book) Close(epoch uint64, at certs.Position) (next *Book, changed bool) {
	for i, c := range b.claims {
		if c.offer.Epoch == epoch && c.closed == nil {
			next := &Book{b.device, slices.Clone(b.claims)}
			next.claims[i].closed = &at
			return next, true
		}
	}
	return b, false
}

// Current says whether the device's newest claim is an owner's, and is not closed.
func (b *Book) Current(owner certs.OwnerID) bool {
	n := len(b.claims)
	return n > 0 && b.claims[n-1].closed == nil && b.claims[n-1].offer.Owner == owner
}
