package media

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/uplinktest"
)

// once runs a handler for the first PUT.
func once(f func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) bool {
	var done atomic.Bool
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut || !done.CompareAndSwap(false, true) {
			return false
		}
		f(w, r)
		return true
	}
}

// Whatever goes wrong once, the part arrives.
func TestTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		does func(http.ResponseWriter, *http.Request)
		says string // the error
		hint string
	}{
		"cut in the middle": {
			does: func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.CopyN(io.Discard, r.Body, 100<<10)
				panic(http.ErrAbortHandler)
			},
			says: "the cloud closed the connection",
		},
		"cut before the answer": {
			does: func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				panic(http.ErrAbortHandler)
			},
			says: "the cloud closed the connection",
		},
		"stalled": {
			does: func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.CopyN(io.Discard, r.Body, 1)
				time.Sleep(time.Second) // net/http sees no end of a connection whose body it has not read
			},
			says: "takes no more bytes",
		},
		"busy": {
			does: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusServiceUnavailable)
			},
			says: "answers 503 Service Unavailable",
		},
		"redirect": {
			does: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://127.0.0.1:1/elsewhere", http.StatusTemporaryRedirect)
			},
			says: "redirects (307), which is not followed",
			hint: "name the cloud itself",
		},
		"not this server": {
			does: func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
			says: "answers 404 Not Found",
			hint: "is this the HTTPS port of signet-cloud?",
		},
		"changed on the way": {
			does: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadRequest) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.cloud.front = once(c.does)
			w.cloud.StartTLS()
			q := w.queue(w.config())
			q.within = 300 * time.Millisecond
			w.run(q)
			p := newPiece(1, 4<<20)
			w.add(q, p)
			q.Bound(p.rng())
			if c.says != "" {
				uplinktest.Eventually(t, c.says, func() bool { return strings.Contains(q.Stats().LastError, c.says) })
				if h := q.Stats().Hint; !strings.Contains(h, c.hint) {
					t.Errorf("hint: %s", h)
				}
			}
			uplinktest.Eventually(t, "the part in the cloud", func() bool { return w.cloud.has(p) && q.Stats().Parts == 0 })
			if len(w.dropped()) > 0 {
				t.Error("something was given up")
			}
		})
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var first, second time.Time
	w.cloud.front = func(rw http.ResponseWriter, r *http.Request) bool {
		if first.IsZero() {
			first = time.Now()
			rw.Header().Set("Retry-After", "4")
			rw.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		second = time.Now()
		return false
	}
	w.cloud.StartTLS()
	q := w.queue(w.config())
	a, b := newPiece(1, 1000), newPiece(2, 1000)
	w.add(q, a)
	w.add(q, b)
	q.Bound(a.rng(), b.rng())
	w.run(q)
	uplinktest.Eventually(t, "the refusal", func() bool { return q.Stats().LastError != "" })
	q.Online(true) // is no reason to come back earlier
	uplinktest.Eventually(t, "both parts in the cloud", func() bool { return w.cloud.has(a) && w.cloud.has(b) })
	if d := second.Sub(first); d < 4*time.Second {
		t.Errorf("came back after %v, not 4 s", d)
	}
}

