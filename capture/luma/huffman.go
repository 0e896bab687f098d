package luma

import (
	"bytes"
	"fmt"

	"signet/capture/mjpeg"
)

// window is how many bits one look into a table sees. 12 hold most codes together with their extra bits,
// often two or three of them, and keep the tables within a small core's first-level cache.
const window = 12

// huffman is one Huffman table as a DHT segment gives it, for decoding one symbol at a time.
type huffman struct {
	spec    [16 + 256]byte // counts by length, then symbols: what the table was built from
	symbols int            // 0: no table
	// For codes of n+1 bits, left-aligned in 16 bits: codes below limit[n] have at most that length, and
	// spec[16+(code>>(15-n))+offset[n]] is the symbol.
	limit  [16]uint32
	offset [16]int32
	// short[w] is symbol<<8 | length of the code at the top of window w; 0 if it is longer than the window.
	short *[1 << window]uint16
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
	h.symbols = symbols
	h.index()
	return n, true, nil
}

// index fills short, a run of equal entries for each code.
func (h *huffman) index() {
	if h.short == nil {
		h.short = new([1 << window]uint16)
	}
	rest, symbols := h.short[:], h.spec[16:]
	for i, c := range h.spec[:window] {
		span := 1 << (window - 1 - i)
		for range c {
			entry := uint16(symbols[0])<<8 | uint16(i+1)
			for j := range rest[:span] {
				rest[j] = entry
			}
			rest, symbols = rest[span:], symbols[1:]
		}
	}
	clear(rest)
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

// Entries of the fast tables hold how many bits to drop (bits 0-7) and how far to advance in the block's
// zigzag order (bits 8-15); an entry of a block-start table also holds the DC difference (bits 16-31).
const (
	endOfBlock = 128 // added to the advance: the block ends after it
	escape     = 255 // instead of the advance: one symbol at a time from here
)

// acTable tells what the next AC symbols are, by the next window bits.
type acTable [1 << window]uint16

// build packs, for each window, as many AC symbols as begin in it. An entry may drop more bits than the
// window has: extra bits carry nothing that is needed.
func (t *acTable) build(ac *huffman) {
	for w := range t {
		drop, advance := packAC(ac, uint32(w), 0, 63)
		t[w] = uint16(advance<<8 | drop)
		if drop == 0 {
			t[w] = escape << 8
		}
	}
}

// packAC reads AC symbols from a window of which drop bits are used already, up to room coefficients.
func packAC(ac *huffman, w uint32, drop, room uint) (dropped, advance uint) {
	for drop < window {
		e := uint(ac.short[w<<drop&(1<<window-1)])
		length, size, run := e&0xFF, e>>8&15, e>>12
		if length == 0 || drop+length > window {
			break
		}
		if size == 0 && run != 15 {
			if advance < room { // a full block has no end-of-block symbol: this is the next block
				drop += length
				advance += endOfBlock
			}
			break
		}
		if advance+run+1 > room {
			break
		}
		drop += length + size
		advance += run + 1
	}
	return drop, advance
}

// startTable tells, by the next window bits, the DC difference and the first AC symbols of a block.
type startTable [1 << window]uint32

func (t *startTable) build(dc, ac *huffman) {
	for w := range t {
		t[w] = escape << 8
		e := uint(dc.short[w])
		length, size := e&0xFF, e>>8
		drop := length + size
		if length == 0 || size > 11 || drop > window {
			continue
		}
		diff := extend(uint32(w)>>(window-drop)&(1<<size-1), size)
		drop, advance := packAC(ac, uint32(w), drop, 63)
		t[w] = uint32(uint16(diff))<<16 | uint32(advance<<8|drop)
	}
}

// extend turns the size extra bits of a DC symbol into a signed difference (T.81 F.2.2.1).
func extend(bits uint32, size uint) int32 {
	if size == 0 || bits>>(size-1) != 0 {
		return int32(bits)
	}
	return int32(bits) - int32(1)<<size + 1
}
