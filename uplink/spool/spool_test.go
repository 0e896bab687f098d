package spool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// must opens a spool on the real file system and closes it with the test.
func must(t *testing.T, dir string, o Options) *Spool {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// add appends a record of n bytes that names its position.
func add(t *testing.T, s *Spool, u Urgency, n int) Position {
	t.Helper()
	pos, err := s.Append(u, func(p Position) (Entry, error) {
		return Entry{Record: fmt.Appendf(nil, "%-*v", n, p)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pos
}

func positions(s *Spool) []Position {
	var out []Position
	for _, it := range s.Pending(Position{}, 1<<20) {
		out = append(out, it.Position)
	}
	return out
}

func TestSpool(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := must(t, dir, Options{})
	if s.Boot() != 1 {
		t.Fatalf("first boot is %d", s.Boot())
	}
	if p, ok := s.Previous(); ok {
		t.Fatalf("previous is %v at the first boot", p)
	}
	grouped := add(t, s, Grouped, 100)
	if got := positions(s); len(got) != 0 {
		t.Fatalf("%v is shown before it is synced", got)
	}
	if _, err := s.Read(grouped); !errors.Is(err, ErrGone) {
		t.Fatalf("read before sync: %v", err)
	}
	if n := s.Ack(Range{1, 1, 1 << 63}); n != 0 {
		t.Fatalf("%d records were acknowledged before they were shown", n)
	}
	urgent := add(t, s, Urgent, 100)
	if got, want := positions(s), []Position{{1, 1}, {1, 2}}; !slices.Equal(got, want) {
		t.Fatalf("pending %v, want %v", got, want)
	}
	if got := s.Pending(grouped, 9); len(got) != 1 || got[0].Position != urgent || !got[0].Urgent {
		t.Fatalf("pending after %v: %v", grouped, got)
	}
	if s.Last() != urgent {
		t.Fatalf("last is %v", s.Last())
	}
	if n := s.Ack(Range{1, 2, 9}, Range{7, 1, 9}); n != 1 {
		t.Fatalf("%d were acknowledged", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(grouped); !errors.Is(err, ErrClosed) {
		t.Fatalf("read after close: %v", err)
	}

	s = must(t, dir, Options{})
	if got, want := positions(s), []Position{{1, 1}}; !slices.Equal(got, want) {
		t.Fatalf("pending after a restart %v, want %v", got, want)
	}
	if p, ok := s.Previous(); !ok || p != (Position{1, 2}) || s.Boot() != 2 {
		t.Fatalf("boot %d, previous %v", s.Boot(), p)
	}
	e, err := s.Read(grouped)
	if err != nil || strings.TrimSpace(string(e.Record)) != "1.1" {
		t.Fatalf("read %q, %v", e.Record, err)
	}
	if p := add(t, s, Urgent, 1); p != (Position{2, 1}) {
		t.Fatalf("first position of the second boot is %v", p)
	}
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Fatalf("opened twice: %v", err)
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info, _ := d.Info(); info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", d.Name(), info.Mode().Perm(), want)
		}
		return nil
	})
}

func TestSealFails(t *testing.T) {
	s := must(t, t.TempDir(), Options{})
	no := errors.New("no key")
	if p, err := s.Append(Urgent, func(Position) (Entry, error) { return Entry{}, no }); p.N != 0 || !errors.Is(err, no) {
		t.Fatalf("append: %v, %v", p, err)
	}
	big := Entry{Record: make([]byte, s.MaxEntry())}
	if _, err := s.Append(Urgent, func(Position) (Entry, error) { return big, nil }); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("append of too much: %v", err)
	}
	big.Record = big.Record[frameHead:]
	if p, err := s.Append(Urgent, func(Position) (Entry, error) { return big, nil }); err != nil || p.N != 1 {
		t.Fatalf("append of the largest entry: %v, %v", p, err)
	}
}

func TestTornEndIsCut(t *testing.T) {
	dir := t.TempDir()
	s := must(t, dir, Options{})
	add(t, s, Urgent, 300)
	add(t, s, Urgent, 300)
	s.Close()
	path := filepath.Join(dir, segName(1))
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	half := len(whole) / 2
	for cut := half; cut < len(whole); cut += 7 { // anywhere in the second record
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := must(t, dir, Options{})
		if got := positions(s); len(got) != 1 || s.Recovered().TornBytes != int64(cut-half) {
			t.Fatalf("cut at %d: pending %v, %+v", cut, got, s.Recovered())
		}
		if st, _ := os.Stat(path); st.Size() != int64(half) {
			t.Fatalf("cut at %d: file has %d bytes", cut, st.Size())
		}
		s.Close()
	}
}

func TestDamageBecomesAGap(t *testing.T) {
	dir := t.TempDir()
	s := must(t, dir, Options{})
	for range 10 {
		add(t, s, Urgent, 300)
	}
	path := filepath.Join(dir, segName(1))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	one := len(b) / 10
	b[3*one+100] ^= 1 // record 4
	b[4*one+8] ^= 0xff
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}

	// While it is open: noticed when it is read.
	if _, err := s.Read(Position{1, 4}); !errors.Is(err, ErrDamaged) {
		t.Fatalf("read of a damaged record: %v", err)
	}
	want := []Gap{{Range{1, 4, 4}, Damaged}}
	if got := s.Gaps(9); !slices.Equal(got, want) {
		t.Fatalf("gaps %v, want %v", got, want)
	}
	s.Close()

	// And when it is opened.
	s = must(t, dir, Options{})
	want = []Gap{{Range{1, 4, 5}, Damaged}}
	if got := s.Gaps(9); !slices.Equal(got, want) {
		t.Fatalf("gaps %v, want %v", got, want)
	}
	if r := s.Recovered(); r.DamagedBytes != int64(2*one) || r.TornBytes != 0 || r.Records != 8 {
		t.Fatalf("recovered %+v", r)
	}
	s.Told(want...)
	s.Close()
	s = must(t, dir, Options{})
	if got := s.Gaps(9); len(got) != 0 {
		t.Fatalf("gaps %v after they were told", got)
	}
	if got := positions(s); len(got) != 8 {
		t.Fatalf("pending %v", got)
	}
	if p := add(t, s, Urgent, 9); p != (Position{3, 1}) || len(positions(s)) != 9 {
		t.Fatalf("append after damage: %v", p)
	}
}

func TestCounterIsLost(t *testing.T) {
	for _, harm := range []string{"removed", "emptied", "garbage"} {
		t.Run(harm, func(t *testing.T) {
			dir := t.TempDir()
			for range 3 {
				s := must(t, dir, Options{})
				add(t, s, Urgent, 10)
				s.Ack(Range{2, 1, 1})
				s.Close()
			}
			path := filepath.Join(dir, stateName)
			var err error
			switch harm {
			case "removed":
				err = os.Remove(path)
			case "emptied":
				err = os.Truncate(path, 0)
			case "garbage":
				err = os.WriteFile(path, bytes.Repeat([]byte("x"), 200), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			s := must(t, dir, Options{})
			if s.Boot() != 4 {
				t.Fatalf("boot %d", s.Boot())
			}
			if got := positions(s); len(got) != 3 { // the acknowledged one is sent again
				t.Fatalf("pending %v", got)
			}
		})
	}
}

func TestBootSurvivesAnEmptySpool(t *testing.T) {
	dir := t.TempDir()
	for boot := uint64(1); boot < 5; boot++ {
		if s := must(t, dir, Options{}); s.Boot() != boot {
			t.Fatalf("boot %d, want %d", s.Boot(), boot)
		} else {
			s.Close()
		}
	}
	if s := must(t, t.TempDir(), Options{BootFloor: 41}); s.Boot() != 42 {
		t.Fatalf("boot %d above floor 41", s.Boot())
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	s := must(t, dir, Options{})
	for range 3 {
		add(t, s, Urgent, 50)
	}
	if err := s.Refuse(Position{1, 2}, "epoch is closed"); err != nil {
		t.Fatal(err)
	}
	if err := s.Refuse(Position{1, 2}, "again"); !errors.Is(err, ErrGone) {
		t.Fatalf("refused twice: %v", err)
	}
	s.Close()
	s = must(t, dir, Options{})
	if got, want := positions(s), []Position{{1, 1}, {1, 3}}; !slices.Equal(got, want) {
		t.Fatalf("pending %v, want %v", got, want)
	}
	got, err := s.Refused()
	if err != nil || len(got) != 1 || got[0].Position != (Position{1, 2}) || got[0].Reason != "epoch is closed" || len(got[0].Entry.Record) != 50 {
		t.Fatalf("refused %+v, %v", got, err)
	}
	if len(s.Gaps(9)) != 0 {
		t.Fatalf("a refused record is a gap: %v", s.Gaps(9))
	}
}

func TestRefusedIsBounded(t *testing.T) {
	dir := t.TempDir()
	s := must(t, dir, Options{})
	for i := range 40 {
		add(t, s, Urgent, 100<<10)
		if err := s.Refuse(Position{1, uint64(i + 1)}, "no"); err != nil {
			t.Fatal(err)
		}
	}
	var size int64
	for _, name := range []string{refusedName, refusedOld} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		size += st.Size()
	}
	if size > 2*maxRefused {
		t.Fatalf("refused records take %d bytes", size)
	}
	if got, err := s.Refused(); err != nil || got[len(got)-1].N != 40 {
		t.Fatalf("%d refused records, %v", len(got), err)
	}
}

func TestFullDropsTheOldestThatAreNotUrgent(t *testing.T) {
	s := must(t, t.TempDir(), Options{MaxBytes: 1 << 20})
	var first []Position
	for i := range 2000 {
		if p := add(t, s, Urgency(i%10 == 0), 1000); i%10 == 0 {
			first = append(first, p)
		}
		if n := s.Stats().Bytes; n > 1<<20 {
			t.Fatalf("%d bytes", n)
		}
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	pending := positions(s)
	for _, p := range first {
		if !slices.Contains(pending, p) {
			t.Fatalf("urgent record %v was dropped while others were not", p)
		}
	}
	count := 0
	for _, g := range s.Gaps(1 << 20) {
		if g.Cause != Full {
			t.Fatalf("gap %v for %v", g, g.Cause)
		}
		count += int(g.To - g.From + 1)
	}
	if count+len(pending) != 2000 || int64(count) != s.Stats().Dropped {
		t.Fatalf("%d dropped and %d pending of 2000, %+v", count, len(pending), s.Stats())
	}
	if len(pending) < 700 {
		t.Fatalf("only %d records of 1 kB fit into 1 MiB", len(pending))
	}
	// What is newest stays.
	for n := uint64(1900); n <= 2000; n++ {
		if !slices.Contains(pending, Position{1, n}) {
			t.Fatalf("new record %d was dropped", n)
		}
	}
}

func TestAcknowledgedRoomIsUsedBeforeAnythingIsDropped(t *testing.T) {
	s, err := open(newFlash(), Options{MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= 5000; n++ {
		add(t, s, Grouped, 1000)
		if n%7 != 0 || n < 4000 && n%350 != 0 { // leave thinly spread records pending
			_ = s.Sync()
			s.Ack(Range{1, n, n})
		}
	}
	if st := s.Stats(); st.Dropped != 0 {
		t.Fatalf("dropped although there was room: %+v", st)
	}
}

func TestFullFileSystem(t *testing.T) {
	disk := newFlash()
	s, err := open(disk, Options{})
	if err != nil {
		t.Fatal(err)
	}
	add(t, s, Urgent, 2000)
	disk.capacity = disk.used() + 500
	if _, err := s.Append(Urgent, func(Position) (Entry, error) { return Entry{Record: make([]byte, 2000)}, nil }); !errors.Is(err, ErrFull) {
		t.Fatalf("append to a full file system: %v", err)
	}
	if p := add(t, s, Urgent, 100); p != (Position{1, 2}) {
		t.Fatalf("a smaller record got %v", p)
	}
	disk.capacity = disk.used()
	if n := s.Ack(Range{1, 1, 1}); n != 1 || s.Sync() != nil {
		t.Fatal("receipts are not taken on a full file system")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A restart, too, must do without room.
	s, err = open(disk.crash(nil), Options{})
	if err != nil || s.Boot() != 2 || len(positions(s)) != 1 {
		t.Fatalf("restart on a full file system: %v, %d pending", err, len(positions(s)))
	}
}

func TestRunSyncsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := open(newFlash(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		start := time.Now()
		add(t, s, Grouped, 10)
		add(t, s, Grouped, 10)
		<-s.Ready()
		if wait := time.Since(start); wait > time.Second {
			t.Errorf("synced after %v", wait)
		}
		if got := positions(s); len(got) != 2 {
			t.Errorf("pending %v", got)
		}
		if st := s.Stats(); st.Syncs != 1 {
			t.Errorf("%d syncs for a group", st.Syncs)
		}
		add(t, s, Grouped, 10)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
		if got := positions(s); len(got) != 3 {
			t.Errorf("pending after the end %v", got)
		}
	})
}

func TestConcurrent(t *testing.T) {
	s := must(t, t.TempDir(), Options{MaxBytes: 1 << 20, SyncEvery: time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	var run, work sync.WaitGroup
	run.Go(func() { _ = s.Run(ctx) })
	const each = 300
	for range 3 {
		work.Go(func() {
			for i := range each {
				add(t, s, Urgency(i%50 == 0), 200)
			}
		})
	}
	var got sync.Map
	work.Go(func() {
		for n := 0; n < 3*each; {
			<-s.Ready()
			for _, it := range s.Pending(Position{}, 100) {
				if _, err := s.Read(it.Position); err != nil {
					t.Error(err)
				}
				if _, twice := got.LoadOrStore(it.Position, true); twice {
					t.Errorf("%v came twice", it.Position)
				}
				n += s.Ack(Range{it.Boot, it.N, it.N})
			}
			if len(s.Pending(Position{}, 1)) > 0 {
				s.poke(s.ready)
			}
		}
	})
	work.Wait()
	cancel()
	run.Wait()
	if st := s.Stats(); st.Pending != 0 || st.Dropped != 0 {
		t.Errorf("stats %+v", st)
	}
}

// What a 300-byte event costs, counted in 4 KiB pages as a card writes them, without what the file system adds
// for itself. Measured 2026-11-21: 503 bytes each in groups of 25, 4423 each when every one is urgent.
func TestBytesWrittenPerEvent(t *testing.T) {
	for _, c := range []struct {
		name   string
		group  int
		budget int // bytes an event
	}{{"grouped", 25, 900}, {"urgent", 1, 4800}} {
		disk := newFlash()
		s, err := open(disk, Options{})
		if err != nil {
			t.Fatal(err)
		}
		pages, bytes := disk.pages, disk.written
		const events = 1000
		for n := 1; n <= events; n++ {
			add(t, s, Urgency(n%c.group == 0), 300)
			if n%100 == 0 {
				s.Ack(Range{1, 1, uint64(n)})
				if err := s.Sync(); err != nil {
					t.Fatal(err)
				}
			}
		}
		logical, flash := (disk.written-bytes)/events, (disk.pages-pages)*4096/events
		t.Logf("%s: %d bytes written, %d bytes of pages synced for each event of 300 bytes", c.name, logical, flash)
		if flash > c.budget {
			t.Errorf("%s: %d bytes of flash an event, budget %d", c.name, flash, c.budget)
		}
		if logical > 345 {
			t.Errorf("%s: %d bytes an event, budget 345", c.name, logical)
		}
	}
}

func BenchmarkAppendUrgent(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	e := Entry{Record: make([]byte, 300)}
	for b.Loop() {
		p, err := s.Append(Urgent, func(Position) (Entry, error) { return e, nil })
		if err != nil {
			b.Fatal(err)
		}
		s.Ack(Range{p.Boot, p.N, p.N})
	}
}