func TestRetryAfterHeader(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"":                    0,
		"7":                   7 * time.Second,
		"-7":                  0,
		"86400":               maxRetryAfter,
		"9999999999999999999": 0,
		at.Add(time.Minute).Format(http.TimeFormat):  time.Minute,
		at.Add(-time.Minute).Format(http.TimeFormat): 0,
		"soon": 0,
	} {
		h := http.Header{}
		h.Set("Retry-After", v)
		h.Set("Date", at.Format(http.TimeFormat))
		if got := retryAfter(h); got != want {
			t.Errorf("Retry-After %q: %v, want %v", v, got, want)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config()
	cfg.URL = refusedAddr(t)
	q := w.queue(cfg)
	w.run(q)
	p := newPiece(1, 1000)
	w.add(q, p)
	q.Bound(p.rng())
	uplinktest.Eventually(t, "an error", func() bool { return strings.HasSuffix(q.Stats().LastError, "nobody listens there") })
	if q.Stats().Hint == "" {
		t.Error("no hint")
	}
}

func TestForeignCloud(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newCloud(t, certstest.NewFleet(t))
	other.StartTLS()
	cfg := w.config()
	cfg.URL = other.URL
	q := w.queue(cfg)
	w.run(q)
	p := newPiece(1, 1000)
	w.add(q, p)
	q.Bound(p.rng())
	uplinktest.Eventually(t, "an error", func() bool { return strings.Contains(q.Stats().LastError, "certificate is not signed by") })
	if len(other.log()) > 0 {
		t.Error("a request reached a foreign cloud")
	}
}

// While there is no connection parts go to flash, and only then.
func TestSpillsWhileOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = t.TempDir()
	q := w.queue(cfg)
	q.Online(true)
	w.run(q)
	a := newPiece(1, 300<<10)
	w.add(q, a)
	q.Online(false)
	if st := q.Stats(); st.Flash != 0 || st.RAM != a.rngSize() {
		t.Errorf("at once: %+v", st)
	}
	q.mu.Lock()
	q.off = q.off.Add(-offGrace)
	q.mu.Unlock()
	b := newPiece(2, 100<<10)
	w.add(q, b)
	uplinktest.Eventually(t, "all on flash", func() bool { st := q.Stats(); return st.RAM == 0 && st.Flash == 400<<10 && st.Spilled == 400<<10 })
	q.Online(true)
	q.Bound(a.rng(), b.rng())
	uplinktest.Eventually(t, "both parts in the cloud", func() bool { return w.cloud.has(a) && w.cloud.has(b) && q.Stats().Flash == 0 })
	c := newPiece(3, 100<<10)
	w.add(q, c)
	q.Bound(c.rng())
	uplinktest.Eventually(t, "the third part in the cloud", func() bool { return w.cloud.has(c) })
	if st := q.Stats(); st.Spilled != 400<<10 {
		t.Errorf("written to flash while the uplink keeps up: %+v", st)
	}
}

func (p piece) rngSize() int64 { return int64(len(p.data)) }

