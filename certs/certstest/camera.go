package certstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"testing"

	"filippo.io/age"

	"signet/certs"
)

// Camera is a device of a fleet. Before Claim it has no owner, and signs nothing but offers.
type Camera struct {
	ID         certs.DeviceID
	DeviceKey  *ecdsa.PrivateKey
	DeviceCert []byte // DER
	Fleet      *x509.Certificate

	// What the last claim and the last renewal gave.
	Owner    certs.OwnerID
	Epoch    uint64
	EventKey *ecdsa.PrivateKey
	Cert     *certs.EventCert // event certificate
	Root     []byte           // the owner's, DER
	Offer    []byte           // as the owner got it: of the claim, or of the renewal
	Began    certs.Hash       // of the offer that began the epoch
	Grant    *certs.Grant
	Settings *age.X25519Identity // settings key
	Sealer   *certs.Sealer       // to the recipients of the policy

	BootID [16]byte
	Next   certs.Position // of the next record
}

// NewCamera makes a device with a certificate of the fleet.
func NewCamera(t testing.TB, f *certs.Fleet) *Camera {
	t.Helper()
	c := &Camera{ID: certs.NewDeviceID(), DeviceKey: NewKey(t), Fleet: f.Cert}
	c.DeviceCert = must(f.IssueDevice(&c.DeviceKey.PublicKey, c.ID, certs.KeyInFile))(t)
	c.Reboot()
	return c
}

// Reboot counts a start: the next record is the first of its boot.
func (c *Camera) Reboot() {
	c.BootID = certs.NewDeviceID()
	c.Next = certs.Position{Boot: c.Next.Boot + 1}
}

// Pending is an offer that waits for its grant.
type Pending struct {
	Raw      []byte // offer, encoded
	Message  []byte // what travels
	EventKey *ecdsa.PrivateKey
	Settings *age.X25519Identity
}

// MakeOffer answers a claim code. The view, sealed to the owner, may be nil.
func (c *Camera) MakeOffer(t testing.TB, code *certs.ClaimCode, view []byte) *Pending {
	t.Helper()
	p := &Pending{}
	offer := certs.Offer{Device: c.ID, Owner: code.Owner, Epoch: c.Epoch + 1}
	if view != nil {
		h := certs.HashOf(view)
		offer.View = &h
	}
	p.sign(t, c, &offer)
	p.Message = must(certs.JoinOffer(p.Raw, code.Secret, view))(t)
	return p
}

// MakeRenewal offers a fresh event key in the epoch that runs.
func (c *Camera) MakeRenewal(t testing.TB) *Pending {
	t.Helper()
	p := &Pending{}
	p.sign(t, c, &certs.Offer{Device: c.ID, Owner: c.Owner, Epoch: c.Epoch, Renews: &c.Began})
	p.Message = must(certs.JoinRenewal(p.Raw))(t)
	return p
}

func (p *Pending) sign(t testing.TB, c *Camera, o *certs.Offer) {
	t.Helper()
	p.EventKey = NewKey(t)
	p.Settings = must(certs.NewSettingsKey())(t)
	o.CSR = must(certs.EventRequest(c.ID, p.EventKey, certs.KeyInFile))(t)
	o.Settings = must(certs.X25519Public(p.Settings.Recipient().String()))(t)
	p.Raw = must(certs.SignOffer(o, c.DeviceCert, c.DeviceKey))(t)
}

// Accept takes the grant of a pending offer. From then on the camera signs with the key that it certifies.
func (c *Camera) Accept(t testing.TB, p *Pending, grant []byte) {
	t.Helper()
	offer := must(certs.ParseOffer(p.Raw, c.Fleet))(t)
	g := must(certs.ParseGrant(grant, offer.Owner))(t)
	if g.OfferHash != offer.Hash || !g.Event.Key.Equal(&p.EventKey.PublicKey) {
		t.Fatal("the grant answers another offer")
	}
	c.Owner, c.Epoch, c.EventKey, c.Offer, c.Settings = g.Owner, g.Epoch, p.EventKey, p.Raw, p.Settings
	c.Grant, c.Cert, c.Root, c.Began = g, g.Event, g.Root, g.Policy.OfferHash
	c.Sealer = must(g.Policy.Sealer(Time, true))(t)
}

