package spool

import (
	"fmt"
	"io"
	"math"
	"slices"

	"signet/internal/order"
)

// Open opens the spool in a folder, which it makes if need be, and raises the boot counter durably. It
// starts nothing: call Run. The error wraps ErrInUse when another process has the spool, and ErrFull when
// the file system takes nothing, not even the counter.
func Open(dir string, o Options) (*Spool, error) {
	d := osFolder(dir)
	lock, err := d.prepare()
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", dir, err)
	}
	s, err := open(d, o)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("open spool %s: %w", dir, err)
	}
	s.lock = lock
	return s, nil
}

func open(dir folder, o Options) (_ *Spool, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	s := &Spool{
		dir: dir, opt: o,
		lock:  nothing{},
		state: stateFile{dir: dir},
		segs:  make(map[uint32]*segment),
		next:  1, nextSeg: 1,
		dirty: make(chan struct{}, 1),
		ready: make(chan struct{}, 1),
	}
	defer func() {
		if err != nil {
			for _, g := range s.segs {
				g.f.Close()
			}
		}
	}()
	var stateFound bool
	if s.known, stateFound, s.found.BadNotes, err = readState(dir); err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	if err = s.readSegments(); err != nil {
		return nil, err
	}
	s.buildIndex()
	s.found.StateLost = !stateFound && len(s.segs) > 0
	s.found.Records = s.index.live()
	if err = s.raiseBoot(); err != nil {
		return nil, err
	}
	if r := s.found; r.TornBytes+r.DamagedBytes > 0 || r.BadNotes > 0 || r.StateLost || len(s.known.gaps) > 0 {
		o.Log.Warn("spool: repaired", "torn_bytes", r.TornBytes, "damaged_bytes", r.DamagedBytes,
			"bad_notes", r.BadNotes, "state_lost", r.StateLost, "gaps", len(s.known.gaps))
	}
	if s.index.live() > 0 {
		s.poke(s.ready)
	}
	return s, nil
}

// nothing is the lock of a folder that needs none.
type nothing struct{}

func (nothing) Close() error { return nil }

// readSegments opens all segments and puts every record that they hold into the index, in any order.
func (s *Spool) readSegments() error {
	names, err := s.dir.list()
	if err != nil {
		return fmt.Errorf("list segments: %w", err)
	}
	var nums []uint32
	for _, name := range names {
		if num, ok := segNum(name); ok {
			nums = append(nums, num)
		}
	}
	slices.Sort(nums)
	for i, num := range nums {
		if err := s.readSegment(num, i == len(nums)-1); err != nil {
			return fmt.Errorf("read %s: %w", segName(num), err)
		}
		s.nextSeg = num + 1
	}
	return nil
}

func (s *Spool) readSegment(num uint32, newest bool) error {
	f, err := s.dir.open(segName(num), false)
	if err != nil {
		return err
	}
	g := &segment{num: num, f: f, sealed: true}
	s.segs[num] = g
	size, err := f.size()
	if err != nil {
		return err
	}
	data := readAround(f, size)
	skipped, end := scan(data, num, func(fr frame, off, n int) {
		sl := slot{pos: fr.pos, seg: num, off: uint32(off), size: uint32(n)}
		if fr.urgent {
			sl.flag = urgent
		}
		g.sees(fr.pos.Boot)
		s.index.slots = append(s.index.slots, sl)
	})
	g.size, g.synced = int64(end), int64(end)
	s.found.DamagedBytes += int64(skipped)
	rest := size - int64(end)
	if !newest || size > maxSegment {
		g.size += rest
		s.found.DamagedBytes += rest
		return nil
	}
	if rest > 0 {
		s.found.TornBytes = rest
		if err := f.Truncate(int64(end)); err != nil {
			return fmt.Errorf("cut torn end: %w", noRoom(err))
		}
	}
	// After a kill its records may be in the page cache only; they are shown from now on.
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync: %w", noRoom(err))
	}
	s.head = g
	g.sealed = skipped > 0
	return nil
}

// readAround reads a segment. What cannot be read stays zero, which is not a frame: a bad block costs its own
// records only.
func readAround(f file, size int64) []byte {
	data := make([]byte, min(size, maxSegment))
	if _, err := f.ReadAt(data, 0); err == nil || err == io.EOF {
		return data
	}
	const block = 4096
	for at := 0; at < len(data); at += block {
		b := data[at:min(at+block, len(data))]
		if n, err := f.ReadAt(b, int64(at)); n < len(b) && err != nil {
			clear(b)
		}
	}
	return data
}

// buildIndex orders the records, drops second copies and those that are done, and counts the rest.
func (s *Spool) buildIndex() {
	x := &s.index
	order.By(x.slots, func(a, b slot) int {
		if c := a.pos.Compare(b.pos); c != 0 {
			return c
		}
		return int(int64(b.seg) - int64(a.seg)) // the newer copy first
	})
	x.slots = slices.CompactFunc(x.slots, func(a, b slot) bool { return a.pos == b.pos })
	if len(x.slots) > 0 {
		s.previous = x.slots[len(x.slots)-1].pos
	}
	if s.known.last.Compare(s.previous) > 0 {
		s.previous = s.known.last
	}
	s.findHoles()
	x.slots = slices.DeleteFunc(x.slots, func(sl slot) bool {
		done := s.known.done[sl.pos.Boot]
		return done != nil && done.has(sl.pos.N)
	})
	x.slots = slices.Clip(x.slots)
	for _, sl := range x.slots {
		g := s.segs[sl.seg]
		g.live++
		g.liveBytes += int64(sl.size)
	}
}

// findHoles makes gaps of positions that are neither pending nor done although later ones of the same boot
// are: n is given without holes, so these were lost. Of boots older than any record in a segment not everything
// is known any more, and nothing can be missing.
func (s *Spool) findHoles() {
	seen := make(map[uint64]*ranges)
	for boot, r := range s.known.done {
		c := slices.Clone(*r)
		seen[boot] = &c
	}
	for _, sl := range s.index.slots {
		if seen[sl.pos.Boot] == nil {
			seen[sl.pos.Boot] = new(ranges)
		}
		seen[sl.pos.Boot].add(sl.pos.N, sl.pos.N)
	}
	var boots []uint64
	oldest := s.oldestBoot(math.MaxUint64)
	for boot := range seen {
		if boot >= oldest {
			boots = append(boots, boot)
		}
	}
	slices.Sort(boots)
	for _, boot := range boots {
		for _, h := range seen[boot].holes() {
			s.known.note(note{noteDamaged, Range{boot, h.from, h.to}})
			s.stats.Damaged += int64(h.to - h.from + 1)
		}
	}
}

// raiseBoot makes the next boot counter durable, together with all that is known.
func (s *Spool) raiseBoot() error {
	boot := max(s.known.boot, s.previous.Boot, s.opt.BootFloor)
	if boot == math.MaxUint64 {
		return fmt.Errorf("boot counter is used up")
	}
	s.boot = boot + 1
	s.known.boot, s.known.last = s.boot, s.previous
	s.known.forget(s.oldestBoot(s.boot))
	err := s.state.replace(s.known.notes())
	if err == nil {
		s.known.todo = nil
		return nil
	}
	// No room for a new file: the counter at least can be overwritten where it stands.
	if err2 := s.state.recount(s.boot); err2 != nil {
		return fmt.Errorf("write boot counter: %w", noRoom(err))
	}
	return nil
}
