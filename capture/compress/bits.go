package compress

import (
	"math/bits"

	"signet/capture/mjpeg"
)

// code is a Huffman code: its length << 16 and its bits.
type code uint32

// codes are the Huffman codes of a component, by symbol.
type codes struct{ dc, ac [256]code }

// standardCodes makes the codes of the standard tables: how many there are of each length, and their symbols
// (T.81 C.2).
func standardCodes() (luma, chroma codes) {
	tables := map[byte]*[256]code{0x00: &luma.dc, 0x10: &luma.ac, 0x01: &chroma.dc, 0x11: &chroma.ac}
	for t := mjpeg.StandardTables(); len(t) > 0; {
		table, counts, symbols := tables[t[0]], t[1:17], t[17:]
		next := code(0)
		for i, n := range counts {
			for _, s := range symbols[:n] {
				table[s] = code(i+1)<<16 | next
				next++
			}
			symbols = symbols[n:]
			next <<= 1
		}
		t = symbols
	}
	return luma, chroma
}

// Symbols of their own.
const (
	endOfBlock = 0x00
	zeros16    = 0xF0
)

// bitWriter writes entropy-coded data.
type bitWriter struct {
	dst  []byte
	bits uint32 // the low n ones are still to be written
	n    uint   // fewer than 16
}

// put writes the low n bits of v, at most 16; the others must be zero.
func (w *bitWriter) put(v uint32, n uint) {
	v |= w.bits << n
	n += w.n
	if n >= 16 {
		n -= 16
		a, b := byte(v>>(n+8)), byte(v>>n)
		if a == 0xFF || b == 0xFF {
			w.stuff(a)
			w.stuff(b)
		} else {
			w.dst = append(w.dst, a, b)
		}
	}
	w.bits, w.n = v, n
}

// stuff writes a byte and, behind 0xFF, the zero that tells it from a marker.
func (w *bitWriter) stuff(b byte) {
	if w.dst = append(w.dst, b); b == 0xFF {
		w.dst = append(w.dst, 0)
	}
}

// symbol writes a code and the bits of the number that belongs to it: if it is negative, those of one less
// (T.81 F.1.2.1).
func (w *bitWriter) symbol(c code, v int32) {
	size, n := sizeOf(v), uint(c>>16)
	extra := uint32(v+v>>31) & (1<<size - 1)
	if n+size <= 16 {
		w.put(uint32(c&0xFFFF)<<size|extra, n+size)
		return
	}
	w.put(uint32(c&0xFFFF), n)
	w.put(extra, size)
}

// block quantises and writes the coefficients of a block, of which the first is coded against that of the block
// before it. It returns the first one.
func (w *bitWriter) block(b *[64]int32, q *quantiser, c *codes, before int32) int32 {
	first := q.divide(b[0], 0)
	diff := first - before
	w.symbol(c.dc[sizeOf(diff)], diff)

	last := 0
	for left := q.nonzero(b); left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		v := q.divide(b[zigzag[i]], i)
		run := i - last - 1
		for ; run > 15; run -= 16 {
			w.symbol(c.ac[zeros16], 0)
		}
		w.symbol(c.ac[uint(run)<<4|sizeOf(v)&15], v)
		last = i
	}
	if last < 63 {
		w.symbol(c.ac[endOfBlock], 0)
	}
	return first
}

// sizeOf is how many bits the magnitude of v has.
func sizeOf(v int32) uint { return uint(bits.Len32(uint32(max(v, -v)))) }

// end fills up the last byte with ones and closes the image.
func (w *bitWriter) end() []byte {
	if pad := (8 - w.n%8) % 8; pad > 0 {
		w.put(1<<pad-1, pad)
	}
	if w.n == 8 {
		w.stuff(byte(w.bits))
	}
	return append(w.dst, 0xFF, mjpeg.EOI)
}