// Claim runs a claim through: code, offer, grant. It advances the epoch. Without a policy the owner alone may view.
func (c *Camera) Claim(t testing.TB, o *certs.Owner, policy ...certs.Policy) {
	t.Helper()
	code := certs.NewClaimCode(o, Time)
	p := c.MakeOffer(t, code, nil)
	msg := must(certs.ParseOfferMessage(p.Message))(t)
	if err := msg.Proves(code.Secret); err != nil {
		t.Fatal(err)
	}
	first := certs.Policy{Recipients: []string{o.Recipient}}
	if len(policy) > 0 {
		first = policy[0]
	}
	c.Accept(t, p, must(o.Grant(must(msg.ParseOffer(c.Fleet))(t), first))(t))
}

// Policy signs the policy that follows the one in force: the same but for the version and what change changes. The
// camera takes it.
func (c *Camera) Policy(t testing.TB, o *certs.Owner, change func(*certs.Policy)) []byte {
	t.Helper()
	p := *c.Grant.Policy
	p.Version++
	change(&p)
	raw := must(certs.SignPolicy(&p, o.Key))(t)
	g := *c.Grant
	g.Policy, g.RawPolicy = must(certs.ParsePolicy(raw, PublicKey(t, o.Key)))(t), raw
	c.Grant = &g
	c.Sealer = must(p.Sealer(Time, true))(t)
	return raw
}

// Renew runs a renewal through: a policy that asks for it, offer, grant.
func (c *Camera) Renew(t testing.TB, o *certs.Owner) {
	t.Helper()
	policy := c.Policy(t, o, func(p *certs.Policy) { p.Renewals++ })
	p := c.MakeRenewal(t)
	offer := must(must(certs.ParseOfferMessage(p.Message))(t).ParseOffer(c.Fleet))(t)
	c.Accept(t, p, must(o.GrantRenewal(offer, policy))(t))
}

// Release signs the owner's release of the epoch that runs. Without next, anybody may claim the camera then.
func (c *Camera) Release(t testing.TB, o *certs.Owner, next ...certs.OwnerID) []byte {
	t.Helper()
	r := certs.Release{Device: c.ID, Owner: o.ID, Epoch: c.Epoch, OfferHash: c.Began}
	if len(next) > 0 {
		r.Next = &next[0]
	}
	return must(certs.SignRelease(&r, o.Key))(t)
}

// Lost signs the owner's mark that the camera of this epoch is lost.
func (c *Camera) Lost(t testing.TB, o *certs.Owner) []byte {
	t.Helper()
	return must(certs.SignLost(&certs.Lost{Device: c.ID, Owner: o.ID, Epoch: c.Epoch, OfferHash: c.Began, At: Time}, o.Key))(t)
}

// Closing signs the end of the epoch at a position: by a release, or without one by a reset.
func (c *Camera) Closing(t testing.TB, last certs.Position, release []byte) []byte {
	t.Helper()
	return must(certs.SignClosing(c.UnsignedClosing(last, release), c.DeviceCert, c.DeviceKey))(t)
}

// UnsignedClosing is Closing before it is signed.
func (c *Camera) UnsignedClosing(last certs.Position, release []byte) *certs.Closing {
	e := &certs.Closing{Device: c.ID, Owner: c.Owner, Epoch: c.Epoch, OfferHash: c.Began, Last: last, Cause: certs.Reset, Release: release}
	if release != nil {
		e.Cause = certs.Released
	}
	return e
}

// Close signs the closed record of the epoch: by a release, or without one by a reset. What the camera held of the epoch
// stays in c, for tests of what must no longer count.
func (c *Camera) Close(t testing.TB, release []byte) *Signed {
	t.Helper()
	r := c.Record(certs.Closed)
	r.Closing = c.Closing(t, r.Position, release)
	return c.Sign(t, r)
}

// SPKI encodes a public key.
func SPKI(t testing.TB, k *ecdsa.PublicKey) []byte {
	t.Helper()
	return must(x509.MarshalPKIXPublicKey(k))(t)
}

// PublicKey returns the public half of a P-256 key.
func PublicKey(t testing.TB, k crypto.Signer) *ecdsa.PublicKey {
	t.Helper()
	pub, ok := k.Public().(*ecdsa.PublicKey)
	if !ok {
		t.Fatalf("a key of type %T", k.Public())
	}
	return pub
}
