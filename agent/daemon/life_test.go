package daemon

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/board/button"
	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/certs"
	"signet/certs/certstest"
	"signet/internal/wait"
	"signet/uplink/spool"
)

// life is a daemon whose owners come and go.
type life struct {
	*Daemon
	t   *testing.T
	rig *ownershiptest.Rig
	log *journal
	end func()

	mu      sync.Mutex
	shown   string // the code before the lenses
	view    []byte
	film    []*capture.Frame // what they see; nil: view
	broken  bool             // no camera can be opened for an owner
	finders int              // that are there

	certs map[certs.Hash]*certs.EventCert // of every epoch, by x5t
	keys  [][]byte                        // secrets that were in the state folder, as they stood there
}

// begin starts a daemon with n cameras that nobody owns. While codes are looked for they show what show says; for an owner
// each shows somebody who walks by, and stops in the middle of it.
func begin(t *testing.T, n int, change ...func(*Config)) *life {
	t.Helper()
	l := &life{t: t, rig: ownershiptest.New(t), log: &journal{}, certs: map[certs.Hash]*certs.EventCert{}, view: still(t)}
	cfg := config(l.rig, nil, l.log)
	cfg.Cameras = nil
	for range n {
		cfg.Cameras = append(cfg.Cameras, Camera{Source: window{l}, Spec: "lens"})
	}
	cfg.Claim = Claim{Lens: true, Window: time.Hour}
	cfg.newFinder = l.newFinder
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if l.Daemon, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	l.end = run(t, l.Daemon)
	return l
}

