package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/ownership"
	"signet/agent/ownership/ownershiptest"
	"signet/board/button"
	"signet/certs"
	"signet/certs/certstest"
)

func damage(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The button ends an ownership also where the state folder can no longer be read, and the log does not say otherwise.
func TestButtonWhereTheFolderIsDamaged(t *testing.T) {
	for _, file := range []string{"former.json", "owned/grant.cose"} {
		t.Run(file, func(t *testing.T) {
			l := begin(t, 1)
			l.claimBy(certstest.NewOwner(t), certs.Policy{})
			l.recording()
			damage(t, l.rig.Dir, file)
			l.press(button.Holding, button.Held)
			l.unclaimed()
			if got := of(1, l.records()); !slices.Equal(got, wholeEpoch) {
				t.Errorf("the epoch has %v", got)
			}
			if log := l.log.String(); strings.Count(log, "reset is not noted on the flash, the keys are destroyed all the same") != 1 {
				t.Errorf("log: %s", log)
			}
			l.claimBy(certstest.NewOwner(t), certs.Policy{})
		})
	}
}

// It does so where nobody owns the camera, as far as can be told: else nobody could claim it either.
func TestButtonOfAnUnownedCameraThatIsDamaged(t *testing.T) {
	l := begin(t, 1)
	damage(t, l.rig.Dir, "former.json")
	l.press(button.Held)
	eventually(t, "it is told", func() bool { return strings.Contains(l.log.String(), "reset: nobody owns this camera any more") })
	l.claimBy(certstest.NewOwner(t), certs.Policy{})
}

// A camera that starts with an ownership that cannot be read waits for the button.
func TestAwaitReset(t *testing.T) {
	rig, log := ownershiptest.New(t), &journal{}
	rig.Claim(t)
	damage(t, rig.Dir, "owned/grant.cose")
	cfg := config(rig, &stage{acts: []act{{}}}, log)
	_, err := New(cfg)
	if !errors.Is(err, ownership.ErrUnread) {
		t.Fatalf("new: %v", err)
	}
	if got := AwaitReset(t.Context(), cfg, err); got != err {
		t.Errorf("without a button: %v", got)
	}
	held := make(chan struct{}, 1)
	held <- struct{}{}
	if err := awaitReset(t.Context(), cfg, held); err != nil {
		t.Fatal(err)
	}
	keys, err := filepath.Glob(filepath.Join(rig.Dir, "event-*"))
	if err != nil || len(keys) > 0 {
		t.Errorf("%v are left: %v", keys, err)
	}
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if d.owner.Terms() != nil {
		t.Error("it has an owner")
	}
}

// It need not be held where somebody mends the folder.
func TestAwaitResetEndsWhenTheFolderIsMended(t *testing.T) {
	rig, log := ownershiptest.New(t), &journal{}
	rig.Claim(t)
	damage(t, rig.Dir, "former.json")
	synctest.Test(t, func(t *testing.T) {
		time.AfterFunc(time.Minute, func() { os.Remove(filepath.Join(rig.Dir, "former.json")) })
		began := time.Now()
		if err := awaitReset(t.Context(), config(rig, &stage{}, log), nil); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < time.Minute || took > time.Minute+mendedEvery {
			t.Errorf("it took %v", took)
		}
	})
	if rig.Restart(t).Terms() == nil {
		t.Error("the owner is gone")
	}
}
