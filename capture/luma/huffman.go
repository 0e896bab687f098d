package luma

import (
	"bytes"
	"fmt"

	"signet/capture/mjpeg"
)

// huffman is one Huffman table as a DHT segment gives it, for decoding one symbol at a time.
type huffman struct {
	spec    [16 + 256]byte // counts by length, then symbols: what the table was built from
	symbols int            // 0: no table
	// For codes of n+1 bits, left-aligned in 16 bits: codes below limit[n] have at most that length, and
	// spec[16+(code>>(15-n))+offset[n]] is the symbol.
	limit  [16]uint32
	offset [16]int32
	// The codes that are not long, for Small; made when it is called.
	short   *shortTable
	indexed bool
}

// set takes the table at the start of b, unless it is the one already set. It returns the length of the
// table and whether anything changed.
func (h *huffman) set(b []byte) (n int, changed bool, err error) {
	if len(b) < 16 {
		return 0, false, fmt.Errorf("%w: short Huffman table", mjpeg.ErrTorn)
	}
	symbols := 0
	for _, c := range b[:16] {
		symbols += int(c)
	}
	n = 16 + symbols
	if symbols == 0 || symbols > 256 || len(b) < n {
		return 0, false, fmt.Errorf("%w: Huffman table of %d symbols", mjpeg.ErrTorn, symbols)
	}
	if h.symbols == symbols && bytes.Equal(h.spec[:n], b[:n]) {
		return n, false, nil
	}
	h.symbols = 0
	copy(h.spec[:], b[:n])
	code, at := uint32(0), int32(0)
	for i, c := range b[:16] {
		h.offset[i] = at - int32(code)
		code += uint32(c)
		at += int32(c)
		if code > 1<<(i+1) {
			return 0, true, fmt.Errorf("%w: Huffman table with too many codes of %d bits", mjpeg.ErrTorn, i+1)
		}
		h.limit[i] = code << (15 - i)
		code <<= 1
	}
	h.symbols, h.indexed = symbols, false
	return n, true, nil
}

// shortBits is how long the codes are that a shortTable knows.
const shortBits = 9

// shortTable holds symbol<<8 | length of the code at the top of so many bits; 0 if it is longer.
type shortTable [1 << shortBits]uint16

// index makes short.
func (h *huffman) index() {
	if h.indexed {
		return
	}
	if h.short == nil {
		h.short = new(shortTable)
	}
	rest, symbols := h.short[:], h.spec[16:]
	for i, c := range h.spec[:shortBits] {
		span := 1 << (shortBits - 1 - i)
		for range c {
			fill16(rest[:span], uint16(symbols[0])<<8|uint16(i+1))
			rest, symbols = rest[span:], symbols[1:]
		}
	}
	clear(rest)
	h.indexed = true
}

// least returns the length of the shortest code.
func (h *huffman) least() int {
	i := 0
	for i < 15 && h.spec[i] == 0 {
		i++
	}
	return i + 1
}

// next returns the symbol whose code stands at the top of bits16, and the code's length; 0 if there is none.
func (h *huffman) next(bits16 uint32) (symbol byte, length uint) {
	for i, limit := range h.limit {
		if bits16 < limit {
			return h.spec[16+int32(bits16>>(15-i))+h.offset[i]], uint(i + 1)
		}
	}
	return 0, 0
}

// extend turns the size extra bits of a DC symbol into a signed difference (T.81 F.2.2.1).
func extend(bits uint32, size uint) int32 {
	if size == 0 || bits>>(size-1) != 0 {
		return int32(bits)
	}
	return int32(bits) - int32(1)<<size + 1
}
