package certstest

import (
	"crypto/ecdsa"
	"crypto/x509"
	"testing"

	"signet/certs"
)

// Camera is a device of a fleet. Before Claim it has no owner, and signs nothing but offers.
type Camera struct {
	ID         certs.DeviceID
	DeviceKey  *ecdsa.PrivateKey
	DeviceCert []byte // DER
	Fleet      *x509.Certificate

	// What the last claim gave.
	Owner    certs.OwnerID
	Epoch    uint64
	EventKey *ecdsa.PrivateKey
	Cert     *certs.EventCert // event certificate
	Root     []byte           // the owner's, DER
	Offer    []byte           // as the owner got it
	Grant    *certs.Grant
	Sealer   *certs.Sealer // to the recipients of the policy

	BootID [16]byte
	Next   certs.Position // of the next record
}

// NewCamera makes a device with a certificate of the fleet.
func NewCamera(t testing.TB, f *certs.Fleet) *Camera {
	t.Helper()
	c := &Camera{ID: certs.NewDeviceID(), DeviceKey: NewKey(t), Fleet: f.Cert}
	c.DeviceCert = must(f.IssueDevice(&c.DeviceKey.PublicKey, c.ID))(t)
	c.Reboot()
	return c
}

// Reboot counts a start: the next record is the first of its boot.
func (c *Camera) Reboot() {
	c.BootID = certs.NewDeviceID()
	c.Next = certs.Position{Boot: c.Next.Boot + 1}
}

// Claim runs a claim through: code, offer, grant. It advances the epoch. Without a policy the owner alone may view.
func (c *Camera) Claim(t testing.TB, o *certs.Owner, policy ...certs.Policy) {
	t.Helper()
	code := certs.NewClaimCode(o, Time)
	key := NewKey(t)
	offer := certs.Offer{Device: c.ID, Owner: code.Owner, Epoch: c.Epoch + 1}
	offer.CSR = must(certs.EventRequest(c.ID, key))(t)
	raw := must(certs.SignOffer(&offer, c.DeviceCert, c.DeviceKey))(t)
	msg := must(certs.JoinOffer(raw, code.Secret))(t)

	opened := must(certs.OpenOffer(msg, code.Secret))(t)
	accepted := must(certs.ParseOffer(opened, c.Fleet))(t)
	p := certs.Policy{Recipients: []string{o.Recipient}}
	if len(policy) > 0 {
		p = policy[0]
	}
	grant := must(o.Grant(accepted, p))(t)

	c.Grant = must(certs.ParseGrant(grant, code.Owner))(t)
	c.Owner, c.Epoch, c.EventKey, c.Offer = code.Owner, offer.Epoch, key, raw
	c.Cert, c.Root = c.Grant.Event, c.Grant.Root
	c.Sealer = must(certs.NewSealer(c.Grant.Policy.Recipients))(t)
}

// SPKI encodes a public key.
func SPKI(t testing.TB, k *ecdsa.PublicKey) []byte {
	t.Helper()
	return must(x509.MarshalPKIXPublicKey(k))(t)
}
