package luma

// otherWindow is how many bits a look into a table for components other than luma sees, as lumaWindow is for luma. Their
// blocks have 6 to 9 bits on average.
const otherWindow = 10

// Entries of the fast tables hold how many bits to drop (bits 0-7) and how far to advance in the block's zigzag order
// (bits 8-15); an entry of a startTable also holds the DC difference (bits 16-31).
const (
	endOfBlock = 128 // added to the advance: the block ends after it
	escape     = 255 // instead of the advance: one symbol at a time from here
	// packed is how far the symbols of one entry may advance together, so that what begins at coefficient 1 ends
	// within the block, an end-of-block symbol included.
	packed = 62
)

// lumaTables are the fast tables for a pair of Huffman tables, for blocks whose DC difference is needed.
type lumaTables struct {
	start [1 << lumaWindow]uint32 // the DC difference and the first AC symbols
	ac    [2 << lumaWindow]uint16
}

// all returns the tables of the whole window.
func (t *lumaTables) all() (start *[1 << lumaWindow]uint32, ac *[1 << lumaWindow]uint16) {
	return &t.start, (*[1 << lumaWindow]uint16)(t.ac[1<<lumaWindow:])
}

func (t *lumaTables) build(dc, ac *huffman) { pack(t.start[:], t.ac[:], lumaWindow, dc, ac) }

// otherTables are the fast tables for a pair of Huffman tables, for blocks of other components.
type otherTables struct {
	start [1 << otherWindow]uint32
	ac    [2 << otherWindow]uint16
}

// all returns the tables of the whole window.
func (t *otherTables) all() (start *[1 << otherWindow]uint32, ac *[1 << otherWindow]uint16) {
	return &t.start, (*[1 << otherWindow]uint16)(t.ac[1<<otherWindow:])
}

func (t *otherTables) build(dc, ac *huffman) { pack(t.start[:], t.ac[:], otherWindow, dc, ac) }

// pack fills the tables for a window.
func pack(start []uint32, next []uint16, window int, dc, ac *huffman) {
	packAC(next, window, ac, min(dc.least(), ac.least()))
	rest := start
	symbols := dc.spec[16:]
	for i, n := range dc.spec[:window] {
		span := 1 << (window - 1 - i)
		for _, symbol := range symbols[:n] {
			out := rest[:span]
			rest = rest[span:]
			used := i + 1 + int(symbol)
			if used > window {
				clear(out)
				continue
			}
			after := next[1<<(window-used) : 2<<(window-used)]
			for bits := range uint32(1) << symbol {
				entry := uint32(extend(bits, uint(symbol)))<<16 | uint32(1<<8|used)
				part := out[:len(after)]
				for j, e := range after {
					part[j] = entry + uint32(e)
				}
				out = out[len(after):]
			}
		}
		symbols = symbols[n:]
	}
	clear(rest)
}

// packAC makes a table that tells what the next AC symbols are, as many as stand whole in a window; of the last one the
// extra bits, which carry nothing that is needed, may reach beyond.
//
// t is a table for every window from 0 bits to the full one, that of n bits from entry 1<<n on: what follows a symbol
// within a window is what a smaller window sees. So a table is made of copies of smaller ones.
func packAC(t []uint16, window int, ac *huffman, least int) {
	for bits := range window + 1 {
		if bits < window && bits > window-least {
			continue // nothing is so short that so much is left
		}
		rest := t[1<<bits : 2<<bits]
		symbols := ac.spec[16:]
		for i, n := range ac.spec[:bits] {
			span := 1 << (bits - 1 - i)
			for _, symbol := range symbols[:n] {
				out := rest[:span]
				rest = rest[span:]
				run, size := int(symbol>>4), int(symbol&15)
				if used := i + 1 + size; size == 0 && run != 15 {
					fill16(out, uint16(endOfBlock<<8|used))
				} else {
					level := max(bits-used, 0)
					tile(out, t[1<<level:2<<level], uint16((run+1)<<8|used))
				}
			}
			symbols = symbols[n:]
		}
		if bits < window {
			clear(rest) // codes that are longer, or none
		} else {
			fill16(rest, escape<<8)
		}
	}
}

// tile fills out with what comes of entry and then the entries after, over and over.
func tile(out, after []uint16, entry uint16) {
	if len(after) == 1 {
		fill16(out, entry)
		return
	}
	first := out[:len(after)]
	for i, e := range after {
		if e += entry; e>>8&(endOfBlock-1) > packed {
			e = entry
		}
		first[i] = e
	}
	repeat(out, len(after))
}

// fill16 sets all of t to e.
func fill16(t []uint16, e uint16) {
	first := t[:min(len(t), 8)]
	for i := range first {
		first[i] = e
	}
	repeat(t, len(first))
}

// repeat copies the first n entries of t over the others.
func repeat(t []uint16, n int) {
	for n < len(t) {
		n += copy(t[n:], t[:n])
	}
}
