package motion

import "bytes"

// Evidence is how far a cell's difference goes towards its threshold and beyond, in sixteenths. A cell counts with its
// neighbours, so that a faint cell between strong ones does and a lonely one does not; the most that one cell can give is
// limited, so that a spark stays a spark.
const (
	fullEvidence  = 32 // twice the threshold
	leastEvidence = 14 // on the average of a cell (4 parts), its sides (2 each) and its corners (1 each)
	edgeShare     = 5  // of 16: a cell at an edge with less than that of what the next one inside differs by is mostly background
)

// pick sets the mask where there is enough evidence, and tells whether that is anywhere.
//
// Weights 1 2 1 along the row and then along the column; what is outside the picture is taken to be as its border is, so
// that what enters weighs no less there.
func (f *finder) pick(m *model) bool {
	w, h := f.w, f.h
	for y := range h {
		e, sums := m.evidence[y*w:(y+1)*w], f.rows[y*w:(y+1)*w]
		f.dark[y] = bytes.Equal(e, f.zeros)
		if f.dark[y] {
			clear(sums)
			continue
		}
		left, mid := e[0], e[0]
		for x := range w - 1 {
			right := e[x+1]
			sums[x] = left + 2*mid + right
			left, mid = mid, right
		}
		sums[w-1] = left + 3*mid
	}
	any := false
	for y := range h {
		mask := f.mask[y*w : (y+1)*w]
		clear(mask)
		if f.dark[y] {
			continue
		}
		e := m.evidence[y*w : (y+1)*w]
		above, below := max(y-1, 0), min(y+1, h-1)
		a, s, b := f.rows[above*w:(above+1)*w], f.rows[y*w:(y+1)*w], f.rows[below*w:(below+1)*w]
		for x := range mask {
			if e[x] != 0 && int(a[x])+2*int(s[x])+int(b[x]) >= 16*leastEvidence {
				mask[x] = 1
				any = true
			}
		}
	}
	if any {
		f.trim(m)
	}
	return any
}

// trim takes away what is at an edge and mostly background. A cell that something covers in part differs by that part of
// what the cell beside it does which is covered wholly; less than half of that would be less than half of the cell, were
// things of one brightness and their shadows none. What they are asks for a little less.
func (f *finder) trim(m *model) {
	w, h := f.w, f.h
	off := f.stack[:0]
	for y := 1; y < h-1; y++ {
		if f.dark[y] {
			continue
		}
		for i := y*w + 1; i < y*w+w-1; i++ {
			if f.mask[i] == 0 || f.mask[i-1]&f.mask[i+1]&f.mask[i-w]&f.mask[i+w] != 0 {
				continue
			}
			d := 16 * abs(int32(m.diff[i]))
			for _, n := range [...]int{-1, 1, -w, w} {
				if f.mask[i+n] == 0 && d < edgeShare*abs(int32(m.diff[i-n])) {
					off = append(off, int32(i))
					break
				}
			}
		}
	}
	for _, i := range off {
		f.mask[i] = 0
	}
}