func still(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// show holds a code before the lenses.
func (l *life) show(text string) { l.mu.Lock(); defer l.mu.Unlock(); l.shown = text }

func (l *life) newFinder() finder {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finders++
	e := &eye{l: l, memory: make([]byte, 1<<20)}
	runtime.AddCleanup(e, func(l *life) { l.mu.Lock(); defer l.mu.Unlock(); l.finders-- }, l)
	return e
}

// eye reads what show says.
type eye struct {
	l      *life
	memory []byte
}

// seeing is how many finders are there.
func (l *life) seeing() int {
	runtime.GC()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.finders
}

func (e *eye) Look(*capture.Frame) (string, bool) {
	e.l.mu.Lock()
	defer e.l.mu.Unlock()
	return e.l.shown, e.l.shown != ""
}

func (e *eye) View(*capture.Frame) ([]byte, error) { return e.l.view, nil }

// window is a camera of a life.
type window struct{ l *life }

func (s window) Wait(ctx context.Context, d time.Duration) (bool, error) {
	return false, wait.For(ctx, d)
}

func (s window) Open(context.Context) (capture.Camera, error) {
	if s.l.owner.Terms() == nil {
		return &wall{s.l}, nil
	}
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	if s.l.broken {
		return nil, errNone
	}
	room, err := scene.New(scene.Options{Pace: pace.Virtual})
	return &actor{Camera: room, act: act{frames: midWalk()}}, err
}

// wall is a camera that sees nothing but what is held before it.
type wall struct{ l *life }

func (*wall) Close() error { return nil }
func (*wall) Info() capture.Info {
	return capture.Info{Name: "wall", Driver: "test", Format: capture.MJPEG, Width: 64, Height: 48, FPS: 200}
}

func (w *wall) Next(ctx context.Context, f *capture.Frame) error {
	w.l.mu.Lock()
	seen := &capture.Frame{Format: capture.MJPEG, Width: 64, Height: 48, Data: w.l.view}
	if n := uint64(len(w.l.film)); n > 0 {
		seen = w.l.film[f.Seq%n]
	}
	w.l.mu.Unlock()
	f.Seq++
	f.Mono, f.Format, f.Width, f.Height, f.Key = capture.Now(), seen.Format, seen.Width, seen.Height, true
	f.Data = append(f.Data[:0], seen.Data...)
	return wait.For(ctx, 5*time.Millisecond)
}

// code is a claim code of an owner, as text.
func code(t *testing.T, o *certs.Owner, change ...func(*certs.ClaimCode)) (*certs.ClaimCode, string) {
	t.Helper()
	c := certs.NewClaimCode(o, time.Now().Add(2*time.Minute))
	for _, f := range change {
		f(c)
	}
	text, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	return c, text
}

// claim lets an owner claim the camera through its lens, and waits until it records for that owner.
func (l *life) claimBy(o *certs.Owner, policy certs.Policy) {
	l.t.Helper()
	c, text := code(l.t, o)
	l.show(text)
	offer := certstest.Offer(l.t, l.offered(), c.Secret, l.rig.Fleet.Cert)
	l.show("")
	policy.Recipients = []string{o.Recipient}
	grant, err := o.Grant(offer, policy)
	if err != nil {
		l.t.Fatal(err)
	}
	l.takeGrant(grant)
	l.inForce()
}

// offered waits for the offer message of a claim.
func (l *life) offered() (msg []byte) {
	l.t.Helper()
	eventually(l.t, "it is offered", func() bool {
		w, err := l.owner.Waiting()
		if err != nil {
			l.t.Fatal(err)
		}
		if w != nil {
			msg = w.Message
		}
		return w != nil
	})
	return msg
}

// inForce notes the terms in force, for verifying what is recorded under them, and what they keep secret.
func (l *life) inForce() {
	l.t.Helper()
	t := l.owner.Terms()
	if t == nil {
		l.t.Fatal("the camera has no owner")
	}
	l.certs[t.Event.X5T] = t.Event
	for _, path := range l.files() {
		if name := filepath.Base(path); strings.HasPrefix(name, "event-") || strings.Contains(name, "settings") {
			b, err := os.ReadFile(path)
			if err != nil {
				l.t.Fatal(err)
			}
			l.keys = append(l.keys, b)
		}
	}
}

// files lists the files of the state folder.
func (l *life) files() (all []string) {
	l.t.Helper()
	err := filepath.WalkDir(l.rig.Dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // written anew meanwhile
		}
		if err == nil && e.Type().IsRegular() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return all
}

// records returns what is in the spool, each verified with the event certificate that it names.
func (l *life) records() (all []*certs.SignedRecord) {
	l.t.Helper()
	if err := l.spool.Sync(); err != nil {
		l.t.Fatal(err)
	}
	for _, it := range l.spool.Pending(spool.Position{}, 1000) {
		e, err := l.spool.Read(it.Position)
		if err != nil {
			l.t.Fatal(err)
		}
		rec, err := certs.ParseRecord(e.Record)
		if err != nil {
			l.t.Fatal(err)
		}
		cert := l.certs[rec.X5T]
		if cert == nil {
			l.t.Fatalf("%v of epoch %d names an event certificate that was never in force", rec.Type, rec.Epoch)
		}
		if err := rec.Verify(cert); err != nil {
			l.t.Fatal(err)
		}
		all = append(all, rec)
	}
	return all
}

// of lists the types of the records of an epoch; parts, and what is online, in a row count once.
func of(epoch uint64, records []*certs.SignedRecord) []certs.RecordType {
	all := types(slices.DeleteFunc(slices.Clone(records), func(r *certs.SignedRecord) bool { return r.Epoch != epoch }))
	return slices.CompactFunc(all, func(a, b certs.RecordType) bool { return a == b && a == certs.Online })
}

// claimHere makes the rig's owner the owner of the camera, as signet-agent claim does.
func (l *life) claimHere() {
	l.t.Helper()
	l.rig.Claim(l.t)
	eventually(l.t, "it is owned", func() bool { return l.owner.Terms() != nil })
	l.inForce()
}

// recording waits until an event runs.
func (l *life) recording() {
	l.t.Helper()
	eventually(l.t, "an event runs", func() bool {
		return l.recorder.Recording() && l.spool.Last().Boot > 0 && slices.Contains(of(l.owner.Terms().Epoch, l.records()), certs.Part)
	})
}

// unclaimed waits until nobody owns the camera, and checks that nothing secret of those who did is left.
func (l *life) unclaimed() {
	l.t.Helper()
	eventually(l.t, "nobody owns it", func() bool { return l.owner.Terms() == nil && l.owner.Ending() == nil })
	eventually(l.t, "it looks again", func() bool { return l.claim.Looking() })
	for _, path := range l.files() {
		name, err := filepath.Rel(l.rig.Dir, path)
		if err != nil {
			l.t.Fatal(err)
		}
		if strings.HasPrefix(name, "event-") || strings.Contains(name, "owned/") || strings.Contains(name, "ended/") {
			l.t.Errorf("%s is left", name)
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			l.t.Fatal(err)
		}
		for _, k := range l.keys {
			if bytes.Contains(b, bytes.TrimSpace(k)) {
				l.t.Errorf("%s holds a key", name)
			}
		}
	}
}

// release is an owner's release of the epoch that runs.
func (l *life) release(o *certs.Owner) []byte {
	l.t.Helper()
	n := l.owner.Terms()
	b, err := certs.SignRelease(&certs.Release{Device: n.Event.Device, Owner: n.Owner, Epoch: n.Epoch, OfferHash: n.Began}, o.Key)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// policy is the next version of the policy in force, changed.
func (l *life) policy(o *certs.Owner, change func(*certs.Policy)) []byte {
	l.t.Helper()
	p := *l.owner.Terms().Policy
	p.Version++
	change(&p)
	b, err := certs.SignPolicy(&p, o.Key)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

// press does something with the button.
func (l *life) press(events ...button.Event) {
	for _, e := range events {
		l.button(e)
	}
}

// endless is a camera before which somebody walks to and fro, for ever.
type endless struct{}

func (endless) Wait(ctx context.Context, d time.Duration) (bool, error) {
	return false, wait.For(ctx, d)
}

func (endless) Open(context.Context) (capture.Camera, error) {
	room, err := scene.New(scene.Options{Pace: pace.Virtual})
	return &walker{Camera: room}, err
}

type walker struct {
	*scene.Camera
}

func (w *walker) Next(ctx context.Context, f *capture.Frame) error {
	if err := w.Camera.Next(ctx, f); err != nil {
		return err
	}
	return wait.For(ctx, time.Millisecond)
}
