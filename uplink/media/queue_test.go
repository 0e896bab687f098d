package media

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"signet/certs"
	"signet/uplink/uplinktest"
)

func TestPartsWaitForTheirReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	q := w.queue(w.config())
	w.run(q)

	late, early := newPiece(1, 50<<10), newPiece(2, 100<<10) // late would be sent first
	q.Bound(early.rng())                                     // the receipt may be faster than the part
	w.add(q, late)
	w.add(q, early)
	uplinktest.Eventually(t, "the part with a receipt in the cloud", func() bool { return w.cloud.has(early) })
	if w.cloud.has(late) {
		t.Error("a part was sent before its receipt")
	}
	q.Bound(late.rng())
	uplinktest.Eventually(t, "both parts in the cloud", func() bool { return w.cloud.has(late) && q.Stats().Parts == 0 })
	st := q.Stats()
	if st.Uploaded != 2 || st.Bytes != 150<<10 || st.RAM != 0 || st.Rate <= 0 || st.LastError != "" {
		t.Errorf("stats: %+v", st)
	}
	if asked := w.cloud.log(); len(asked) != 2 {
		t.Errorf("requests: %v, not two", asked)
	}
}

func TestWrongHashIsNeverQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	q := w.queue(w.config())
	a, b := newPiece(1, 100), newPiece(2, 100)
	if err := q.Add(a.pos, b.hash, a.data); !errors.Is(err, ErrPart) {
		t.Errorf("wrong hash: %v", err)
	}
	if err := q.Add(a.pos, a.hash, nil); !errors.Is(err, ErrPart) {
		t.Errorf("empty: %v", err)
	}
	big := make([]byte, certs.MaxPart+1)
	if err := q.Add(a.pos, certs.HashOf(big), big); !errors.Is(err, ErrPart) {
		t.Errorf("too large: %v", err)
	}
	if st := q.Stats(); st.Parts != 0 || st.RAM != 0 {
		t.Errorf("stats: %+v", st)
	}
}

func TestNewestEventFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = t.TempDir()
	old := newPiece(1, 1000) // of an earlier run
	if err := (disk{dir: cfg.Dir}).store(&part{pos: old.pos, hash: old.hash, data: old.data}); err != nil {
		t.Fatal(err)
	}
	q := w.queue(cfg)
	var want []string
	for n := uint64(2); n <= 5; n++ {
		if n == 4 {
			q.last = q.last.Add(-2 * eventGap) // a pause between events
		}
		w.add(q, newPiece(n, 1000))
	}
	for _, n := range []uint64{4, 5, 2, 3} {
		want = append(want, "PUT "+newPiece(n, 1000).hash.String()[:8])
	}
	want = append(want, "HEAD "+old.hash.String()[:8], "PUT "+old.hash.String()[:8])
	q.Bound(certs.Range{Boot: 3, From: 2, To: 5})
	w.run(q)
	uplinktest.Eventually(t, "all parts in the cloud", func() bool { return q.Stats().Parts == 0 })
	if got := w.cloud.log(); !slices.Equal(got, want) {
		t.Errorf("order:\n got %v\nwant %v", got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(cfg.Dir, "*")); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
}

// Of what an earlier run left the cloud is not asked for a part whose record it cannot have yet.
func TestPartsLeftWaitForPendingRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = t.TempDir()
	undelivered, delivered := newPiece(1, 1000), newPiece(2, 1000)
	for _, p := range []piece{undelivered, delivered} {
		if err := (disk{dir: cfg.Dir}).store(&part{pos: p.pos, hash: p.hash, data: p.data}); err != nil {
			t.Fatal(err)
		}
	}
	cfg.Pending = func(p certs.Position) bool { return p == undelivered.pos }
	q := w.queue(cfg)
	w.run(q)
	uplinktest.Eventually(t, "the part of the delivered record in the cloud", func() bool { return w.cloud.has(delivered) })
	q.Bound(undelivered.rng())
	uplinktest.Eventually(t, "both parts in the cloud", func() bool { return w.cloud.has(undelivered) && q.Stats().Parts == 0 })
	first, second := delivered.hash.String()[:8], undelivered.hash.String()[:8]
	if got := w.cloud.log(); !slices.Equal(got, []string{"HEAD " + first, "PUT " + first, "PUT " + second}) {
		t.Errorf("requests: %v", got)
	}
}

func TestForbiddenWaitsAndOthersGoOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := newPiece(1, 1000), newPiece(2, 1000)
	refused := 0
	w.cloud.front = func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/media/"+first.hash.String() && refused < 1 {
			refused++
			rw.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	w.cloud.StartTLS()
	q := w.queue(w.config())
	w.add(q, first)
	w.add(q, second)
	q.Bound(certs.Range{Boot: 3, From: 1, To: 2})
	w.run(q)
	uplinktest.Eventually(t, "the second part in the cloud", func() bool { return w.cloud.has(second) })
	if w.cloud.has(first) {
		t.Error("the refused part was not held back")
	}
	uplinktest.Eventually(t, "the first part in the cloud", func() bool { return w.cloud.has(first) })
}

// A receipt that comes while its part is being sent does no harm. The race detector watches.
func TestReceiptWhileSending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	q := w.queue(w.config())
	p := newPiece(1, 1000)
	w.add(q, p)
	sending, bound, _ := q.next(time.Now().Add(2 * askAfter))
	if sending == nil || bound {
		t.Fatalf("%v is to be sent, with a receipt: %v", sending, bound)
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		q.Bound(p.rng())
	}()
	q.upload(t.Context(), sending, bound)
	<-told
	if !w.cloud.has(p) || q.Stats().Parts != 0 {
		t.Error("the part is not in the cloud")
	}
}

func TestShutdownSpillsAndTheNextRunResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = filepath.Join(t.TempDir(), "media")
	q := w.queue(cfg)
	stop := w.run(q)
	there, here := newPiece(1, 200<<10), newPiece(2, 300<<10)
	w.add(q, there)
	w.add(q, here)
	stop()
	files, _ := filepath.Glob(filepath.Join(cfg.Dir, "*"))
	if len(files) != 2 {
		t.Fatalf("files: %v", files)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}

	// The cloud has one already: its answer was lost.
	w.cloud.mu.Lock()
	w.cloud.parts[there.hash.String()] = there.data
	w.cloud.mu.Unlock()
	again := w.queue(cfg)
	if st := again.Stats(); st.Parts != 2 || st.Flash != 500<<10 || st.RAM != 0 {
		t.Errorf("after the restart: %+v", st)
	}
	w.run(again)
	uplinktest.Eventually(t, "no parts left", func() bool { return again.Stats().Parts == 0 })
	if !w.cloud.has(here) {
		t.Error("a part got lost")
	}
	for _, a := range w.cloud.log() {
		if a == "PUT "+there.hash.String()[:8] {
			t.Error("a part that was there was sent again")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(cfg.Dir, "*")); len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
}
