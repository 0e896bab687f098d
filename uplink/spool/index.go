package spool

import "slices"

// slot says where a pending record lies: 32 bytes of memory for each.
type slot struct {
	pos  Position
	seg  uint32
	off  uint32 // bytes from the start of the segment
	size uint32 // bytes of the frame
	flag slotFlag
}

type slotFlag uint8

const (
	urgent slotFlag = 1 << iota
	dead            // no longer pending; swept out later
	parked          // pending but not shown until the next boot: could not be set aside
)

// shown reports whether a reader may see the record.
func (sl *slot) shown() bool { return sl.flag&(dead|parked) == 0 }

// index is the pending records that are durable, in the order of their positions.
type index struct {
	slots []slot
	dead  int
}

// live is the number of pending records.
func (x *index) live() int { return len(x.slots) - x.dead }

// from returns the place of the first slot that is at p or after it.
func (x *index) from(p Position) int {
	i, _ := slices.BinarySearchFunc(x.slots, p, func(s slot, p Position) int { return s.pos.Compare(p) })
	return i
}

// find returns the pending record at p, or nil.
func (x *index) find(p Position) *slot {
	i := x.from(p)
	if i == len(x.slots) || x.slots[i].pos != p || x.slots[i].flag&dead != 0 {
		return nil
	}
	return &x.slots[i]
}

// kill marks a slot as no longer pending. The slot stays in place until sweep.
func (x *index) kill(s *slot) {
	s.flag |= dead
	x.dead++
}

// sweep frees the memory of dead slots once they are the most.
func (x *index) sweep() {
	if x.dead < 64 || x.dead < len(x.slots)/2 {
		return
	}
	x.slots = slices.DeleteFunc(x.slots, func(s slot) bool { return s.flag&dead != 0 })
	if cap(x.slots) > 4*len(x.slots)+256 {
		x.slots = slices.Clone(x.slots)
	}
	x.dead = 0
}
