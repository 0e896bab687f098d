// Package ownershiptest makes cameras with real identities and real owners in temporary folders. It is for tests.
package ownershiptest

import (
	"testing"
	"time"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
	"signet/certs/certstest"
)

// Rig is a camera that is enrolled in a fleet, and somebody who may become its owner.
type Rig struct {
	Dir    string
	Fleet  *certs.Fleet
	Device *identity.Device
	Owner  *certs.Owner
	State  *ownership.State
}

// New makes a rig whose camera nobody owns.
func New(t testing.TB) *Rig {
	t.Helper()
	r := &Rig{Dir: t.TempDir(), Fleet: certstest.NewFleet(t), Owner: certstest.NewOwner(t)}
	var err error
	if r.Device, err = identity.Make(r.Dir); err != nil {
		t.Fatal(err)
	}
	der, err := r.Fleet.IssueDevice(r.Device.PublicKey(), r.Device.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Device.Enrol(r.Dir, der, r.Fleet.Cert); err != nil {
		t.Fatal(err)
	}
	r.State = r.Restart(t)
	return r
}

// Restart reads the ownership again, as a restarted agent does.
func (r *Rig) Restart(t testing.TB) *ownership.State {
	t.Helper()
	s, err := ownership.Open(r.Dir, r.Device)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Offer makes the camera offer itself to o, who has looked at the offer.
func (r *Rig) Offer(t testing.TB, o *certs.Owner) *certs.SignedOffer {
	t.Helper()
	code := certs.NewClaimCode(o, time.Now().Add(time.Minute))
	msg, err := r.State.Offer(code, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	offer := certstest.Offer(t, msg, code.Secret, r.Fleet.Cert)
	return offer
}

// Grant is o's acceptance of an offer.
func Grant(t testing.TB, o *certs.Owner, offer *certs.SignedOffer) []byte {
	t.Helper()
	g, err := o.Grant(offer, certs.Policy{Recipients: []string{o.Recipient}})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Claim makes the rig's owner the owner of the camera.
func (r *Rig) Claim(t testing.TB) {
	t.Helper()
	if err := r.State.Accept(Grant(t, r.Owner, r.Offer(t, r.Owner))); err != nil {
		t.Fatal(err)
	}
}

// Release is the owner's letting go of the camera.
func (r *Rig) Release(t testing.TB) {
	t.Helper()
	n := r.State.Terms()
	raw, err := certs.SignRelease(&certs.Release{Device: r.Device.ID, Owner: n.Owner, Epoch: n.Epoch, OfferHash: n.Began}, r.Owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.State.Release(raw); err != nil {
		t.Fatal(err)
	}
}

// Renew makes the owner ask for another event key, the camera offer it, and the owner grant it.
func (r *Rig) Renew(t testing.TB) {
	t.Helper()
	r.GrantRenewal(t, r.AskRenewal(t))
}

// AskRenewal makes the owner ask for another event key, by the policy that it returns, and the camera offer it.
func (r *Rig) AskRenewal(t testing.TB) (policy []byte) {
	t.Helper()
	p := *r.State.Terms().Policy
	p.Version, p.Renewals = p.Version+1, r.State.Terms().Renewals+1
	policy, err := certs.SignPolicy(&p, r.Owner.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.State.Apply(policy); err != nil {
		t.Fatal(err)
	}
	if err := r.State.Renew(); err != nil {
		t.Fatal(err)
	}
	return policy
}

// GrantRenewal makes the owner grant the renewal that waits.
func (r *Rig) GrantRenewal(t testing.TB, policy []byte) {
	t.Helper()
	w, err := r.State.Waiting()
	if err != nil || w == nil {
		t.Fatalf("no renewal waits: %v", err)
	}
	m, err := certs.ParseOfferMessage(w.Message)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := m.ParseOffer(r.Fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := r.Owner.GrantRenewal(offer, policy)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.State.Accept(grant); err != nil {
		t.Fatal(err)
	}
}
