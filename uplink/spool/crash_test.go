package spool

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// fate is what the model knows of a position.
type fate int

const (
	taken    fate = iota // appended, perhaps not synced
	durable              // shown to a reader, or appended as urgent
	answered             // acknowledged or refused
	missed               // was in Gaps
	dropped              // for good, as a former owner's
)

// world is a spool on a flash, beside a model of what must hold.
type world struct {
	t     errorf
	disk  *flash
	s     *Spool
	opt   Options
	fates map[Position]fate
	bytes map[Position]Entry
	boots uint64
	seal  int // counts records, so that each is different

	former Position // up to here nobody misses anything
}

type errorf interface {
	Fatalf(format string, args ...any)
	Helper()
}

func newWorld(t errorf) *world {
	w := &world{
		t: t, disk: newFlash(),
		opt:   Options{MaxBytes: 16 << 10, MaxEntries: 64, segBytes: 1 << 10, bigState: 256},
		fates: map[Position]fate{}, bytes: map[Position]Entry{},
	}
	w.open()
	return w
}

// open opens the spool, which may fail only for want of power or room.
func (w *world) open() {
	s, err := open(w.disk, w.opt)
	if err != nil {
		w.s = nil
		if !errors.Is(err, errPower) && !errors.Is(err, ErrFull) {
			w.t.Fatalf("open: %v", err)
		}
		return
	}
	if s.Boot() <= w.boots {
		w.t.Fatalf("boot %d after %d", s.Boot(), w.boots)
	}
	w.s = s
	s.Former(w.former)
	if w.disk.powerOff == 0 {
		w.check()
	}
}

func (w *world) append(u Urgency, size int) {
	pos, err := w.s.Append(u, func(p Position) (Entry, error) {
		if p.Boot != w.s.Boot() {
			w.t.Fatalf("position %v in boot %d", p, w.s.Boot())
		}
		w.seal++
		e := Entry{Record: fmt.Appendf(nil, "record %d at %v", w.seal, p)}
		if size > 0 {
			e.Media = [][]byte{bytes.Repeat([]byte(frameMark), size)}
		}
		// A power cut may keep a record of which Append never said that it is in.
		w.bytes[p] = e
		return e, nil
	})
	w.boots = max(w.boots, w.s.Boot())
	if pos == (Position{}) {
		if err == nil {
			w.t.Fatalf("append: no position and no error")
		}
		return
	}
	if _, ok := w.fates[pos]; ok {
		w.t.Fatalf("position %v was given twice", pos)
	}
	w.fates[pos] = taken
	if u == Urgent && err == nil {
		w.fates[pos] = durable
	}
}

// look notes what a reader sees, and that it is what was written.
func (w *world) look() {
	var last Position
	for _, it := range w.s.Pending(Position{}, 1<<20) {
		if it.Compare(last) <= 0 {
			w.t.Fatalf("pending %v after %v", it.Position, last)
		}
		last = it.Position
		if w.fates[it.Position] == dropped {
			w.t.Fatalf("pending %v was dropped", it.Position)
		}
		want, ok := w.bytes[it.Position]
		if !ok {
			w.t.Fatalf("pending %v was never appended", it.Position)
		}
		got, err := w.s.Read(it.Position)
		if err != nil {
			w.t.Fatalf("read: %v", err)
		}
		if !bytes.Equal(got.Record, want.Record) || !slices.EqualFunc(got.Media, want.Media, bytes.Equal) {
			w.t.Fatalf("record %v changed: %.40q, was %.40q", it.Position, got.Record, want.Record)
		}
		if w.fates[it.Position] == taken {
			w.fates[it.Position] = durable
		}
	}
}