// Flash and memory are bounded; the oldest is given up, and told.
func TestBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = t.TempDir()
	cfg.MaxRAM = 8 << 20
	cfg.SpillAbove = 1 << 20
	cfg.MaxDisk = 4 << 20
	q := w.queue(cfg)
	q.Online(true)
	stop := w.run(q)
	for n := range uint64(12) {
		w.add(q, newPiece(n, 1<<20))
		uplinktest.Eventually(t, "memory below its limit", func() bool { return q.Stats().RAM <= 1<<20 })
	}
	stop()
	st := q.Stats()
	if st.RAM != 0 || st.Flash > 4<<20 || st.Parts != 4 || st.Dropped != 8 {
		t.Errorf("stats: %+v", st)
	}
	told := make(map[certs.Position]bool)
	for _, p := range w.dropped() {
		told[p] = true
	}
	if len(told) != 8 || told[certs.Position{Boot: 3, N: 11}] || told[certs.Position{Boot: 3, N: 10}] {
		t.Errorf("given up: %v, not eight of the older ones", told)
	}
	files, _ := os.ReadDir(cfg.Dir)
	if len(files) != 4 {
		t.Errorf("%d files", len(files))
	}

	// After Run: what still comes is kept, too.
	late := newPiece(99, 1<<20)
	w.add(q, late)
	if _, err := os.Stat(filepath.Join(cfg.Dir, fmt.Sprintf("%v.3.99", late.hash))); err != nil {
		t.Error(err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = t.TempDir()
	cfg.MaxRAM = certs.MaxPart
	cfg.SpillAbove = 1
	q := w.queue(cfg)
	q.Online(true)
	q.disk.write = func(string, []byte, fs.FileMode) error { return syscall.ENOSPC }
	w.run(q)
	for n := range uint64(10) {
		w.add(q, newPiece(n, 1<<20))
	}
	uplinktest.Eventually(t, "the oldest given up", func() bool { return len(w.dropped()) == 2 })
	if st := q.Stats(); st.RAM != 8<<20 || st.Flash != 0 || st.Parts != 8 {
		t.Errorf("stats: %+v", st)
	}
	q.Bound(certs.Range{Boot: 3, From: 0, To: 9})
	uplinktest.Eventually(t, "the rest in the cloud", func() bool { return q.Stats().Parts == 0 })
	for n := uint64(2); n < 10; n++ {
		if !w.cloud.has(newPiece(n, 1<<20)) {
			t.Errorf("part %d is missing", n)
		}
	}
}

// What flash does not give back as it was is never sent.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = t.TempDir()
	bad, gone, good := newPiece(1, 1000), newPiece(2, 1000), newPiece(3, 1000)
	for _, p := range []piece{bad, gone, good} {
		if err := (disk{dir: cfg.Dir}).store(&part{pos: p.pos, hash: p.hash, data: p.data}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(cfg.Dir, fmt.Sprintf("%v.3.1", bad.hash))
	if err := os.WriteFile(path, bad.data[1:], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{".new-123", "readme", "x.1.2"} {
		if err := os.WriteFile(filepath.Join(cfg.Dir, other), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	q := w.queue(cfg)
	if err := os.Remove(filepath.Join(cfg.Dir, fmt.Sprintf("%v.3.2", gone.hash))); err != nil {
		t.Fatal(err)
	}
	w.run(q)
	uplinktest.Eventually(t, "no parts left", func() bool { return q.Stats().Parts == 0 && w.cloud.has(good) })
	if got := w.dropped(); !slices.Equal(got, []certs.Position{bad.pos, gone.pos}) || q.Stats().Damaged != 2 {
		t.Errorf("given up: %v", got)
	}
	if n := len(w.cloud.log()); n != 2 {
		t.Errorf("%d requests, not HEAD and PUT of the good one", n)
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, "readme")); err != nil {
		t.Error("a file of somebody else was removed")
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, ".new-123")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("what a crash left is still there")
	}
}

func TestRefusedRecordsTakeTheirPartsAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	q := w.queue(w.config())
	w.run(q)
	a, b := newPiece(1, 1000), newPiece(2, 1000)
	w.add(q, a)
	w.add(q, b)
	q.Refused(a.pos)
	q.Bound(a.rng(), b.rng())
	uplinktest.Eventually(t, "the other part in the cloud", func() bool { return w.cloud.has(b) && q.Stats().Parts == 0 })
	if st := q.Stats(); st.Refused != 1 || w.cloud.has(a) || len(w.dropped()) > 0 {
		t.Errorf("stats: %+v", st)
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, u := range []string{"", "http://127.0.0.1:1", "https://", "https://user@host:1", "127.0.0.1:8443", "https://a:1/?x=y"} {
		cfg := w.config()
		cfg.URL = u
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "is not https://host:port") {
			t.Errorf("%q: %v", u, err)
		}
	}
}

func FuzzFileName(f *testing.F) {
	f.Add(fmt.Sprintf("%v.3.1", certs.HashOf(nil)))
	f.Add("..")
	f.Fuzz(func(t *testing.T, name string) {
		hash, pos, ok := parseName(name)
		if !ok {
			return
		}
		again, at, ok := parseName(filepath.Base(disk{dir: "/x"}.path(&part{hash: hash, pos: pos})))
		if !ok || again != hash || at != pos {
			t.Errorf("%q is read as %v %v, but that as %v %v", name, hash, pos, again, at)
		}
	})
}
