package daemon

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/certs"
	"signet/internal/wait"
	"signet/uplink/spool"
)

// stage is where cameras play: at each opening the next act, and the last one for ever.
type stage struct {
	acts  []act
	comes map[int]time.Duration // after so many openings and so long a device appears

	mu     sync.Mutex
	opened []time.Time
	room   *scene.Camera // drawing one takes its time
}

// act is what one opening gives: an error, or a generated scene whose pictures come as fast as they are taken. After its
// frames the camera lasts for a while and then fails; one that lasts for ever waits for its end.
type act struct {
	err    error
	frames int
	lasts  time.Duration // 0: for ever
	fails  error         // at last; nil: it is gone
	panics bool          // at last; where there are no frames and it does not last, when it is opened
	closes time.Duration // that closing takes
	skips  capture.Skipped
}

func (s *stage) Wait(ctx context.Context, d time.Duration) (bool, error) {
	if soon, ok := s.comes[len(s.openings())]; ok && soon < d {
		return true, wait.For(ctx, soon)
	}
	return false, wait.For(ctx, d)
}

func (s *stage) Open(context.Context) (capture.Camera, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.acts[min(len(s.opened), len(s.acts)-1)]
	s.opened = append(s.opened, time.Now())
	if a.err != nil {
		return nil, a.err
	}
	if a.panics && a.frames == 0 && a.lasts == 0 {
		panic("a device that nobody expected")
	}
	var err error
	if s.room == nil || a.frames > 1 { // a single picture may be one of a room that was shown before
		s.room, err = scene.New(scene.Options{Pace: pace.Virtual})
	}
	return &actor{Camera: s.room, act: a}, err
}

// openings returns when the camera was opened.
func (s *stage) openings() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.opened)
}

type actor struct {
	*scene.Camera
	act act
}

func (a *actor) Skipped() capture.Skipped { return a.act.skips }

func (a *actor) Close() error {
	time.Sleep(a.act.closes)
	return nil
}

func (a *actor) Next(ctx context.Context, f *capture.Frame) error {
	if a.act.frames > 0 {
		a.act.frames--
		return a.Camera.Next(ctx, f)
	}
	if a.act.lasts == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := wait.For(ctx, a.act.lasts); err != nil {
		return err
	}
	if a.act.panics {
		panic("a camera that nobody expected")
	}
	return cmp.Or(a.act.fails, capture.ErrGone)
}

// midWalk is a number of frames after which a person is in the picture.
func midWalk() int {
	w := scene.Walks(scene.Options{}, 1000)[0]
	return int(w.From+w.To) / 2
}

// verified returns the records of a spool, which are the rig's owner's.
func verified(t *testing.T, rig *ownershiptest.Rig, s *spool.Spool) (records []*certs.SignedRecord) {
	t.Helper()
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	terms := rig.Restart(t).Terms()
	for _, it := range s.Pending(spool.Position{}, 1000) {
		e, err := s.Read(it.Position)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := certs.ParseRecord(e.Record)
		if err != nil {
			t.Fatal(err)
		}
		if err := rec.Verify(terms.Event); err != nil {
			t.Fatal(err)
		}
		records = append(records, rec)
	}
	return records
}

// types lists the types of records; parts in a row count once.
func types(records []*certs.SignedRecord) (all []certs.RecordType) {
	for _, r := range records {
		all = append(all, r.Type)
	}
	return slices.CompactFunc(all, func(a, b certs.RecordType) bool { return a == b && a == certs.Part })
}

// journal is a log that is written and read concurrently.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// eventually waits until ready says so.
func eventually(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ready(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// goroutines returns the stacks that run in this module or wait for it, but for the test's own.
func goroutines() (all []string) {
	b := make([]byte, 1<<20)
	for i, g := range strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n") {
		if i > 0 && strings.Contains(g, "signet/") && !strings.Contains(g, "testing.tRunner") && !strings.Contains(g, "testing.(*T).Run") {
			all = append(all, g)
		}
	}
	return all
}
