package bind

import (
	"context"
	"crypto/x509"
	"fmt"

	"signet/certs"
	"signet/cloud/ledger"
)

// message is what a camera sent, taken apart and proven.
type message struct {
	raw    []byte // record and small media, as it came
	record *certs.SignedRecord
	cert   *certs.EventCert
	chain  *chain // that the record brought along, proven

	claim   *ledger.Claim // of a claimed record
	revoked bool          // the certificate that signed the claim's offer was
	end     *ledger.End   // of a closed record
}

// chains finds an event certificate and its root by the event certificate's hash.
type chains interface {
	find(ctx context.Context, x5t certs.Hash) (*chain, error) // nil, nil when it was never shown
	remember(x5t certs.Hash, proven *chain)
}

// read takes apart what came on a device's connection. When the record can be read, it is in the message even if the
// message is refused: the refusal names its position.
func read(device certs.DeviceID, raw []byte) (*message, *refusal) {
	body, media, err := certs.SplitMessage(raw)
	if err != nil {
		return nil, refuse(Malformed, err)
	}
	rec, err := certs.ParseRecord(body)
	if err != nil {
		return nil, refuse(Malformed, err)
	}
	m := &message{raw: raw, record: rec}
	if rec.Device != device {
		return nil, refuse(ForeignDevice, fmt.Errorf("record names %s", rec.Device))
	}
	if err := rec.MatchInline(media); err != nil {
		return m, refuse(WrongMedia, err)
	}
	return m, nil
}

// prove follows the record's signature to the owner that the record names. Everything it needs is in the record, or
// was shown by the same device before; where a certificate comes from proves nothing and is not asked.
func (m *message) prove(ctx context.Context, known chains, fleet *x509.Certificate) (*refusal, error) {
	rec := m.record
	ch, brought := ownChain(rec), true
	if ch == nil {
		var err error
		if ch, err = known.find(ctx, rec.X5T); err != nil {
			return nil, err
		}
		brought = false
	}
	if ch == nil {
		return &refusal{UnknownCertificate, fmt.Errorf("certificate %.8s was never shown", rec.X5T), true}, nil
	}
	cert, err := ch.verify(rec.Owner)
	if err != nil {
		return refuse(WrongCertificate, err), nil
	}
	if err := rec.Verify(cert); err != nil {
		return refuse(WrongSignature, err), nil
	}
	m.cert = cert
	if brought {
		m.chain = ch // kept when the record is bound
	} else {
		known.remember(rec.X5T, ch)
	}
	switch rec.Type {
	case certs.Claimed:
		if m.claim, err = ledger.ParseClaim(rec, fleet); err != nil {
			return refuse(WrongOffer, err), nil
		}
	case certs.Closed:
		if m.end, err = ch.end(rec, fleet); err != nil {
			return refuse(WrongSignature, err), nil
		}
	}
	return nil, nil
}

// end verifies the closing of a closed record, whose owner is the chain's.
func (c *chain) end(rec *certs.SignedRecord, fleet *x509.Certificate) (*ledger.End, error) {
	owner, err := certs.OwnerKey(c.Root, rec.Owner)
	if err != nil {
		return nil, err
	}
	return ledger.ParseEnd(rec.Closing, fleet, owner)
}
