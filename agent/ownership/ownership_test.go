package ownership

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"signet/agent/identity"
	"signet/certs"
)

// rig is an enrolled camera, its fleet and an owner.
type rig struct {
	dir    string
	fleet  *certs.Fleet
	device *identity.Device
	owner  *certs.Owner
	state  *State
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{dir: t.TempDir()}
	r.fleet = must[*certs.Fleet](t)(certs.NewFleet("test fleet"))
	r.device = must[*identity.Device](t)(identity.Open(r.dir))
	der := must[[]byte](t)(r.fleet.IssueDevice(&r.device.Key.PublicKey, r.device.ID))
	if err := r.device.Enrol(r.dir, der, r.fleet.Cert); err != nil {
		t.Fatal(err)
	}
	r.owner = must[*certs.Owner](t)(certs.NewOwner())
	r.state = must[*State](t)(Open(r.dir, r.device))
	return r
}

// offer makes the camera offer itself to an owner, who has looked at the offer.
func (r *rig) offer(t *testing.T, o *certs.Owner) *certs.SignedOffer {
	t.Helper()
	code := certs.NewClaimCode(o, time.Now().Add(time.Minute))
	msg := must[[]byte](t)(r.state.Offer(code, time.Now()))
	raw := must[[]byte](t)(certs.OpenOffer(msg, code.Secret))
	return must[*certs.SignedOffer](t)(certs.ParseOffer(raw, r.fleet.Cert))
}

func grant(t *testing.T, o *certs.Owner, offer *certs.SignedOffer) []byte {
	t.Helper()
	return must[[]byte](t)(o.Grant(offer, certs.Policy{Recipients: []string{o.Recipient}}))
}

func (r *rig) claim(t *testing.T) {
	t.Helper()
	if err := r.state.Accept(grant(t, r.owner, r.offer(t, r.owner))); err != nil {
		t.Fatal(err)
	}
}

func TestClaimSurvivesRestart(t *testing.T) {
	r := newRig(t)
	if r.state.Terms() != nil {
		t.Fatal("owned before any claim")
	}
	r.claim(t)
	again := must[*State](t)(Open(r.dir, r.device))
	terms := again.Terms()
	if terms == nil || terms.Owner != r.owner.ID || terms.Epoch != 1 || terms.Policy.Version != 1 {
		t.Fatalf("after a restart: %+v", terms)
	}
	if again.Announced() {
		t.Error("announced before the claimed record was written")
	}
}

func TestOwnedCameraRefusesOtherClaims(t *testing.T) {
	r := newRig(t)
	pending := r.offer(t, r.owner)
	raw := grant(t, r.owner, pending)
	if err := r.state.Accept(raw); err != nil {
		t.Fatal(err)
	}
	other := must[*certs.Owner](t)(certs.NewOwner())
	if _, err := r.state.Offer(certs.NewClaimCode(other, time.Now().Add(time.Minute)), time.Now()); !errors.Is(err, ErrOwned) {
		t.Errorf("second claim: %v", err)
	}
	if err := r.state.Accept(raw); !errors.Is(err, ErrOwned) {
		t.Errorf("grant played again: %v", err)
	}
}

func TestForeignGrantIsRefused(t *testing.T) {
	r := newRig(t)
	thief := must[*certs.Owner](t)(certs.NewOwner())
	theirs := grant(t, thief, r.offer(t, thief)) // replaced by the next offer
	old := grant(t, r.owner, r.offer(t, r.owner))
	r.offer(t, r.owner)
	for name, raw := range map[string][]byte{"another owner's": theirs, "of an older offer": old, "garbage": []byte("x")} {
		if err := r.state.Accept(raw); err == nil {
			t.Errorf("grant %s was accepted", name)
		}
	}
	if r.state.Terms() != nil {
		t.Error("a refused grant left an owner")
	}
}

func TestExpiredCode(t *testing.T) {
	r := newRig(t)
	code := certs.NewClaimCode(r.owner, time.Now().Add(-time.Second))
	if _, err := r.state.Offer(code, time.Now()); !errors.Is(err, ErrOldCode) {
		t.Errorf("expired code: %v", err)
	}
}

func TestPolicyNeverGoesBack(t *testing.T) {
	r := newRig(t)
	r.claim(t)
	policy := *r.state.Terms().Policy
	sign := func(o *certs.Owner, version uint64) []byte {
		p := policy
		p.Version, p.Owner = version, o.ID
		return must[[]byte](t)(certs.SignPolicy(&p, o.Key))
	}
	if err := r.state.Apply(sign(r.owner, 3)); err != nil {
		t.Fatal(err)
	}
	for _, v := range []uint64{1, 2, 3} {
		if err := r.state.Apply(sign(r.owner, v)); !errors.Is(err, ErrOldTerms) {
			t.Errorf("version %d after 3: %v", v, err)
		}
	}
	thief := must[*certs.Owner](t)(certs.NewOwner())
	if err := r.state.Apply(sign(thief, 9)); err == nil {
		t.Error("a policy of another owner was applied")
	}
	again := must[*State](t)(Open(r.dir, r.device))
	if v := again.Terms().Policy.Version; v != 3 {
		t.Errorf("after a restart version %d is in force", v)
	}
}

// A power cut may come after the grant took effect and before the epoch was noted.
func TestEpochIsNotedLate(t *testing.T) {
	r := newRig(t)
	r.claim(t)
	if err := os.Remove(filepath.Join(r.dir, epochFile)); err != nil {
		t.Fatal(err)
	}
	s := must[*State](t)(Open(r.dir, r.device))
	if n := must[uint64](t)(s.lastEpoch()); n != 1 {
		t.Errorf("epoch noted after the restart is %d", n)
	}
}

func TestExposedKeyIsRefused(t *testing.T) {
	r := newRig(t)
	r.claim(t)
	if err := os.Chmod(filepath.Join(r.dir, ownedDir, keyFile), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(r.dir, r.device); !errors.Is(err, certs.ErrExposed) {
		t.Errorf("event key readable by others: %v", err)
	}
}
