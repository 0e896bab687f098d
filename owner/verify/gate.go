// Package verify is the one gate of the owner's side in Go: bytes from the cloud go in; a record that may be believed
// comes out, or the reason why not. It mirrors the owner's page (owner/web/src/verify.ts).
//
// Its one invariant: a [Record] exists only if its signature's path ends at exactly this owner's own root, and a
// plaintext only if such a record names its ciphertext. Everything that is shown takes one of the two, so nothing
// that the cloud says on its own account can be shown.
package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"signet/certs"
)

// Reason says why an item was refused; the order is that of the checks.
type Reason string

// Reasons, spelled as the owner's page spells them.
const (
	Unreadable     Reason = "unreadable"      // not a well-formed record
	Foreign        Reason = "foreign"         // names another owner
	NoCertificate  Reason = "no-certificate"  // the certificate that it names is nowhere to be found
	BadCertificate Reason = "bad-certificate" // no path from that certificate to the owner's root
	OtherCamera    Reason = "other-camera"    // the certificate is of another camera or ownership
	BadSignature   Reason = "bad-signature"
)

// Explain returns a sentence for people.
func (r Reason) Explain() string {
	switch r {
	case Unreadable:
		return "not well-formed"
	case Foreign:
		return "belongs to another owner"
	case NoCertificate:
		return "names a certificate that the cloud does not have"
	case BadCertificate:
		return "its certificate was not issued by your key"
	case OtherCamera:
		return "signed for another camera or another ownership"
	case BadSignature:
		return "its signature does not verify"
	}
	return string(r)
}

// Refusal is the error of an item that must not be shown.
type Refusal struct {
	Reason Reason
	Detail string
	Claims *certs.Record // what the item says of itself, never proven; nil if it is unreadable
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s: %s", r.Reason, r.Detail) }

// Source finds a certificate by the SHA-256 of its DER; nil and no error if there is none. It need not be trusted.
type Source func(ctx context.Context, x5t certs.Hash) ([]byte, error)

// None is a Source for work without a cloud: records must carry their certificate, or it is given to [Gate.Know].
func None(context.Context, certs.Hash) ([]byte, error) { return nil, nil }

// Record was signed by a camera whose certificate this owner's key has issued, for this owner. Only a Gate makes one:
// its fields are those of the statement, and nobody outside can set them.
type Record struct {
	*signed
	cert *certs.EventCert
}

type signed = certs.SignedRecord

// Cert returns the event certificate whose key signed the record.
func (r *Record) Cert() *certs.EventCert { return r.cert }

// Gate verifies for one owner. It keeps every event certificate that it has verified. It is safe for concurrent use.
type Gate struct {
	owner  certs.OwnerID
	root   []byte
	source Source

	mu    sync.Mutex
	known map[certs.Hash]*certs.EventCert
}

// New makes a gate that ends at exactly one root, which must be the owner's.
func New(owner certs.OwnerID, root []byte, source Source) (*Gate, error) {
	if _, err := certs.OwnerKey(root, owner); err != nil {
		return nil, err
	}
	return &Gate{owner: owner, root: root, source: source, known: map[certs.Hash]*certs.EventCert{}}, nil
}

// Check verifies one record. The error is a *[Refusal] if the record must not be shown; any other error means that
// the source could not say, and the record may be checked again later.
func (g *Gate) Check(ctx context.Context, b []byte) (*Record, error) {
	s, err := certs.ParseRecord(b)
	if err != nil {
		return nil, &Refusal{Reason: Unreadable, Detail: err.Error()}
	}
	refuse := func(r Reason, detail string) (*Record, error) {
		return nil, &Refusal{Reason: r, Detail: detail, Claims: &s.Record}
	}
	if s.Owner != g.owner {
		return refuse(Foreign, "names owner "+s.Owner.Short())
	}
	var carried []byte
	if len(s.Chain) > 0 {
		carried = s.Chain[0]
	}
	cert, err := g.certificate(ctx, s.X5T, carried)
	if err != nil {
		if r, ok := errors.AsType[*Refusal](err); ok {
			r.Claims = &s.Record
		}
		return nil, err
	}
	if cert.Device != s.Device || cert.Epoch != s.Epoch {
		return refuse(OtherCamera, fmt.Sprintf("certificate is of camera %s, epoch %d", cert.Device, cert.Epoch))
	}
	if err := s.Verify(cert); err != nil {
		return refuse(BadSignature, err.Error())
	}
	return &Record{signed: s, cert: cert}, nil
}

// Certificate returns a verified event certificate, for statements other than records. Errors are those of Check.
func (g *Gate) Certificate(ctx context.Context, x5t certs.Hash) (*certs.EventCert, error) {
	return g.certificate(ctx, x5t, nil)
}

// Know offers a certificate that was found elsewhere. It is kept only if its path ends at the owner's root.
func (g *Gate) Know(der []byte) (*certs.EventCert, error) {
	cert, err := certs.VerifyEventCertificate(der, g.root, g.owner)
	if err != nil {
		return nil, &Refusal{Reason: BadCertificate, Detail: err.Error()}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known[cert.X5T] = cert
	return cert, nil
}

// certificate looks among what is known, then at what the record carries, then asks the source.
func (g *Gate) certificate(ctx context.Context, x5t certs.Hash, carried []byte) (*certs.EventCert, error) {
	g.mu.Lock()
	cert := g.known[x5t]
	g.mu.Unlock()
	if cert != nil {
		return cert, nil
	}
	der := carried
	if der == nil {
		var err error
		if der, err = g.source(ctx, x5t); err != nil {
			return nil, fmt.Errorf("find certificate: %w", err)
		}
		if der == nil {
			return nil, &Refusal{Reason: NoCertificate, Detail: "no certificate " + x5t.String()[:8]}
		}
	}
	if certs.HashOf(der) != x5t {
		return nil, &Refusal{Reason: BadCertificate, Detail: "not the certificate that the signature names"}
	}
	return g.Know(der)
}
