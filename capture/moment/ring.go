package moment

import (
	"iter"
	"time"

	"signet/capture"
)

// Ring keeps the youngest frames of one stream, compressed, in one block of memory that grows to a
// bound and is then reused. It always begins with a key frame. It is not for concurrent use.
type Ring struct {
	max   int
	buf   []byte // frames one behind the other; none is split
	slots []slot // ring of frames in buf
	first int    // index of the oldest in slots
	n     int    // frames
	tail  int    // where the next frame goes in buf
}

type slot struct {
	off, size     int
	seq           uint64
	at            capture.Mono
	format        capture.Format
	width, height int
	key           bool
}

// NewRing returns a ring that holds at most maxBytes of frames.
func NewRing(maxBytes int) *Ring { return &Ring{max: maxBytes} }

// Len returns the number of frames, Bytes the memory they may take until more is needed.
func (r *Ring) Len() int   { return r.n }
func (r *Ring) Bytes() int { return len(r.buf) }

// Reset forgets all frames and keeps the memory.
func (r *Ring) Reset() { r.first, r.n, r.tail = 0, 0, 0 }

// Push copies f into the ring and drops what is not needed to show the time keep before it: H.264
// needs the key frame before that, too. It is false when f was not taken: it is larger than the ring,
// or it is a delta frame and the ring holds no key frame for it.
func (r *Ring) Push(f *capture.Frame, keep time.Duration) bool {
	r.expire(f.Mono.Add(-keep))
	size := len(f.Data)
	if size > r.max || r.n == 0 && !f.Key {
		return false
	}
	off, ok := r.room(size)
	for !ok {
		if !r.grow(size) {
			r.drop()
			if r.n == 0 && !f.Key {
				return false
			}
		}
		off, ok = r.room(size)
	}
	copy(r.buf[off:], f.Data)
	if r.n == len(r.slots) {
		r.more()
	}
	r.slots[(r.first+r.n)%len(r.slots)] = slot{
		off: off, size: size, seq: f.Seq, at: f.Mono, format: f.Format,
		width: f.Width, height: f.Height, key: f.Key,
	}
	r.n++
	r.tail = off + size
	return true
}

// From yields the frames from the last key frame at or before the moment on, or all when they are
// younger. A frame is valid until the next Push; it must not be written to.
func (r *Ring) From(at capture.Mono) iter.Seq[*capture.Frame] {
	return func(yield func(*capture.Frame) bool) {
		start := 0
		for i := range r.n {
			if s := r.slot(i); s.key && s.at <= at {
				start = i
			}
		}
		var f capture.Frame
		for i := start; i < r.n; i++ {
			s := r.slot(i)
			f = capture.Frame{
				Seq: s.seq, Mono: s.at, Format: s.format, Width: s.width, Height: s.height, Key: s.key,
				Data: r.buf[s.off : s.off+s.size : s.off+s.size],
			}
			if !yield(&f) {
				return
			}
		}
	}
}

func (r *Ring) slot(i int) *slot { return &r.slots[(r.first+i)%len(r.slots)] }

// expire drops frames while a later key frame is at or before the moment.
func (r *Ring) expire(at capture.Mono) {
	start := 0
	for i := 1; i < r.n; i++ {
		s := r.slot(i)
		if s.at > at {
			break
		}
		if s.key {
			start = i
		}
	}
	r.cut(start)
}

// drop makes room: the oldest key frame goes, with all that need it.
func (r *Ring) drop() {
	i := 1
	for i < r.n && !r.slot(i).key {
		i++
	}
	r.cut(i)
}

func (r *Ring) cut(n int) {
	if n == 0 {
		return
	}
	r.first = (r.first + n) % len(r.slots)
	if r.n -= n; r.n == 0 {
		r.tail = 0
	}
}

// room finds size bytes behind the youngest frame or, where the block ends, before the oldest.
func (r *Ring) room(size int) (off int, ok bool) {
	if r.n == 0 {
		return 0, size <= len(r.buf)
	}
	head := r.slot(0).off
	if r.tail > head {
		if size <= len(r.buf)-r.tail {
			return r.tail, true
		}
		return 0, size <= head
	}
	return r.tail, size <= head-r.tail
}

// grow doubles the block, to the bound at most, with all frames moved to its start. It is false at
// the bound.
func (r *Ring) grow(size int) bool {
	if len(r.buf) >= r.max {
		return false
	}
	buf := make([]byte, min(r.max, max(2*len(r.buf), 4*size, 64<<10)))
	at := 0
	for i := range r.n {
		s := r.slot(i)
		copy(buf[at:], r.buf[s.off:s.off+s.size])
		s.off = at
		at += s.size
	}
	r.buf, r.tail = buf, at
	return true
}

// more makes place for further slots.
func (r *Ring) more() {
	slots := make([]slot, max(64, 2*len(r.slots)))
	for i := range r.n {
		slots[i] = *r.slot(i)
	}
	r.slots, r.first = slots, 0
}
