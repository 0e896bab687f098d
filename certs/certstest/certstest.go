// Package certstest makes what tests need of a fleet: its CA, owners, and cameras that were claimed the way real
// ones are, with keys, certificates, records and media that verify. Nothing in it is a fake. It is for tests.
//
//	w := certstest.New(t)                                     // a fleet, an owner, a camera of that owner
//	s := w.Camera.Event(t)                                    // started, part and ended, sealed to the owner
//	rec, err := certs.ParseRecord(s.Started.Raw)
//	cert, err := certs.VerifyEventCertificate(w.Camera.Cert.Raw, w.Owner.Root, w.Owner.ID)
//
//	w.Camera.Renew(t, w.Owner)                                // another event key, the same epoch
//	last := w.Camera.Close(t, w.Camera.Release(t, w.Owner))   // or Close(t, nil) for a reset
//	w.Camera.Claim(t, certstest.NewOwner(t))                  // the next epoch; NewHandover does all of it
package certstest

import (
	"crypto/ecdsa"
	"crypto/x509"
	"testing"
	"time"

	"filippo.io/age"

	"signet/certs"
)

// World is a fleet with one owner and one camera, claimed by that owner.
type World struct {
	Fleet  *certs.Fleet
	Owner  *certs.Owner
	Camera *Camera
}

// New makes a world.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{Fleet: NewFleet(t), Owner: NewOwner(t)}
	w.Camera = NewCamera(t, w.Fleet)
	w.Camera.Claim(t, w.Owner)
	return w
}

// NewFleet makes a fleet CA.
func NewFleet(t testing.TB) *certs.Fleet {
	t.Helper()
	return must(certs.NewFleet("Test fleet"))(t)
}

// NewOwner makes an owner from a random seed.
func NewOwner(t testing.TB) *certs.Owner {
	t.Helper()
	return must(certs.NewOwner())(t)
}

// NewKey makes a P-256 key.
func NewKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	return must(certs.NewKey())(t)
}

// Viewer is somebody with a key of his own.
type Viewer struct {
	Key       *ecdsa.PrivateKey
	SPKI      []byte // DER
	ID        certs.KeyID
	Identity  *age.X25519Identity // opens pictures
	Recipient string
}

// Viewing is v as a policy of version 1 or later names him: until he is removed, with the recipient that his scope needs.
func (v *Viewer) Viewing(scope certs.Scope) certs.Viewer {
	w := certs.Viewer{SPKI: v.SPKI, Scope: scope, NotAfter: certs.UntilRemoved(), Since: 1}
	if scope&certs.ScopeClips != 0 {
		w.Recipient = v.Recipient
	}
	return w
}

// NewViewer makes a viewer.
func NewViewer(t testing.TB) *Viewer {
	t.Helper()
	v := &Viewer{Key: NewKey(t), Identity: must(age.GenerateX25519Identity())(t)}
	v.Recipient = v.Identity.Recipient().String()
	v.SPKI = SPKI(t, &v.Key.PublicKey)
	v.ID = must(certs.KeyIDOf(&v.Key.PublicKey))(t)
	return v
}

// Receipts is a cloud's key for receipts.
type Receipts struct {
	Key  *ecdsa.PrivateKey
	Cert []byte // DER
}

// NewReceipts makes the key that signs receipts, certified by the fleet.
func NewReceipts(t testing.TB, f *certs.Fleet) *Receipts {
	t.Helper()
	k := NewKey(t)
	return &Receipts{Key: k, Cert: must(f.IssueReceipts(&k.PublicKey))(t)}
}

// Receipt signs a receipt for records of one boot, from and to included.
func (r *Receipts) Receipt(t testing.TB, d certs.DeviceID, boot, from, to uint64) []byte {
	t.Helper()
	return must(certs.SignReceipt(&certs.Receipt{
		Device: d, Bound: []certs.Range{{Boot: boot, From: from, To: to}}, At: Time,
	}, r.Cert, r.Key))(t)
}

// Time is when everything here happens.
var Time = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// must makes a function that returns v, or ends the test where err is not nil.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Offer opens the message of a claim as its owner does: the proof, the fleet's signature, the view.
func Offer(t testing.TB, msg []byte, secret [16]byte, fleet *x509.Certificate) *certs.SignedOffer {
	t.Helper()
	m := must(certs.ParseOfferMessage(msg))(t)
	if err := m.Proves(secret); err != nil {
		t.Fatal(err)
	}
	return must(m.ParseOffer(fleet))(t)
}
