package spool

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"signet/internal/order"
)

// collect writes notes down and removes the segments of which nothing is pending. turn must be held and
// the head synced.
func (s *Spool) collect() error {
	s.mu.Lock()
	todo := s.known.todo
	s.known.todo = nil
	s.index.sweep()
	var empty []*segment
	for _, g := range s.segs {
		if g != s.head && g.live == 0 {
			empty = append(empty, g)
		}
	}
	s.mu.Unlock()
	order.By(empty, func(a, b *segment) int { return cmp.Compare(a.num, b.num) })

	// A segment may go only when it is durably known why. A full file system is the exception, since
	// removing makes room: a power cut right then makes false gaps, never a silent one.
	err := s.writeNotes(todo, len(empty) > 0)
	if err == nil || errors.Is(err, ErrFull) {
		var failed error
		for _, g := range empty {
			failed = errors.Join(failed, s.unlink(g))
		}
		if len(empty) > 0 {
			failed = errors.Join(failed, noRoom(s.dir.sync()))
			if err != nil {
				err = s.writeNotes(todo, true)
			}
		}
		err = errors.Join(err, failed)
	}
	if err != nil {
		s.mu.Lock()
		s.known.todo = append(todo, s.known.todo...) // written twice they say the same
		s.mu.Unlock()
		return err
	}
	return s.shrinkState()
}

// writeNotes appends notes to the state file. turn must be held.
func (s *Spool) writeNotes(todo []note, durable bool) error {
	err := s.state.append(todo)
	if err == nil && durable {
		if err = s.state.sync(); err != nil {
			// See syncHead: a file that failed its sync is not to be trusted.
			s.mu.RLock()
			notes := s.known.notes()
			s.mu.RUnlock()
			if s.state.replace(notes) == nil {
				err = nil
			}
		}
	}
	if err != nil {
		return fmt.Errorf("write down receipts: %w", noRoom(err))
	}
	return nil
}

// shrinkState writes the state file anew when it is mostly notes that say nothing any more.
func (s *Spool) shrinkState() error {
	if s.state.end < s.opt.bigState {
		return nil
	}
	s.mu.Lock()
	s.known.forget(s.oldestBoot(s.boot))
	notes := s.known.notes()
	s.mu.Unlock()
	if s.state.end < 4*noteSize*int64(len(notes)) {
		return nil
	}
	if err := s.state.replace(notes); err != nil {
		return fmt.Errorf("rewrite state: %w", noRoom(err))
	}
	return nil
}

// oldestBoot returns the lowest boot of which a segment holds a record, or none. mu must be held.
func (s *Spool) oldestBoot(none uint64) uint64 {
	oldest := none
	for _, g := range s.segs {
		if g.minBoot > 0 {
			oldest = min(oldest, g.minBoot)
		}
	}
	return oldest
}

// makeRoom frees what an entry of size bytes needs: first the place of records that are no longer pending,
// then, since there is no other way, records. turn must be held.
func (s *Spool) makeRoom(size int64) error {
	// One segment's worth stays free, for moving records.
	limit := s.opt.MaxBytes - s.opt.segBytes
	for {
		s.mu.RLock()
		bytes, live := s.bytes(), s.index.live()+len(s.unsynced)
		thin, empty := s.thinnest()
		inHead := s.head != nil && s.head.live+len(s.unsynced) > 0
		s.mu.RUnlock()
		var err error
		switch {
		case bytes+size <= limit && live < s.opt.MaxEntries:
			return nil
		case bytes+size > limit && empty:
			err = s.tidy()
		case bytes+size > limit && thin != nil:
			err = s.empty(thin)
		case s.drop():
		case inHead: // all that is pending
			if err = s.syncHead(); err == nil {
				err = s.rotate()
			}
		default:
			return ErrFull
		}
		if err != nil {
			return fmt.Errorf("make room: %w", err)
		}
	}
}

// thinnest returns the segment of which the least is pending, if that is at most three quarters, and
// whether any is empty. mu must be held.
func (s *Spool) thinnest() (thin *segment, empty bool) {
	for _, g := range s.segs {
		if g == s.head {
			continue
		}
		empty = empty || g.live == 0
		if g.liveBytes <= g.size/4*3 && (thin == nil || cmp.Or(
			cmp.Compare(g.liveBytes, thin.liveBytes), cmp.Compare(g.num, thin.num)) < 0) {
			thin = g
		}
	}
	return thin, empty
}

// empty moves all that is pending in g to the head. turn must be held.
func (s *Spool) empty(g *segment) error {
	s.mu.RLock()
	var slots []slot
	for _, sl := range s.index.slots {
		if sl.seg == g.num && sl.flag&dead == 0 {
			slots = append(slots, sl)
		}
	}
	s.mu.RUnlock()
	for _, sl := range slots {
		f, err := s.fetch(sl.pos)
		if err != nil {
			continue // acknowledged meanwhile, or damaged and now a gap
		}
		if err := s.store(f); err != nil {
			return err
		}
	}
	return s.tidy()
}

// drop gives up records of the oldest segment that has some of a former owner, or else some which are not urgent, or else of the
// oldest that has any, and makes gaps of them. It leaves the head alone and reports whether it found any.
func (s *Spool) drop() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	nums := make([]uint32, 0, len(s.segs))
	for num, g := range s.segs {
		if g != s.head && g.live > 0 {
			nums = append(nums, num)
		}
	}
	slices.Sort(nums)
	any := Position{math.MaxUint64, math.MaxUint64}
	for _, which := range []struct {
		keep slotFlag
		upTo Position
	}{{dead, s.former}, {dead | urgent, any}, {dead, any}} {
		for _, num := range nums {
			dropped := 0
			for i := range s.index.slots {
				sl := &s.index.slots[i]
				if sl.seg == num && sl.flag&which.keep == 0 && sl.pos.Compare(which.upTo) <= 0 {
					s.end(sl, noteFull)
					dropped++
				}
			}
			if dropped > 0 {
				s.stats.Dropped += int64(dropped)
				s.opt.Log.Warn("spool: full, oldest records dropped", "records", dropped)
				return true
			}
		}
	}
	return false
}
