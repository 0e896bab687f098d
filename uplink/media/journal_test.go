package media

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"signet/certs"
	"signet/uplink/uplinktest"
)

// killed returns the configuration of a queue that finds what one left that was killed now.
func killed(t *testing.T, cfg Config) Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "media")
	if err := os.CopyFS(dir, os.DirFS(cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(cfg.Dir + ".journal")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+".journal", b, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Dir = dir
	return cfg
}

// noted waits until the journal ends so.
func noted(t *testing.T, cfg Config, ends string) {
	t.Helper()
	uplinktest.Eventually(t, "the journal ends in "+ends, func() bool {
		b, _ := os.ReadFile(cfg.Dir + ".journal")
		return strings.HasSuffix(string(b), ends+"\n")
	})
}

// What a kill took is told at the next start, and at each one until a gap in the spool says so. What is in the cloud or on
// flash is not.
func TestKillIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	uploaded, first, second := newPiece(1, 1000), newPiece(2, 1000), newPiece(3, 1000)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = filepath.Join(t.TempDir(), "media")
	q := w.queue(cfg)
	q.Online(true)
	stop := w.run(q)
	w.add(q, uploaded)
	q.Bound(uploaded.rng())
	noted(t, cfg, "-3.1")
	w.add(q, first)
	w.add(q, second) // their records have no receipts
	noted(t, cfg, "+3.3")

	kept := newPiece(4, 1000)
	cfg = killed(t, cfg)
	stop()
	if err := (disk{dir: cfg.Dir}).store(&part{pos: kept.pos, hash: kept.hash, data: kept.data}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.mu.Lock()
		w.lost = nil
		w.mu.Unlock()
		q = w.queue(cfg)
		stop := w.run(q)
		uplinktest.Eventually(t, "two parts told", func() bool { return len(w.dropped()) == 2 })
		if got := w.dropped(); !slices.Equal(got, []certs.Position{first.pos, second.pos}) || q.Stats().Dropped != 2 {
			t.Errorf("told: %v", got)
		}
		stop()
	}
	q.Told(first.pos)
	q.Told(second.pos)
	q.writeJournal(true)
	if st := w.queue(cfg).Stats(); st.Dropped != 0 {
		t.Errorf("told once more: %+v", st)
	}
}

// A part that flash does not take at the end is told at the next start.
func TestEndWithoutRoomIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = filepath.Join(t.TempDir(), "media")
	cfg.MaxDisk = 1
	q := w.queue(cfg)
	stop := w.run(q)
	p := newPiece(1, 1000)
	w.add(q, p)
	stop()
	if len(w.dropped()) > 0 {
		t.Error("told when nobody listened any more")
	}
	w.run(w.queue(cfg))
	uplinktest.Eventually(t, "the part told", func() bool { return slices.Equal(w.dropped(), []certs.Position{p.pos}) })
}

// The journal stays small however many parts come and go, and a damaged one is no reason not to start.
func TestJournalStaysSmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.StartTLS()
	cfg := w.config()
	cfg.Dir = filepath.Join(t.TempDir(), "media")
	if err := os.WriteFile(cfg.Dir+".journal", bytes.Repeat([]byte("+1.\x00\n-"), 400<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	q := w.queue(cfg)
	for n := range uint64(5000) {
		p := certs.Position{Boot: 3, N: n}
		q.mu.Lock()
		q.journal.begin(p)
		q.over(p)
		q.mu.Unlock()
		q.writeJournal(false)
	}
	info, err := os.Stat(cfg.Dir + ".journal")
	if err != nil || info.Size() > bigJournal || info.Mode().Perm() != 0o600 {
		t.Errorf("journal: %v, %v", info, err)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte("+1.2\n-1.2\n+3.17\n"))
	f.Add([]byte("+1.2\n\x00\x00+1.3"))
	f.Fuzz(func(t *testing.T, b []byte) {
		j := journal{path: "x", open: make(map[certs.Position]bool)}
		j.parse(b)
		again := journal{path: "x", open: make(map[certs.Position]bool)}
		for p := range j.open {
			again.begin(p)
		}
		parsed := journal{open: make(map[certs.Position]bool)}
		parsed.parse(again.lines)
		if len(parsed.open) != min(len(j.open), maxOpen) {
			t.Errorf("%d positions, written and read: %d", len(j.open), len(parsed.open))
		}
		for p := range parsed.open {
			if !j.open[p] {
				t.Errorf("%v was not open", p)
			}
		}
	})
}
