package ownership

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"signet/agent/identity"
	"signet/certs"
)

var errPower = errors.New("power is off")

// fate is what becomes of the change at which the power fails.
type fate int

const (
	notDone fate = iota
	halfDone
	wholly
)

// mains is the power of a state folder, keys and counter included. It fails at one change, and nothing works after it.
type mains struct {
	left int // changes until it fails; 0: never
	fate fate
	off  bool
	ops  int
}

// change makes one change, as far as there is power for it.
func (m *mains) change(do, half func() error) error {
	if m.off {
		return errPower
	}
	m.ops++
	if m.left--; m.left != 0 {
		return do()
	}
	m.off = true
	switch {
	case m.fate == wholly:
		_ = do()
	case m.fate == halfDone && half != nil:
		_ = half()
	}
	return errPower
}

type poweredDisk struct {
	*mains
	osDisk
}

func (d poweredDisk) mkdir(p string) error {
	return d.change(func() error { return d.osDisk.mkdir(p) }, nil)
}

func (d poweredDisk) write(p string, b []byte) error {
	return d.change(func() error { return d.osDisk.write(p, b) }, func() error { return os.WriteFile(filepath.Join(filepath.Dir(p), ".new-1"), b[:len(b)/2], 0o600) })
}

func (d poweredDisk) rename(from, to string) error {
	return d.change(func() error { return d.osDisk.rename(from, to) }, nil)
}

func (d poweredDisk) shred(p string) error {
	return d.change(func() error { return d.osDisk.shred(p) }, func() error { return os.WriteFile(p, []byte("noise"), 0o600) })
}

func (d poweredDisk) clear(p string) error {
	return d.change(func() error { return d.osDisk.clear(p) }, func() error {
		entries, _ := os.ReadDir(p)
		for _, e := range entries[:len(entries)/2] {
			os.RemoveAll(filepath.Join(p, e.Name()))
		}
		return nil
	})
}

type poweredKeys struct {
	*mains
	identity.Keys
}

func (k poweredKeys) New(name string) (key crypto.Signer, err error) {
	err = k.change(func() error { key, err = k.Keys.New(name); return err }, nil)
	return key, err
}

func (k poweredKeys) Destroy(name string) error {
	return k.change(func() error { return k.Keys.Destroy(name) }, nil)
}

type poweredCounter struct {
	*mains
	identity.Counter
}

func (c poweredCounter) Raise(n uint64) error {
	if was, err := c.Read(); err != nil || was >= n {
		return err
	}
	return c.change(func() error { return c.Counter.Raise(n) }, nil)
}

// house is a camera in a house whose power fails.
type house struct {
	*camera
	t     testing.TB
	mains *mains
}

func newHouse(t testing.TB) *house {
	h := &house{camera: newCamera(t), t: t, mains: &mains{}}
	h.restart()
	return h
}

// copy is a house with the same state.
func (h *house) copy() *house {
	h.t.Helper()
	c := *h.camera
	c.folder = h.t.TempDir()
	if err := os.CopyFS(c.folder, os.DirFS(h.folder)); err != nil {
		h.t.Fatal(err)
	}
	private(h.t, c.folder)
	n := &house{camera: &c, t: h.t}
	n.restart()
	return n
}

