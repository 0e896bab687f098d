//go:build 386 || arm || mips || mipsle

package luma

// lumaWindow is how many bits a look into a table for luma sees. With 11 all tables together take 17 KB; the 12 of other
// architectures save 2 % of the instructions where tables stay the same.
const lumaWindow = 11

// looks is how many looks into a table a refill is enough for.
const looks = 1

// reader reads a stream. It keeps the bits from its position on in a word.
type reader struct {
	word uint32
	at   uint
}

func readerAt(s *stream, pos uint) reader { return reader{s.look(pos), pos} }

// pos returns the position in bits.
func (r reader) pos() uint { return r.at }

func (r reader) refill(s *stream) reader {
	return reader{s.buf[r.at>>4%(bufSize/2)] << (r.at & 15), r.at}
}

// drop goes on by the bits of a table's entry.
func (r reader) drop(entry uint) reader { return reader{r.word, r.at + entry&31} }

// luma returns the window for luma.
func (r reader) luma() uint32 { return r.word >> (32 - lumaWindow) }

// other returns the window for the other components.
func (r reader) other() uint32 { return r.word >> (32 - otherWindow) }
