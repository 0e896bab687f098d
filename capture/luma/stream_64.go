//go:build !(386 || arm || mips || mipsle)

package luma

import (
	"bytes"
	"encoding/binary"
)

const wordBits = 64

type stream struct {
	buf   [bufSize + 8]byte
	n     int    // bytes of the data in buf
	limit uint   // up to this bit an MCU may begin
	src   []byte // what is not unstuffed yet
	ended bool   // nothing is left to unstuff: src begins with a marker or is empty
}

func (s *stream) start(b []byte) uint {
	s.n, s.src, s.ended = 0, b, len(b) == 0
	return s.more(0)
}

// look gives 57 bits or more.
func (s *stream) look(pos uint) uint64 {
	return binary.BigEndian.Uint64(s.buf[pos>>3%bufSize:]) << (pos & 7)
}

func (s *stream) more(pos uint) uint {
	n := copy(s.buf[:], s.buf[pos>>3:s.n])
	for !s.ended && n < filled {
		b := s.src[:min(len(s.src), filled-n)]
		i := bytes.IndexByte(b, 0xFF)
		if i < 0 {
			n += copy(s.buf[n:], b)
			s.src = s.src[len(b):]
			s.ended = len(s.src) == 0
			continue
		}
		n += copy(s.buf[n:], b[:i])
		if s.src = s.src[i:]; s.stuffed() {
			s.buf[n] = 0xFF
			n++
		}
	}
	s.n, s.limit = n, uint(8*(n-maxMCU))
	if s.ended {
		clear(s.buf[n : n+maxMCU])
		s.limit = uint(8 * n)
	}
	return pos & 7
}