// private takes from others what CopyFS has given them.
func private(t testing.TB, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chmod(path, 0o600)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// restart turns the power on, and looks whether what is found is whole.
func (h *house) restart() {
	h.t.Helper()
	h.mains = &mains{}
	files := identity.Files(h.folder)
	h.open(h.t, identity.Safe{Keys: poweredKeys{h.mains, files.Keys}, Epochs: poweredCounter{h.mains, files.Epochs}})
	h.disk = poweredDisk{h.mains, osDisk{}}
	if err := h.Reload(); err != nil {
		h.t.Fatal(err)
	}
}

// standing is what a state comes down to.
type standing struct {
	epoch, version, renewals uint64 // 0: unowned
	ending                   certs.ClosingCause
	offered                  string
}

// is says whether two are the same, whatever the message that is sent.
func (s standing) is(o standing) bool {
	offers := (s.offered == "") == (o.offered == "")
	s.offered, o.offered = "", ""
	return offers && s == o
}

func (s standing) String() string {
	return fmt.Sprintf("epoch %d, policy %d, renewals %d, %v, offer of %d bytes", s.epoch, s.version, s.renewals, s.ending, len(s.offered))
}

func (h *house) standing() (s standing) {
	h.t.Helper()
	if n := h.Terms(); n != nil {
		s.epoch, s.version, s.renewals = n.Epoch, n.Policy.Version, n.Renewals
	}
	if e := h.Ending(); e != nil {
		s.ending = e.Cause
	}
	w, err := h.Waiting()
	if err != nil {
		h.t.Fatal(err)
	}
	if w != nil {
		s.offered = string(w.Message)
	}
	return s
}

// whole checks that what is kept fits together, and that nothing is kept that nobody needs.
func (h *house) whole() {
	h.t.Helper()
	now, n := h.standing(), h.Terms()
	event, settings := h.keys(h.t)
	want := 0
	if n != nil {
		began, err := readOffered(h.path(ownedDir))
		if err != nil {
			h.t.Fatal(err)
		}
		all, err := h.offers(began)
		if err != nil {
			h.t.Fatal(err)
		}
		last := ""
		for _, o := range all {
			if o.Renewals < n.Renewals && h.Announced(n) && o.Key != "" {
				h.t.Fatalf("renewal %d is in force and announced, and %d has key %q", n.Renewals, o.Renewals, o.Key)
			}
			if o.Renewals < n.Renewals {
				last = o.Key
			}
			if o.Key != "" {
				want++
			}
		}
		if last, err := h.device.Epochs.Read(); err != nil || last != n.Epoch {
			h.t.Fatalf("epoch %d is in force, %d was counted last: %v", n.Epoch, last, err)
		}
		b, err := n.Sealer.Seal([]byte("x"))
		if err == nil {
			_, err = certs.Open(b, 4096, h.owner.Identity)
		}
		if err != nil {
			h.t.Fatalf("the owner cannot open what is sealed: %v", err)
		}
		if n.Renewals > 0 && !h.Announced(n) && last == "" {
			h.t.Fatalf("renewal %d is in force and not announced, and the key before it is gone", n.Renewals)
		}
	} else if now.offered != "" {
		want = 1
	}
	if len(event) != want {
		h.t.Fatalf("%d event keys, want %d: %q, %+v", len(event), want, event, now)
	}
	if n == nil && len(settings) != want {
		h.t.Fatalf("%d settings keys, want %d: %q", len(settings), want, settings)
	}
	for _, dir := range []string{endedDir, endingFile} {
		if n == nil && exists(h.path(dir)) {
			h.t.Fatalf("%s is left", dir)
		}
	}
}

// Steps of a life. Each is tried as far as the power goes, and says whether it has anything to do.
var life = map[string]func(*house) bool{
	"offer": func(h *house) bool {
		if h.Terms() != nil || h.standing().offered != "" {
			return false
		}
		_, _ = h.Offer(certs.NewClaimCode(h.owner, h.time.Add(1e12)), nil, h.time)
		return true
	},
	"grant": func(h *house) bool {
		if h.Terms() != nil || h.standing().offered == "" {
			return false
		}
		_ = h.Accept(h.grantOf(func(o *certs.SignedOffer) ([]byte, error) {
			return h.owner.Grant(o, certs.Policy{Recipients: []string{h.owner.Recipient}})
		}))
		return true
	},
	"policy": func(h *house) bool {
		if h.Terms() == nil || h.Ending() != nil {
			return false
		}
		_ = h.Apply(h.policy(h.t, func(p *certs.Policy) { p.Renewals = h.Terms().Renewals + 1 }))
		return true
	},
	"renew": func(h *house) bool {
		if n := h.Terms(); n == nil || h.Ending() != nil || n.Policy.Renewals == n.Renewals || h.standing().offered != "" {
			return false
		}
		_ = h.Renew()
		return true
	},
	"renewal granted": func(h *house) bool {
		if n := h.Terms(); n == nil || h.standing().offered == "" {
			return false
		}
		newest := h.policy(h.t, nil)
		_ = h.Accept(h.grantOf(func(o *certs.SignedOffer) ([]byte, error) { return h.owner.GrantRenewal(o, newest) }))
		return true
	},
	"announced": func(h *house) bool {
		if n := h.Terms(); n == nil || h.Ending() != nil || h.Announced(n) {
			return false
		}
		_ = h.SetAnnounced(h.Terms())
		return true
	},
	"release": func(h *house) bool {
		if n := h.Terms(); n == nil || h.Ending() != nil {
			return false
		}
		_ = h.Release(h.letGo(h.t))
		return true
	},
	"reset": func(h *house) bool {
		if n := h.Terms(); n == nil || h.Ending() != nil {
			return false
		}
		_ = h.Reset()
		return true
	},
	"close": func(h *house) bool {
		if h.Ending() == nil {
			return false
		}
		_ = h.Close(certs.Position{Boot: 1, N: h.Ending().Epoch})
		return true
	},
}

// grantOf is the owner's answer to what waits.
func (h *house) grantOf(answer func(*certs.SignedOffer) ([]byte, error)) []byte {
	h.t.Helper()
	m, err := certs.ParseOfferMessage([]byte(h.standing().offered))
	if err != nil {
		h.t.Fatal(err)
	}
	o, err := m.ParseOffer(h.fleet.Cert)
	if err != nil {
		h.t.Fatal(err)
	}
	b, err := answer(o)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

// step does one step until the power fails at a change, and then again with power. What is found in between is the old state
// or the new one.
func (h *house) step(name string, cut int, f fate) (did, failed bool) {
	h.t.Helper()
	before, after := h.standing(), standing{}
	if cut > 0 {
		c := h.copy()
		life[name](c)
		after = c.standing()
	}
	h.mains.left, h.mains.fate = cut, f
	if !life[name](h) {
		h.mains.left = 0
		return false, false
	}
	failed = h.mains.off
	if !failed {
		h.mains.left = 0
		h.whole()
		return true, false
	}
	h.restart()
	h.whole()
	between := h.standing()
	if !between.is(before) && !between.is(after) {
		h.t.Fatalf("%s, power cut at change %d: %v became %v, neither that nor %v", name, cut, before, between, after)
	}
	if between.is(before) {
		if between.offered != before.offered {
			h.t.Fatalf("%s, power cut at change %d: another message is sent", name, cut)
		}
		life[name](h)
		h.whole()
	}
	if now := h.standing(); !now.is(after) {
		h.t.Fatalf("%s, power cut at change %d: once more it comes to %v, not %v", name, cut, now, after)
	}
	return true, true
}

// A power cut at every single change of two lives of a camera.
func TestPowerCutAtEveryChange(t *testing.T) {
	steps := []string{
		"offer", "grant", "announced", "policy", "renew", "renewal granted", "announced", "policy", "renew", "renewal granted",
		"policy", "renew", "release", "close", "offer", "grant", "reset", "close",
	}
	so := newHouse(t)
	for _, name := range steps {
		for cut, f := 1, notDone; ; {
			h := so.copy()
			did, failed := h.step(name, cut, f)
			if !did {
				t.Fatalf("%s has nothing to do", name)
			}
			if !failed {
				so = h
				break
			}
			if f++; f > wholly {
				cut, f = cut+1, notDone
			}
		}
	}
}

// Power cuts anywhere in any life.
func TestPowerCutAnywhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t)
		step := rapid.SampledFrom(slices.Sorted(maps.Keys(life)))
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			h.step(step.Draw(rt, "step"), rapid.IntRange(0, 12).Draw(rt, "cut"), fate(rapid.IntRange(0, int(wholly)).Draw(rt, "fate")))
		}
	})
}
