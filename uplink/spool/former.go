package spool

import "fmt"

// Former says that the records up to p are of a former owner of the camera. They stay pending, but are the first to go where
// there is no room, and nobody is told of what is lost of them: they make no gaps, and gaps among them are forgotten. It is
// to be said again after each Open.
func (s *Spool) Former(p Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Compare(s.former) <= 0 {
		return
	}
	s.former = p
	for _, g := range s.known.notTold() {
		if g.Boot > p.Boot || g.Boot == p.Boot && g.From > p.N {
			continue
		}
		if g.Boot == p.Boot {
			g.To = min(g.To, p.N)
		}
		s.known.note(note{noteTold, g.Range})
	}
	s.poke(s.dirty)
}

// Drop gives up the records up to p that have no receipt, and returns how many they were. When it returns without an error
// the segments in which they lay are removed; what shared them is written anew.
func (s *Spool) Drop(p Position) (dropped int, err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed {
		return 0, ErrClosed
	}
	if err := s.syncHead(); err != nil {
		return 0, fmt.Errorf("drop records: %w", err)
	}
	dropped, shared := s.dropTo(p)
	for _, g := range shared {
		if err := s.empty(g); err != nil {
			return dropped, fmt.Errorf("drop records: %w", err)
		}
	}
	if err := s.tidy(); err != nil {
		return dropped, fmt.Errorf("drop records: %w", err)
	}
	return dropped, nil
}

// dropTo takes records out of the index, and returns the segments that still hold others. Where one of them was the head there
// is none now. turn must be held and the head synced.
func (s *Spool) dropTo(p Position) (dropped int, shared []*segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := map[*segment]bool{}
	for i := range s.index.slots {
		sl := &s.index.slots[i]
		if sl.pos.Compare(p) > 0 {
			break
		}
		if sl.flag&dead == 0 {
			held[s.segs[sl.seg]] = true
			s.end(sl, noteDone)
			dropped++
		}
	}
	s.stats.Dropped += int64(dropped)
	for g := range held {
		if g == s.head {
			g.sealed, s.head = true, nil
		}
		if g.live > 0 {
			shared = append(shared, g)
		}
	}
	return dropped, shared
}
