//go:build 386 || arm || mips || mipsle

package luma

const wordBits = 32

// On 32-bit ARM Go loads no words from odd addresses. So every two bytes of the data begin a word of four, and a look is
// one load. Before the data stand two bytes of nothing, so that there always is a last word to go on from.
type stream struct {
	buf   [bufSize / 2]uint32
	n     int    // bytes of the data in buf
	limit uint   // up to this bit an MCU may begin
	src   []byte // what is not unstuffed yet
	ended bool   // nothing is left to unstuff: src begins with a marker or is empty
}

func (s *stream) start(b []byte) uint {
	s.buf[0], s.n, s.src, s.ended = 0, 2, b, false
	return s.more(16)
}

// look gives 17 bits or more.
func (s *stream) look(pos uint) uint32 { return s.buf[pos>>4%(bufSize/2)] << (pos & 15) }

func (s *stream) more(pos uint) uint {
	from := min(int(pos>>4), s.n/2-1)
	at := copy(s.buf[:], s.buf[from:s.n/2]) - 1 // the last word, which lacks its lower half
	last := s.buf[at] >> 16
	odd := 0
	for !s.ended && at < filled/2 {
		at, last = s.plain(at, last)
		high, ok := s.next()
		if !ok {
			break
		}
		low, ok := s.next()
		if !ok {
			odd = 1
		}
		last = last<<16 | uint32(high)<<8 | uint32(low)
		s.buf[at] = last
		at++
	}
	s.buf[at] = last << 16
	s.n = 2*(at+1) - odd
	s.limit = uint(8 * (s.n - maxMCU))
	if s.ended {
		clear(s.buf[at+1:][:maxMCU/2])
		s.limit = uint(8 * s.n)
	}
	return pos - 16*uint(from)
}

// plain unstuffs eight bytes at a time for as long as none of them is FF.
func (s *stream) plain(at int, last uint32) (int, uint32) {
	src := s.src
	for len(src) >= 8 && at < filled/2 {
		v := uint32(src[0])<<24 | uint32(src[1])<<16 | uint32(src[2])<<8 | uint32(src[3])
		w := uint32(src[4])<<24 | uint32(src[5])<<16 | uint32(src[6])<<8 | uint32(src[7])
		// Adding one to each byte takes the topmost bit away from FF, and perhaps, by a carry, from FE above an FF.
		if (v&^(v+0x01010101)|w&^(w+0x01010101))&0x80808080 != 0 {
			break
		}
		out := s.buf[at : at+4 : at+4]
		out[0] = last<<16 | v>>16
		out[1] = v
		out[2] = v<<16 | w>>16
		out[3] = w
		last = w
		at += 4
		src = src[8:]
	}
	s.src = src
	return at, last
}

// next takes a byte of the data off src.
func (s *stream) next() (b byte, ok bool) {
	for !s.ended && len(s.src) > 0 {
		if b := s.src[0]; b != 0xFF {
			s.src = s.src[1:]
			return b, true
		}
		if s.stuffed() {
			return 0xFF, true
		}
	}
	s.ended = true
	return 0, false
}
