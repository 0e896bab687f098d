package motion

// bands takes the flicker of mains light out of the pictures. A lamp swells and fades twice in a period of the mains, and
// a sensor reads its rows one after another: the rows of one picture are lit differently, and as the frame rate does not
// quite divide the light's, bands wander over the picture.
//
// Each row of cells is brought to the light in which the model knows it, by the median of what its cells changed by in
// proportion. That is done only where the rows say so together: in nearly all of them most cells agree, and from row to
// row the light changes, up and down again, but not abruptly. Whatever moves covers neither most of a row nor most rows.
type bands struct {
	w, h    int
	factor  []int32    // of the light, by row, less one; x bandOne
	known   []bool     // most cells of the row agree on it
	highest int32      // of the factors that are known
	steps   [256]int32 // of a change by one unit of the plane, x65536, by the grey level of the model
	hist    [bandSteps]uint16
	out     []int16
}

const (
	bandOne    = 1 << 12
	bandStep   = bandOne / 64 // of the histogram
	bandSteps  = 96           // in it; the middle is no change
	bandNear   = 2            // steps from the median within which a cell agrees
	leastCells = 16           // of a row that are neither black nor white, else it is not known
	leastLook  = 2 * grey     // between the means of rows
	leastSwing = bandOne / 32 // between the light of rows
	mostSlope  = bandOne / 5  // from one row to the next
	leastTurns = 2            // of the light, from the first row to the last

	black  = 128 * grey         // cells are so much above black
	dark   = 24 * grey          // above black: darker cells follow the light too little
	bright = 225 * grey         // above black: a cell that should be brighter holds, perhaps, pixels that are white
	white  = (250 - 128) * grey // a cell that is brighter does not tell of the light
)

func (b *bands) resize(w, h int) {
	b.w, b.h = w, h
	b.factor, b.known = make([]int32, h), make([]bool, h)
	b.out = make([]int16, w*h)
	for l := range b.steps {
		b.steps[l] = bandOne / bandStep << 16 / int32(l*grey+grey/2)
	}
}

// take returns the picture without bands; that is pix itself where there are none.
func (b *bands) take(pix []int16, m *model) []int16 {
	if !b.suspects(pix, m) || !b.measure(pix, m) {
		return pix
	}
	b.fill()
	for y, f := range b.factor {
		k := bandOne * bandOne / (bandOne + f)
		most := f // that the light has risen by
		if !b.known[y] {
			most = b.highest
		}
		out, mean := b.out[y*b.w:][:b.w], m.mean[y*b.w:][:b.w]
		for x, v := range pix[y*b.w:][:b.w] {
			now, was := int32(v)+black, mean[x]>>8+black
			flat := (now*k + bandOne/2) / bandOne
			if most > 0 && was*(bandOne+most)/bandOne > bright { // it cannot get as bright as the light asks for
				flat = max(now*bandOne/(bandOne+most), min(was, now))
			}
			out[x] = int16(flat - black)
		}
	}
	return b.out
}

// suspects is a quick look whether rows changed, and not all by the same.
func (b *bands) suspects(pix []int16, m *model) bool {
	const stride = 4
	lowest, highest := int32(1<<30), int32(-1<<30)
	for y := range b.h {
		row, mean := pix[y*b.w:][:b.w], m.mean[y*b.w:][:b.w]
		sum := int32(0)
		for x := 0; x < len(row); x += stride {
			sum += int32(row[x]) - mean[x]>>8
		}
		lowest, highest = min(lowest, sum), max(highest, sum)
	}
	return highest-lowest > leastLook*int32((b.w+stride-1)/stride)
}

// measure finds the light of each row. It is false where there are no bands.
func (b *bands) measure(pix []int16, m *model) bool {
	known, last := 0, 0 // rows
	lowest, highest := int32(bandOne), int32(-bandOne)
	for y := range b.h {
		f, ok := b.row(pix[y*b.w:][:b.w], m.mean[y*b.w:][:b.w], m.frozen[y*b.w:][:b.w])
		if b.known[y] = ok; !ok {
			continue
		}
		if known > 0 && abs(f-b.factor[last]) > mostSlope*int32(y-last) {
			return false
		}
		b.factor[y], last = f, y
		known++
		lowest, highest = min(lowest, f), max(highest, f)
	}
	b.highest = highest
	return 4*known >= 3*b.h && highest-lowest >= leastSwing && b.turns((highest-lowest)/3) >= leastTurns
}

// row returns what the light of a row is in proportion to the model's, less one, and whether two thirds of its cells agree. What
// certainly moves is not asked.
func (b *bands) row(pix []int16, mean, frozen []int32) (factor int32, ok bool) {
	clear(b.hist[:])
	n := 0
	for x, v := range pix {
		was := mean[x]>>8 + black
		if was < dark || v >= white || frozen[x] != 0 {
			continue
		}
		step := (int32(v)+black-was)*b.steps[min(was/grey, 255)]>>16 + bandSteps/2
		b.hist[min(max(step, 0), bandSteps-1)]++
		n++
	}
	if n < leastCells {
		return 0, false
	}
	at, seen := 0, 0
	for seen+int(b.hist[at]) <= n/2 {
		seen += int(b.hist[at])
		at++
	}
	agree := 0
	for s := max(at-bandNear, 0); s <= min(at+bandNear, bandSteps-1); s++ {
		agree += int(b.hist[s])
	}
	inside := (2*(n/2-seen) + 1) * bandStep / (2 * int(b.hist[at]))
	return int32((at-bandSteps/2)*bandStep + inside), 3*agree >= 2*n
}

// turns counts how often the light, from row to row, turns from rising to falling and back, by more than least.
func (b *bands) turns(least int32) (n int) {
	low, high := int32(bandOne), int32(-bandOne) // since the last turn
	way := int32(0)
	for y, f := range b.factor {
		if !b.known[y] {
			continue
		}
		low, high = min(low, f), max(high, f)
		switch {
		case way <= 0 && f-low > least:
			n -= int(way)
			way, high = 1, f
		case way >= 0 && high-f > least:
			n += int(way)
			way, low = -1, f
		}
	}
	return n
}

// fill gives the rows that are not known what lies between the known ones around them.
func (b *bands) fill() {
	last := -1
	for y, ok := range b.known {
		if !ok {
			continue
		}
		from := b.factor[max(last, 0)]
		if last < 0 {
			from = b.factor[y]
		}
		for u := last + 1; u < y; u++ {
			b.factor[u] = from + (b.factor[y]-from)*int32(u-last)/int32(y-last)
		}
		last = y
	}
	for u := last + 1; u < b.h; u++ {
		b.factor[u] = b.factor[last]
	}
}
