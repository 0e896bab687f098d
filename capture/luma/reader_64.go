//go:build !(386 || amd64 || arm || mips || mipsle)

package luma

import "encoding/binary"

// lumaWindow is how many bits a look into a table for luma sees. All tables together take 29 KB.
const lumaWindow = 12

// looks is how many looks into a table, of 27 bits at most, a refill is enough for.
const looks = 2

// reader reads a stream. It keeps the bits from its position on in a word.
type reader struct {
	word uint64
	at   uint
}

func readerAt(s *stream, pos uint) reader { return reader{s.look(pos), pos} }

// pos returns the position in bits.
func (r reader) pos() uint { return r.at }

func (r reader) refill(s *stream) reader {
	return reader{binary.BigEndian.Uint64(s.buf[r.at>>3%bufSize:]) << (r.at & 7), r.at}
}

// drop goes on by the bits of a table's entry.
func (r reader) drop(entry uint) reader { return reader{r.word << (entry & 31), r.at + entry&31} }

// luma returns the window for luma.
func (r reader) luma() uint64 { return r.word >> (64 - lumaWindow) }

// other returns the window for the other components.
func (r reader) other() uint64 { return r.word >> (64 - otherWindow) }
