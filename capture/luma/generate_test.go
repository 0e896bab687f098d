package luma

import (
	"math/rand/v2"
	"slices"
)

// generated is a JPEG of random tables and symbols, as no encoder makes them, whose 1/8-scale luma is known.
type generated struct {
	img      []byte
	from, to int // the entropy-coded data
	w, h     int // cells
	cells    []int16
	chroma   [2][]int16 // where there are three components: the last blocks of the MCUs in which 16x16 pixels begin
}

// component is one of the image: its sampling and its Huffman tables.
type component struct{ across, down, dc, ac int }

// layouts are how cameras sample, and some ways that no camera uses.
var layouts = map[string][]component{
	"grey":         {{1, 1, 0, 0}},
	"444":          {{1, 1, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}},
	"422":          {{2, 1, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}},
	"420":          {{2, 2, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}},
	"440":          {{1, 2, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}},
	"411":          {{4, 1, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}},
	"422, ffmpeg":  {{2, 2, 0, 0}, {1, 2, 1, 1}, {1, 2, 1, 1}},
	"one table":    {{2, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}},
	"other DC":     {{2, 1, 0, 2}, {1, 1, 1, 1}, {1, 1, 2, 1}},
	"other AC":     {{2, 1, 0, 2}, {1, 1, 1, 1}, {1, 1, 1, 0}},
	"four colours": {{1, 1, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 0, 0}},
}

// tables are the Huffman tables of an image.
type tables struct{ dc, ac [3]code }

// randomTables makes tables. With ones their codes may be all ones, which the standard forbids.
func randomTables(rng *rand.Rand, ones bool) (t tables) {
	for i := range t.dc {
		t.dc[i] = randomCode(rng, dcSymbols(rng), ones)
		t.ac[i] = randomCode(rng, acSymbols(rng), ones)
	}
	return t
}

// generate makes an image of w x h pixels.
func generate(rng *rand.Rand, layout []component, t tables, w, h int) generated {
	quant := 1 + rng.IntN(40)
	across, down := layout[0].across, layout[0].down
	mcuW, mcuH := (w+8*across-1)/(8*across), (h+8*down-1)/(8*down)
	restart := 0
	if rng.IntN(3) == 0 {
		restart = 1 + rng.IntN(2*mcuW)
	}

	g := generated{w: (w + 7) / 8, h: (h + 7) / 8}
	g.cells = make([]int16, g.w*g.h)
	g.img = headers(layout, t, w, h, quant, restart)
	g.from = len(g.img)
	var bits bitWriter
	pred := make([]int, len(layout))
	cw, ch := (g.w+1)/2, (g.h+1)/2
	if len(layout) == 3 {
		g.chroma = [2][]int16{make([]int16, cw*ch), make([]int16, cw*ch)}
	}
	for mcu := range mcuW * mcuH {
		if restart > 0 && mcu > 0 && mcu%restart == 0 {
			g.img = append(append(g.img, bits.flush()...), 0xFF, 0xD0+byte(mcu/restart-1)%8)
			clear(pred)
		}
		for i, c := range layout {
			for b := range c.across * c.down {
				limit := 1000 / quant
				pred[i] += bits.difference(rng, t.dc[c.dc], pred[i], limit)
				bits.rest(rng, t.ac[c.ac])
				x, y := mcu%mcuW*across+b%c.across, mcu/mcuW*down+b/c.across
				if i == 0 && x < g.w && y < g.h {
					g.cells[y*g.w+x] = int16(pred[0] * quant)
				}
			}
		}
		for i := range g.chroma {
			for at := range g.chroma[i] {
				if at%cw*2/across == mcu%mcuW && at/cw*2/down == mcu/mcuW {
					g.chroma[i][at] = int16(pred[1+i] * quant)
				}
			}
		}
	}
	g.img = append(g.img, bits.flush()...)
	g.to = len(g.img)
	g.img = append(g.img, 0xFF, 0xD9)
	return g
}

func headers(layout []component, t tables, w, h, quant, restart int) []byte {
	b := []byte{0xFF, 0xD8}
	segment := func(marker byte, payload ...byte) {
		n := len(payload) + 2
		b = append(append(b, 0xFF, marker, byte(n>>8), byte(n)), payload...)
	}
	segment(0xDB, append([]byte{0}, slices.Repeat([]byte{byte(quant)}, 64)...)...)
	sof := []byte{8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(len(layout))}
	sos := []byte{byte(len(layout))}
	for i, c := range layout {
		sof = append(sof, byte(i+1), byte(c.across<<4|c.down), 0)
		sos = append(sos, byte(i+1), byte(c.dc<<4|c.ac))
	}
	segment(0xC1, sof...) // extended sequential: baseline has two tables of a kind
	for i := range t.dc {
		segment(0xC4, append([]byte{byte(i)}, t.dc[i].spec...)...)
		segment(0xC4, append([]byte{byte(0x10 | i)}, t.ac[i].spec...)...)
	}
	segment(0xDD, byte(restart>>8), byte(restart))
	segment(0xDA, append(sos, 0, 63, 0)...)
	return b
}

