package ownership_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"signet/agent/ownership"
	"signet/agent/ownership/ownershiptest"
	"signet/certs"
	"signet/certs/certstest"
)

func TestClaimSurvivesRestart(t *testing.T) {
	r := ownershiptest.New(t)
	if r.State.Terms() != nil {
		t.Fatal("owned before any claim")
	}
	r.Claim(t)
	again := r.Restart(t)
	terms := again.Terms()
	if terms == nil || terms.Owner != r.Owner.ID || terms.Epoch != 1 || terms.Policy.Version != 1 {
		t.Fatalf("after a restart: %+v", terms)
	}
	if again.Announced(again.Terms()) {
		t.Error("announced before the claimed record was written")
	}
}

func TestOwnedCameraRefusesOtherClaims(t *testing.T) {
	r := ownershiptest.New(t)
	raw := ownershiptest.Grant(t, r.Owner, r.Offer(t, r.Owner))
	if err := r.State.Accept(raw); err != nil {
		t.Fatal(err)
	}
	code := certs.NewClaimCode(certstest.NewOwner(t), time.Now().Add(time.Minute))
	if _, err := r.State.Offer(code, nil, time.Now()); !errors.Is(err, ownership.ErrOwned) {
		t.Errorf("second claim: %v", err)
	}
	if err := r.State.Accept(raw); !errors.Is(err, ownership.ErrOwned) {
		t.Errorf("grant played again: %v", err)
	}
}

func TestForeignGrantIsRefused(t *testing.T) {
	r := ownershiptest.New(t)
	thief := certstest.NewOwner(t)
	theirs := ownershiptest.Grant(t, thief, r.Offer(t, thief)) // replaced by the next offer
	old := ownershiptest.Grant(t, r.Owner, r.Offer(t, r.Owner))
	r.Offer(t, r.Owner)
	for name, raw := range map[string][]byte{"another owner's": theirs, "of an older offer": old, "garbage": []byte("x")} {
		if err := r.State.Accept(raw); err == nil {
			t.Errorf("grant %s was accepted", name)
		}
	}
	if r.State.Terms() != nil {
		t.Error("a refused grant left an owner")
	}
}

func TestExpiredCode(t *testing.T) {
	r := ownershiptest.New(t)
	code := certs.NewClaimCode(r.Owner, time.Now().AddDate(-10, 0, 0))
	if _, err := r.State.Offer(code, nil, time.Now()); !errors.Is(err, ownership.ErrOldCode) {
		t.Errorf("expired code: %v", err)
	}
}

func TestPolicyNeverGoesBack(t *testing.T) {
	r := ownershiptest.New(t)
	r.Claim(t)
	policy := *r.State.Terms().Policy
	sign := func(o *certs.Owner, version uint64) []byte {
		p := policy
		p.Version, p.Owner = version, o.ID
		b, err := certs.SignPolicy(&p, o.Key)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := r.State.Apply(sign(r.Owner, 3)); err != nil {
		t.Fatal(err)
	}
	for _, v := range []uint64{1, 2, 3} {
		if err := r.State.Apply(sign(r.Owner, v)); !errors.Is(err, ownership.ErrOldTerms) {
			t.Errorf("version %d after 3: %v", v, err)
		}
	}
	if err := r.State.Apply(sign(certstest.NewOwner(t), 9)); err == nil {
		t.Error("a policy of another owner was applied")
	}
	if v := r.Restart(t).Terms().Policy.Version; v != 3 {
		t.Errorf("after a restart version %d is in force", v)
	}
}

// A power cut may come after the grant took effect and before the epoch was noted.
func TestEpochIsNotedLate(t *testing.T) {
	r := ownershiptest.New(t)
	r.Claim(t)
	epoch := filepath.Join(r.Dir, "epoch")
	if err := os.Remove(epoch); err != nil {
		t.Fatal(err)
	}
	r.Restart(t)
	b, err := os.ReadFile(epoch)
	if err != nil || strings.TrimSpace(string(b)) != "1" {
		t.Errorf("epoch noted after the restart is %q, %v", b, err)
	}
}

func TestExposedKeyIsRefused(t *testing.T) {
	r := ownershiptest.New(t)
	r.Claim(t)
	keys, _ := filepath.Glob(filepath.Join(r.Dir, "event-*.key"))
	if len(keys) != 1 {
		t.Fatalf("event keys: %q", keys)
	}
	if err := os.Chmod(keys[0], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ownership.Open(r.Dir, r.Device); !errors.Is(err, certs.ErrExposed) {
		t.Errorf("event key readable by others: %v", err)
	}
}
