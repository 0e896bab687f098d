package luma

const (
	// maxBlocks is how many blocks an MCU may have (T.81 B.2.3).
	maxBlocks = 10
	// maxMCU is how many bytes an MCU can have, with what a look reads behind it: a block has 64 symbols, which with their
	// extra bits have 31 bits at most.
	maxMCU = maxBlocks*64*31/8 + 8
	// bufSize is how many bytes a stream holds, few enough to stay in the cache: pieces of the data up to about filled
	// bytes, for they grow by several at a time, and room for the zeros behind the last.
	bufSize = 8 << 10
	filled  = bufSize - maxMCU - 16
)

// A stream holds the entropy-coded data of an interval. It takes out the stuffing (T.81 F.1.2.3) a piece at a time and
// puts zeros behind the end, so that who reads meets neither stuffing nor markers, and asks for the next piece and for the
// end only once an MCU: at every bit up to limit an MCU may begin. Its words differ between architectures:
//
//	start(b)   begins the interval at the start of b and returns the position of its first bit
//	look(pos)  returns the bits from pos on, at the top of a word
//	more(pos)  brings the next piece, if there is one, and returns where pos is then
//
// An index into the buffer is taken modulo its length, though it is less: the compiler then leaves out its own test.

// left returns how many bits are left from pos on, or how many at least. The stream is of no more use then.
func (s *stream) left(pos uint) int {
	if !s.ended {
		pos = s.more(pos)
	}
	return 8*s.n - int(pos)
}

// top returns the 16 bits from pos on.
func (s *stream) top(pos uint) uint32 { return uint32(s.look(pos) >> (wordBits - 16)) }

// stuffed takes an FF off src, with what belongs to it. It tells whether that is a byte of the data.
func (s *stream) stuffed() bool {
	switch {
	case len(s.src) < 2: // broken off
		s.src, s.ended = nil, true
	case s.src[1] == 0:
		s.src = s.src[2:]
		s.ended = len(s.src) == 0
		return true
	case s.src[1] == 0xFF: // a fill byte
		s.src = s.src[1:]
	default:
		s.ended = true
	}
	return false
}