// check is the promise: whatever was durable is pending, answered, or in a gap.
func (w *world) check() {
	w.t.Helper()
	w.look()
	gone := map[Position]bool{}
	for _, g := range w.s.Gaps(1 << 20) {
		for n := g.From; n <= g.To; n++ {
			p := Position{g.Boot, n}
			gone[p] = true
			if p.Compare(w.former) <= 0 {
				w.t.Fatalf("%v is of a former owner and in gap %v", p, g)
			}
			if f := w.fates[p]; f == durable {
				w.fates[p] = missed
			}
			if w.s.index.find(p) != nil {
				w.t.Fatalf("%v is pending and in gap %v", p, g)
			}
			if g.Cause == Damaged && w.fates[p] == answered {
				w.t.Fatalf("%v was answered and is in gap %v", p, g)
			}
		}
	}
	for p, f := range w.fates {
		if f == durable && w.s.index.find(p) == nil && p.Compare(w.former) > 0 {
			w.t.Fatalf("%v is lost; gaps %v, stats %+v", p, w.s.Gaps(99), w.s.Stats())
		}
	}
	if last, ok := w.s.Previous(); ok {
		for p, f := range w.fates {
			if f != taken && p.Boot < w.s.Boot() && p.Compare(last) > 0 {
				w.t.Fatalf("previous is %v, but %v was durable", last, p)
			}
		}
	}
	w.counts()
}

// counts compares the numbers that the spool keeps with what they count.
func (w *world) counts() {
	w.t.Helper()
	live, size := map[uint32]int{}, map[uint32]int64{}
	for _, sl := range w.s.index.slots {
		if sl.flag&dead == 0 {
			live[sl.seg]++
			size[sl.seg] += int64(sl.size)
		}
	}
	for num, g := range w.s.segs {
		if g.live != live[num] || g.liveBytes != size[num] {
			w.t.Fatalf("segment %d counts %d live, %d bytes, has %d, %d", num, g.live, g.liveBytes, live[num], size[num])
		}
	}
	if n := w.s.Stats().Bytes; n > w.opt.MaxBytes+2*w.opt.segBytes {
		w.t.Fatalf("%d bytes in segments, want at most %d", n, w.opt.MaxBytes)
	}
}

func (w *world) ack(from, n int) {
	items := w.s.Pending(Position{}, 1<<20)
	for i := from; i < from+n && i < len(items); i++ {
		p := items[i].Position
		if w.s.Ack(Range{p.Boot, p.N, p.N}) != 1 {
			w.t.Fatalf("ack of %v took nothing out", p)
		}
		w.fates[p] = answered
	}
}

func (w *world) refuse(i int) {
	items := w.s.Pending(Position{}, i+1)
	if len(items) == 0 {
		return
	}
	p := items[len(items)-1].Position
	if err := w.s.Refuse(p, "because"); err == nil {
		w.fates[p] = answered
	}
}

func (w *world) tell() {
	gaps := w.s.Gaps(3)
	for _, g := range gaps {
		for n := g.From; n <= g.To; n++ {
			if p := (Position{g.Boot, n}); w.fates[p] == durable {
				w.fates[p] = missed
			}
		}
	}
	w.s.Told(gaps...)
}

// sell makes what is pending up to a record a former owner's.
func (w *world) sell(i int) {
	if items := w.s.Pending(Position{}, i+1); len(items) > 0 {
		w.former = items[len(items)-1].Position
		w.s.Former(w.former)
	}
}

// drop drops what is left of former owners.
func (w *world) drop() {
	held, segs := map[Position]bool{}, map[uint32]bool{}
	for _, sl := range w.s.index.slots {
		if sl.flag&dead == 0 && sl.pos.Compare(w.former) <= 0 {
			held[sl.pos], segs[sl.seg] = true, true
		}
	}
	n, err := w.s.Drop(w.former)
	if err != nil {
		return
	}
	if n < len(held) { // others were being moved, or not synced
		w.t.Fatalf("dropped %d records of %d", n, len(held))
	}
	for p := range held {
		w.fates[p] = dropped
	}
	for num := range segs {
		if _, there := w.disk.names[segName(num)]; there {
			w.t.Fatalf("segment %d with dropped records is still there", num)
		}
	}
}

// lose cuts the power and opens again.
func (w *world) lose(keep *rand.Rand) {
	w.disk = w.disk.crash(keep)
	w.open()
	w.again()
}

// again notes that what was acknowledged just before a crash may be sent once more.
func (w *world) again() {
	if w.s == nil {
		return
	}
	for _, it := range w.s.Pending(Position{}, 1<<20) {
		w.fates[it.Position] = durable
	}
}

func TestCrashAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.opt.MaxEntries = rapid.SampledFrom([]int{64, 1000}).Draw(t, "max entries")
		random := func() *rand.Rand {
			if rapid.Bool().Draw(t, "keep nothing") {
				return nil
			}
			return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		}
		small := rapid.IntRange(0, 40)
		actions := map[string]func(*rapid.T){
			"append": func(t *rapid.T) { w.append(Grouped, small.Draw(t, "size")) },
			"urgent": func(t *rapid.T) { w.append(Urgent, small.Draw(t, "size")) },
			"many": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "n") {
					w.append(Urgency(rapid.IntRange(0, 9).Draw(t, "u") == 0), 20)
				}
			},
			"sync":   func(t *rapid.T) { _ = w.s.Sync() },
			"ack":    func(t *rapid.T) { w.ack(small.Draw(t, "from"), small.Draw(t, "n")) },
			"refuse": func(t *rapid.T) { w.refuse(small.Draw(t, "i")) },
			"tell":   func(t *rapid.T) { w.tell() },
			"sell":   func(t *rapid.T) { w.sell(small.Draw(t, "i")) },
			"drop":   func(t *rapid.T) { w.drop() },
			"full": func(t *rapid.T) {
				w.disk.capacity = w.disk.used() + rapid.IntRange(0, 300).Draw(t, "room")
			},
			"room":      func(t *rapid.T) { w.disk.capacity = 0 },
			"sync fail": func(t *rapid.T) { w.disk.syncErr = syscall.EIO },
			"sync work": func(t *rapid.T) { w.disk.syncErr = nil },
			"close": func(t *rapid.T) {
				w.disk.capacity, w.disk.syncErr = 0, nil
				_ = w.s.Sync()
				if err := w.s.Close(); err != nil {
					t.Fatalf("close: %v", err)
				}
				w.disk = w.disk.crash(nil)
				w.open()
				for _, it := range w.s.Pending(Position{}, 1<<20) {
					if w.fates[it.Position] == answered {
						t.Fatalf("%v was answered, and is pending after a clean end", it.Position)
					}
				}
			},
			"kill": func(t *rapid.T) { // the process, not the power
				w.disk.capacity, w.disk.syncErr = 0, nil
				w.open()
				w.again()
			},
			"power cut": func(t *rapid.T) {
				w.disk.syncErr = nil
				w.lose(random())
			},
			"power cut soon": func(t *rapid.T) {
				w.disk.syncErr = nil
				w.disk.powerOff = w.disk.ops + rapid.IntRange(1, 30).Draw(t, "ops")
				for range 6 {
					w.append(Urgency(rapid.Bool().Draw(t, "u")), small.Draw(t, "size"))
					_ = w.s.Sync()
				}
				w.lose(random())
			},
			"": func(t *rapid.T) {
				if w.s == nil { // was full when it was opened
					w.disk.capacity = 0
					w.lose(nil)
				}
				w.check()
			},
		}
		t.Repeat(actions)
	})
}

// TestCrashAtEveryOp cuts the power at each single change of the flash that a fixed history makes, opening included.
func TestCrashAtEveryOp(t *testing.T) {
	history := func(w *world) {
		for i := range 60 {
			if w.s == nil {
				return
			}
			w.append(Urgency(i%5 == 0), i%7*10)
			switch {
			case i%4 == 3:
				_ = w.s.Sync()
			case i%9 == 8:
				w.ack(1, 6)
			case i == 30:
				w.refuse(2)
			case i == 33:
				w.sell(5)
			case i == 50:
				w.drop()
			case i == 40:
				if w.s.Close() == nil || true {
					w.open()
				}
			}
		}
		if w.s != nil {
			w.tell()
			_ = w.s.Close()
		}
	}
	for _, maxBytes := range []int64{64 << 10, 8 << 10} { // roomy, and dropping
		for cut, done := 1, false; !done; cut++ {
			for seed := range uint64(3) {
				w := newWorld(t)
				w.opt.MaxBytes = maxBytes
				w.disk.powerOff = w.disk.ops + cut
				history(w)
				done = w.disk.ops < w.disk.powerOff
				var keep *rand.Rand
				if seed > 0 {
					keep = rand.New(rand.NewPCG(seed, uint64(cut)))
				}
				w.lose(keep)
				w.append(Urgent, 3)
				w.lose(nil)
			}
		}
	}
}
