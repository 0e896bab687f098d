package spool

import (
	"fmt"
)

// Item is a pending record as Pending lists it.
type Item struct {
	Position
	Size   int // bytes on disk
	Urgent bool
}

// Pending returns up to n records that are durable and have neither receipt nor refusal, in the order
// of their positions, beginning after the given one. The zero Position begins with the oldest.
func (s *Spool) Pending(after Position, n int) []Item {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Item
	for i := s.index.from(after); i < len(s.index.slots) && len(out) < n; i++ {
		if sl := s.index.slots[i]; sl.pos != after && sl.shown() {
			out = append(out, Item{sl.pos, int(sl.size), sl.flag&urgent != 0})
		}
	}
	return out
}

// Last returns the highest position that is durable, or the zero Position. What is appended later is
// Pending after it.
func (s *Spool) Last() Position {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.synced > 0 {
		return Position{s.boot, s.synced}
	}
	return s.previous
}

// Read returns the pending record at p. The error wraps ErrGone when there is none, for instance since it
// was acknowledged or dropped meanwhile, and ErrDamaged when the flash no longer gives it back.
func (s *Spool) Read(p Position) (Entry, error) {
	s.mu.RLock()
	sl := s.index.find(p)
	visible := sl != nil && sl.shown()
	s.mu.RUnlock()
	if !visible {
		return Entry{}, fmt.Errorf("read record %v: %w", p, ErrGone)
	}
	f, err := s.fetch(p)
	if err != nil {
		return Entry{}, fmt.Errorf("read record %v: %w", p, err)
	}
	return f.entry, nil
}

// fetch reads a pending record, parked or not. One that cannot be read becomes a gap.
func (s *Spool) fetch(p Position) (frame, error) {
	var cause error
	var at slot
	for range 2 { // flash gives some blocks back at the second try
		f, sl, err := s.fetchOnce(p)
		if err == nil || err == ErrGone || err == ErrClosed {
			return f, err
		}
		cause, at = err, sl
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sl := s.index.find(p); sl != nil && sl.seg == at.seg && sl.off == at.off {
		s.end(sl, noteDamaged)
		s.stats.Damaged++
		s.poke(s.dirty)
	}
	return frame{}, fmt.Errorf("%w: %w", ErrDamaged, cause)
}

func (s *Spool) fetchOnce(p Position) (frame, slot, error) {
	s.mu.RLock()
	defer s.mu.RUnlock() // held while reading, so that the file stays open
	if s.closed {
		return frame{}, slot{}, ErrClosed
	}
	sl := s.index.find(p)
	if sl == nil {
		return frame{}, slot{}, ErrGone
	}
	b := make([]byte, sl.size)
	if _, err := s.segs[sl.seg].f.ReadAt(b, int64(sl.off)); err != nil {
		return frame{}, *sl, err
	}
	f, _, err := parseFrame(b, sl.seg)
	if err == nil && f.pos != p {
		err = errFrame
	}
	return f, *sl, err
}
