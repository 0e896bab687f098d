package spool

import (
	"fmt"
)

// maxUnsynced bounds the records that wait in memory for their sync.
const maxUnsynced = 1 << 20

// Urgency says how long a record may wait for its sync.
type Urgency bool

// The urgencies.
const (
	Grouped Urgency = false // synced with others within Options.SyncEvery
	Urgent  Urgency = true  // synced before Append returns; dropped last when the spool is full
)

// MaxEntry is the largest entry, in bytes, that Append takes.
func (s *Spool) MaxEntry() int { return int(min(s.opt.segBytes, maxFrame-2048)) }

// Append gives a record its position: seal is called with it, signs, and returns what is to be stored. It
// must not call the spool, and what it returns must not change until Append returns.
//
// When Append returns the zero Position the record is not in the spool and its position goes to the
// next one; the error is seal's, or wraps ErrTooLarge, ErrFull or ErrClosed. When it returns a position
// with an error, the record is taken but could not be synced yet: it is held in memory, tried again,
// and not shown to the reader before that succeeded.
//
// Records that had to be dropped to make room are in Gaps.
func (s *Spool) Append(u Urgency, seal func(Position) (Entry, error)) (Position, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed {
		return Position{}, ErrClosed
	}
	if s.unsyncN >= maxUnsynced {
		if err := s.syncHead(); err != nil {
			return Position{}, fmt.Errorf("append record: %w", err)
		}
	}
	pos := Position{s.boot, s.next}
	e, err := seal(pos)
	if err != nil {
		return Position{}, fmt.Errorf("append record: %w", err)
	}
	f := frame{pos, bool(u), e}
	if size := e.size(); size > s.MaxEntry() || len(e.Media) > maxMedia {
		return Position{}, fmt.Errorf("append record of %d bytes with %d media: %w", size, len(e.Media), ErrTooLarge)
	}
	if err := s.makeRoom(int64(e.size())); err != nil {
		return Position{}, fmt.Errorf("append record: %w", err)
	}
	if err := s.store(f); err != nil {
		return Position{}, fmt.Errorf("append record: %w", err)
	}
	s.next++
	if u == Urgent {
		err = s.syncHead()
	}
	if u == Grouped || err != nil {
		s.poke(s.dirty)
	}
	if err != nil {
		return pos, fmt.Errorf("sync record %v: %w", pos, err)
	}
	return pos, nil
}

// Sync makes every record that was appended durable, and does what Run does now and then.
func (s *Spool) Sync() error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed {
		return ErrClosed
	}
	return s.tidy()
}

// tidy syncs the head, writes notes down and removes segments. turn must be held.
func (s *Spool) tidy() error {
	if err := s.syncHead(); err != nil {
		return fmt.Errorf("sync spool: %w", err)
	}
	if err := s.collect(); err != nil {
		return fmt.Errorf("tidy spool: %w", err)
	}
	return nil
}

// staged is a record that is written to the head and kept in memory until the head is synced. Only then is
// it put into the index, or moved there.
type staged struct {
	frame
	off uint32
}

// syncHead makes the head durable and shows its records. turn must be held.
//
// After a failed fsync the kernel may have thrown the pages away, so that a second one says nothing (Rebello et al.,
// "Can Applications Recover from fsync Failures?", 2020): the records are written again to a new segment.
func (s *Spool) syncHead() error {
	if s.head == nil || len(s.unsynced) == 0 {
		return nil
	}
	if s.head.sealed || s.flush() != nil {
		if err := s.rewrite(); err != nil {
			return err
		}
		if err := s.flush(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	for _, f := range s.unsynced {
		if sl := s.index.find(f.pos); sl != nil {
			s.leave(sl)
			sl.seg, sl.off = s.head.num, f.off
			s.enter(sl)
		} else if f.pos.Boot == s.boot && f.pos.N > s.synced {
			sl := slot{pos: f.pos, seg: s.head.num, off: f.off, size: uint32(f.entry.size())}
			if f.urgent {
				sl.flag = urgent
			}
			s.index.slots = append(s.index.slots, sl)
			s.enter(&sl)
			s.synced, s.known.last = f.pos.N, f.pos
		}
		// Else it was being moved, and acknowledged meanwhile.
	}
	s.mu.Unlock()
	clear(s.unsynced)
	s.unsynced, s.unsyncN = s.unsynced[:0], 0
	s.poke(s.ready)
	return nil
}

// flush syncs the head and, where it is new, its name. After an error the head is sealed and cut to what is
// durable, so that nobody takes the rest for it after a restart.
func (s *Spool) flush() error {
	g := s.head
	err := g.f.Sync()
	if err == nil && s.newName {
		err = s.dir.sync()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Syncs++
	if err != nil {
		g.sealed = true
		g.size = g.synced
		_ = g.f.Truncate(g.size)
		return fmt.Errorf("sync %s: %w", segName(g.num), noRoom(err))
	}
	s.newName = false
	g.synced = g.size
	return nil
}

// rewrite puts the records that are not synced into a new head.
func (s *Spool) rewrite() error {
	old := s.head
	if err := s.rotate(); err != nil {
		return err
	}
	if old.synced == 0 {
		_ = s.unlink(old) // else every failure in a row would leave a file behind
	}
	for i := range s.unsynced {
		f := &s.unsynced[i]
		off, err := s.write(f.frame)
		if err != nil {
			s.mu.Lock()
			s.head.sealed = true // holds only a part of them
			s.mu.Unlock()
			return err
		}
		f.off = off
	}
	return nil
}
