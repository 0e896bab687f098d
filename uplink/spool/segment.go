package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// segment is one file of frames.
type segment struct {
	num       uint32
	f         file
	size      int64  // bytes, up to the end of the last frame
	synced    int64  // bytes that are known to be durable
	live      int    // pending records in it
	liveBytes int64  // of their frames
	minBoot   uint64 // lowest boot of any record in it, pending or not; 0: none
	sealed    bool   // never appended to or synced again
}

func segName(num uint32) string { return fmt.Sprintf("%08d.seg", num) }

// segNum reads a segment's number off its name.
func segNum(name string) (uint32, bool) {
	digits, ok := strings.CutSuffix(name, ".seg")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == refusedSeg || segName(uint32(n)) != name {
		return 0, false
	}
	return uint32(n), true
}

// sees notes that a record of boot is in the segment.
func (g *segment) sees(boot uint64) {
	if g.minBoot == 0 || boot < g.minBoot {
		g.minBoot = boot
	}
}

// rotate starts a new head. The old one must be synced or given up. The name of the new one
// becomes durable with its first sync. turn must be held.
func (s *Spool) rotate() error {
	num := s.nextSeg
	f, err := s.dir.open(segName(num), true)
	if err != nil {
		return fmt.Errorf("start segment: %w", noRoom(err))
	}
	s.nextSeg++
	s.newName = true
	g := &segment{num: num, f: f}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head != nil {
		s.head.sealed = true
	}
	s.head = g
	s.segs[num] = g
	return nil
}

// store writes f at the end of the head, or of a new head when it does not fit, and remembers it until the
// next sync. turn must be held. After an error nothing of f is in the spool.
func (s *Spool) store(f frame) error {
	size := int64(f.entry.size())
	if !s.fits(size) {
		if err := s.syncHead(); err != nil {
			return err
		}
		if !s.fits(size) {
			if err := s.rotate(); err != nil {
				return err
			}
		}
	}
	off, err := s.write(f)
	if err != nil {
		return err
	}
	f.entry = f.entry.clone()
	s.unsynced = append(s.unsynced, staged{f, off})
	s.unsyncN += size
	return nil
}

func (s *Spool) fits(size int64) bool {
	g := s.head
	return g != nil && !g.sealed && (g.size == 0 || g.size+size <= s.opt.segBytes)
}

// write writes f at the end of the head and returns where.
func (s *Spool) write(f frame) (off uint32, err error) {
	g := s.head
	if _, err := g.f.WriteAt(f.encode(g.num), g.size); err != nil {
		// A part of a frame is no frame: what stays of it fails its checksum and is overwritten by the next.
		_ = g.f.Truncate(g.size)
		return 0, fmt.Errorf("write %s: %w", segName(g.num), noRoom(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	off = uint32(g.size)
	g.size += int64(f.entry.size())
	g.sees(f.pos.Boot)
	s.stats.Written += int64(f.entry.size())
	return off, nil
}

// enter notes that a record is pending where it lies. mu must be held.
func (s *Spool) enter(sl *slot) {
	g := s.segs[sl.seg]
	g.live++
	g.liveBytes += int64(sl.size)
}

// leave notes that a record is no longer pending where it lies. mu must be held.
func (s *Spool) leave(sl *slot) {
	g := s.segs[sl.seg]
	g.live--
	g.liveBytes -= int64(sl.size)
}

// end notes that a record is no longer pending at all, and why. mu must be held.
func (s *Spool) end(sl *slot, why noteKind) {
	s.leave(sl)
	s.index.kill(sl)
	if sl.pos.Compare(s.former) <= 0 {
		why = noteDone // nobody is left to be told of a gap
	}
	s.known.note(note{why, Range{sl.pos.Boot, sl.pos.N, sl.pos.N}})
}

// unlink removes a segment's file. turn must be held.
func (s *Spool) unlink(g *segment) error {
	if err := s.dir.remove(segName(g.num)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove segment: %w", noRoom(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.segs, g.num)
	_ = g.f.Close() // everything in it is stored elsewhere or no longer needed
	return nil
}
