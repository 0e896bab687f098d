package ownership

import (
	"errors"
	"os"
	"testing"
	"time"

	"signet/agent/identity"
	"signet/certs"
	"signet/certs/certstest"
)

// A claim code that was found later is worth nothing, on a camera that knows the time.
func TestGrantAfterTheCode(t *testing.T) {
	dir, fleet, owner := t.TempDir(), certstest.NewFleet(t), certstest.NewOwner(t)
	device, err := identity.Make(dir)
	if err != nil {
		t.Fatal(err)
	}
	der, err := fleet.IssueDevice(&device.Key.PublicKey, device.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := device.Enrol(dir, der, fleet.Cert); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, device)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	code := certs.NewClaimCode(owner, now.Add(time.Minute))
	msg, err := s.Offer(code, now)
	if err != nil {
		t.Fatal(err)
	}
	offer := certstest.Offer(t, msg, code.Secret, fleet.Cert)
	grant, err := owner.Grant(offer, certs.Policy{Recipients: []string{owner.Recipient}})
	if err != nil {
		t.Fatal(err)
	}
	right := true
	s.clock = func() (time.Time, bool) { return now.Add(time.Hour), right }
	if err := s.Accept(grant); !errors.Is(err, ErrOldCode) || s.Terms() != nil {
		t.Errorf("an hour later: %v", err)
	}
	until := s.path(pendingDir, untilFile)
	if err := os.WriteFile(until, []byte("for ever"), 0o600); err != nil {
		t.Fatal(err)
	}
	right = false
	if err := s.Accept(grant); err == nil {
		t.Error("a claim was taken whose end is not known")
	}
	if err := os.WriteFile(until, []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Accept(grant); err != nil {
		t.Errorf("by a clock that may be wrong: %v", err)
	}
}
