package luma

import "encoding/binary"

// lumaWindow is how many bits a look into a table for luma sees. All tables together take 29 KB.
const lumaWindow = 12

// looks is how many looks into a table, of 27 bits at most, a refill is enough for.
const looks = 2

// reader reads a stream. It keeps n bits in a word, and below them bits that the next refill brings again. Where that loads
// from is known before the last look is done, which a position in bits is not: a seventh of the time less.
type reader struct {
	word uint64
	n    uint
	next uint // byte after the n bits
}

func readerAt(s *stream, pos uint) reader {
	return reader{s.look(pos), 56 - pos&7, pos>>3 + 7}.refill(s)
}

// pos returns the position in bits.
func (r reader) pos() uint { return 8*r.next - r.n }

func (r reader) refill(s *stream) reader {
	return reader{
		r.word | binary.BigEndian.Uint64(s.buf[r.next%bufSize:])>>(r.n&63),
		r.n | 56,
		r.next + (63-r.n)>>3,
	}
}

// drop goes on by the bits of a table's entry.
func (r reader) drop(entry uint) reader {
	return reader{r.word << (entry & 31), r.n - entry&31, r.next}
}

// luma returns the window for luma.
func (r reader) luma() uint64 { return r.word >> (64 - lumaWindow) }

// other returns the window for the other components.
func (r reader) other() uint64 { return r.word >> (64 - otherWindow) }
