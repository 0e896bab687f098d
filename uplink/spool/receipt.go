package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

const (
	refusedName = "refused"
	refusedOld  = "refused.1"
	maxRefused  = 1 << 20 // bytes of each of the two files
	maxReason   = 1 << 10
)

// Ack takes records out whose receipt has come, and returns how many they were. Positions that are not
// pending, or were never shown to a reader, are passed over, whatever the ranges say. It does not wait for the
// flash: after a power cut the last acknowledged records are pending again.
func (s *Spool) Ack(ranges ...Range) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range ranges {
		for i := s.index.from(Position{r.Boot, r.From}); i < len(s.index.slots); i++ {
			sl := &s.index.slots[i]
			if sl.pos.Boot != r.Boot || sl.pos.N > r.To {
				break
			}
			if sl.shown() {
				s.end(sl, noteDone)
				n++
			}
		}
	}
	if n > 0 {
		s.index.sweep()
		s.poke(s.dirty)
	}
	return n
}

// Refuse sets a record aside that the cloud refuses: it goes to the file "refused" with the reason, for
// people to look at, and is not shown again. Each of the two files of refused records holds 1 MiB, the older
// is overwritten. When it cannot be set aside, it is still not shown again until the next boot, and the
// error says why.
func (s *Spool) Refuse(p Position, reason string) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed {
		return ErrClosed
	}
	f, err := s.fetch(p)
	if err != nil {
		return fmt.Errorf("refuse record %v: %w", p, err)
	}
	err = s.setAside(f, reason)
	s.mu.Lock()
	defer s.mu.Unlock()
	sl := s.index.find(p)
	if sl == nil {
		return nil
	}
	if err != nil {
		sl.flag |= parked
		return fmt.Errorf("set refused record %v aside: %w", p, noRoom(err))
	}
	s.end(sl, noteDone)
	s.stats.Refused++
	s.poke(s.dirty)
	return nil
}

// setAside writes f durably to the file "refused", the reason first among its media.
func (s *Spool) setAside(f frame, reason string) error {
	if len(reason) > maxReason {
		reason = reason[:maxReason]
	}
	f.entry.Media = slices.Insert(slices.Clone(f.entry.Media), 0, []byte(reason))
	b := f.encode(refusedSeg)
	if s.refused != nil && s.refSize+int64(len(b)) > maxRefused {
		_ = s.refused.Close()
		s.refused = nil
		if err := s.dir.rename(refusedName, refusedOld); err != nil {
			return err
		}
	}
	if s.refused == nil {
		r, err := s.dir.open(refusedName, false)
		if errors.Is(err, fs.ErrNotExist) {
			r, err = s.dir.open(refusedName, true)
		}
		if err != nil {
			return err
		}
		if s.refSize, err = r.size(); err != nil {
			r.Close()
			return err
		}
		s.refused = r
	}
	if _, err := s.refused.WriteAt(b, s.refSize); err != nil {
		return err
	}
	if err := s.refused.Sync(); err != nil {
		return err
	}
	s.refSize += int64(len(b))
	return s.dir.sync()
}

// Refusal is a record that was set aside.
type Refusal struct {
	Position
	Reason string
	Entry  Entry
}

// Refused returns the records that were set aside and are still kept, the oldest first.
func (s *Spool) Refused() ([]Refusal, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	var out []Refusal
	for _, name := range []string{refusedOld, refusedName} {
		data, err := readFile(s.dir, name, 2*maxRefused)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return out, fmt.Errorf("read refused records: %w", err)
		}
		scan(data, refusedSeg, func(f frame, _, _ int) {
			if m := f.entry.Media; len(m) > 0 {
				out = append(out, Refusal{f.pos, string(m[0]), Entry{f.entry.Record, m[1:]}})
			}
		})
	}
	return out, nil
}

// Gaps returns up to n ranges of records that are gone without a receipt and of which no gap record speaks
// yet. Write one, then call Told; after a crash in between they are in Gaps again.
func (s *Spool) Gaps(n int) []Gap {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.known.gaps[:min(n, len(s.known.gaps))])
}

// Told takes out gaps that a record, appended as urgent, now speaks of.
func (s *Spool) Told(gaps ...Gap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range gaps {
		s.known.note(note{noteTold, g.Range})
	}
	s.poke(s.dirty)
}