// code is a Huffman code.
type code struct {
	spec    []byte // as in a DHT segment
	symbols []byte
	bits    [256]uint32
	length  [256]int
}

// randomCode gives each symbol a code: a tree is grown where chance wants it, deeper than any encoder would.
func randomCode(rng *rand.Rand, symbols []byte, ones bool) code {
	leaves := len(symbols) + 1
	if ones && len(symbols) > 1 {
		leaves--
	}
	depths := []int{0}
	favour := rng.IntN(3)
	for len(depths) < leaves {
		i := rng.IntN(len(depths))
		if favour > 0 {
			i = max(i, rng.IntN(len(depths))) // the youngest, which are deep
		}
		if depths[i] < 16 {
			depths[i]++
			depths = append(depths, depths[i])
		}
	}
	slices.Sort(depths)
	return newCode(symbols, depths)
}

// newCode gives each symbol a code of a length; the lengths rise.
func newCode(symbols []byte, depths []int) code {
	c := code{spec: make([]byte, 16), symbols: symbols}
	next, length := uint32(0), depths[0]
	for i, s := range symbols {
		next <<= depths[i] - length
		length = depths[i]
		c.bits[s], c.length[s] = next, length
		next++
		c.spec[length-1]++
		c.spec = append(c.spec, s)
	}
	return c
}

// dcSymbols has no difference at all and some others.
func dcSymbols(rng *rand.Rand) []byte {
	s := []byte{0}
	for size := byte(1); size <= 11; size++ {
		if rng.IntN(3) > 0 {
			s = append(s, size)
		}
	}
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}

// acSymbols has the end of the block and some others, of long runs more often than not.
func acSymbols(rng *rand.Rand) []byte {
	if rng.IntN(4) == 0 { // few, so that a window holds several of the longest runs
		return []byte{0xF0, 0xF1, 0xE1, 0xD1, 0}[rng.IntN(3):]
	}
	s := []byte{0}
	n := 1 + rng.IntN(1+rng.IntN(160))
	for _, v := range rng.Perm(256) {
		run, size := v>>4, v&15
		if size == 0 && run != 15 || size > 10 {
			continue
		}
		if n--; n < 0 {
			break
		}
		s = append(s, byte(v))
	}
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}

// bitWriter writes entropy-coded data.
type bitWriter struct {
	out []byte
	acc uint32
	n   int
}

func (w *bitWriter) put(bits uint32, n int) {
	for n--; n >= 0; n-- {
		w.acc = w.acc<<1 | bits>>n&1
		if w.n++; w.n == 8 {
			w.out = append(w.out, byte(w.acc))
			if byte(w.acc) == 0xFF {
				w.out = append(w.out, 0)
			}
			w.n, w.acc = 0, 0
		}
	}
}

// flush fills the last byte up with ones and returns what was written.
func (w *bitWriter) flush() []byte {
	for w.n > 0 {
		w.put(1, 1)
	}
	out := w.out
	*w = bitWriter{}
	return out
}

// difference writes a DC difference that keeps the value within the limit, and returns it.
func (w *bitWriter) difference(rng *rand.Rand, c code, from, limit int) int {
	for range 20 {
		size := int(c.symbols[rng.IntN(len(c.symbols))])
		if size == 0 {
			break
		}
		bits := rng.IntN(1 << size)
		diff := bits
		if bits>>(size-1) == 0 {
			diff -= 1<<size - 1
		}
		if to := from + diff; to < -limit || to > limit {
			continue
		}
		w.put(c.bits[size], c.length[size])
		w.put(uint32(bits), size)
		return diff
	}
	w.put(c.bits[0], c.length[0])
	return 0
}

// rest writes the AC symbols of a block.
func (w *bitWriter) rest(rng *rand.Rand, c code) {
	for k := 1; k < 64; {
		s := c.symbols[rng.IntN(len(c.symbols))]
		if rng.IntN(8) == 0 || k+int(s>>4)+1 > 64 {
			s = 0
		}
		w.put(c.bits[s], c.length[s])
		if s == 0 {
			return
		}
		w.put(rng.Uint32(), int(s&15))
		k += int(s>>4) + 1
	}
}
