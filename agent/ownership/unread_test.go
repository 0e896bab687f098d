package ownership_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/agent/ownership"
	"signet/agent/ownership/ownershiptest"
	"signet/certs"
)

// damages are what a state folder may have suffered while an agent runs.
var damages = map[string]func(*testing.T, *ownershiptest.Rig){
	"former.json is torn": func(t *testing.T, r *ownershiptest.Rig) { spoil(t, r.Dir, "former.json", "{") },
	"a damaged grant":     func(t *testing.T, r *ownershiptest.Rig) { spoil(t, r.Dir, "owned/grant.cose", "xx") },
	"no offer":            func(t *testing.T, r *ownershiptest.Rig) { spoil(t, r.Dir, "owned/offer.cose", "") },
	"no settings key":     func(t *testing.T, r *ownershiptest.Rig) { spoil(t, r.Dir, "owned/settings.key", "") },
	"a counter that fails": func(_ *testing.T, r *ownershiptest.Rig) {
		r.Device.Epochs = deaf{}
	},
}

func spoil(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// deaf is a TPM that does not answer.
type deaf struct{}

func (deaf) Read() (uint64, error) { return 0, errors.New("the TPM does not answer") }
func (deaf) Raise(uint64) error    { return errors.New("the TPM does not answer") }

// secrets lists what is left of keys and of an ownership.
func secrets(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if name := filepath.Base(path); strings.HasPrefix(name, "event-") || name == "owned" || name == "ended" || strings.HasPrefix(name, "settings") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whoever holds the button is rid of the owner also where the folder can no longer be read.
func TestResetOfWhatCannotBeRead(t *testing.T) {
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			r := ownershiptest.New(t)
			r.Claim(t)
			damage(t, r)
			if err := r.State.Reset(); !errors.Is(err, ownership.ErrUnread) {
				t.Fatalf("reset: %v", err)
			}
			e := r.State.Ending()
			if e == nil || e.Epoch != 1 || e.Cause != certs.Reset || e.Noted {
				t.Fatalf("ending: %+v", e)
			}
			last := certs.Position{Boot: 1, N: 9}
			if raw, err := r.State.Closing(last); err != nil {
				t.Errorf("closing: %v", err)
			} else if c, err := certs.ParseClosing(raw, r.Fleet.Cert); err != nil || c.Cause != certs.Reset || c.Last != last {
				t.Errorf("closing %+v: %v", c, err)
			}
			if err := r.State.Close(last); err != nil {
				t.Errorf("close: %v", err)
			}
			if left := secrets(t, r.Dir); r.State.Terms() != nil || len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// So it is where it could not be read from the start.
func TestDiscardOfWhatCannotBeRead(t *testing.T) {
	all := maps.Clone(damages)
	all["a damaged time"] = func(t *testing.T, r *ownershiptest.Rig) { spoil(t, r.Dir, "time", "noon") }
	for name, damage := range all {
		t.Run(name, func(t *testing.T) {
			r := ownershiptest.New(t)
			r.Claim(t)
			counter := r.Device.Epochs
			damage(t, r)
			if _, err := ownership.Open(r.Dir, r.Device); !errors.Is(err, ownership.ErrUnread) {
				t.Fatalf("open: %v", err)
			}
			if err := ownership.Discard(r.Dir, r.Device, certs.Position{Boot: 1, N: 9}); (err != nil) != (r.Device.Epochs == deaf{}) {
				t.Errorf("discard: %v", err)
			}
			if left := secrets(t, r.Dir); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			r.Device.Epochs = counter
			r.State = r.Restart(t)
			r.Claim(t)
			if r.State.Terms().Epoch != 2 {
				t.Errorf("epoch %d after 1", r.State.Terms().Epoch)
			}
		})
	}
}

// What a power cut leaves of an end that could not rename its folder is in no later claim's way, and signs nothing.
func TestEndThatWasCutOff(t *testing.T) {
	r := ownershiptest.New(t)
	r.Claim(t)
	if err := os.Remove(filepath.Join(r.Dir, "owned", "grant.cose")); err != nil {
		t.Fatal(err)
	}
	if r.State = r.Restart(t); r.State.Terms() != nil {
		t.Fatal("it has an owner")
	}
	if left := secrets(t, r.Dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	r.Claim(t)
}
