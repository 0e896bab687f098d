package method

import (
	"math"
	"time"

	"signet/test/benchmotion/score"
)

const (
	leastArea = 4                      // cells of a region that counts
	confirm   = 200 * time.Millisecond // how long regions are seen before they are motion
	settle    = time.Second            // from the clip's start, in which nothing is reported, as a background is learnt
	hold      = time.Second            // how long motion goes on without regions before it has to be confirmed anew
)

// Confirm turns marked cells into motion, for methods that mark cells only:
//
//   - A cell stays marked when at least five of the nine around and with it are (beyond the border there are none).
//   - Marked cells that touch, corners too, are a region; those of less than four cells are dropped.
//   - Motion is confirmed when there were regions in all frames for 0.2 s. From then on each frame with a region is a
//     moving one, until there was none for a second.
//   - In the clip's first second nothing is motion: that is what every model makes of a scene that it does not know.
//
// The cells that it returns are those of the regions in all frames, confirmed or not.
func Confirm(marked *score.Cells, fps float64) *score.Seen {
	n := marked.Frames()
	s := &score.Seen{
		Moving: make([]bool, n),
		Cells:  &score.Cells{W: marked.W, H: marked.H, Data: make([]byte, len(marked.Data))},
	}
	need := int(math.Ceil(confirm.Seconds()*fps - 1e-9))
	first := int(math.Ceil(settle.Seconds()*fps - 1e-9))
	rest := int(math.Ceil(hold.Seconds()*fps - 1e-9))
	f := filter{w: marked.W, h: marked.H, voted: make([]byte, marked.W*marked.H)}
	hits, last, on := 0, 0, false
	for i := range n {
		if !f.regions(s.Cells.Frame(i), marked.Frame(i)) || i < first {
			hits = 0
			on = on && i-last < rest
			continue
		}
		hits++
		last = i
		on = on || hits > need // the first of them is at 0 s
		s.Moving[i] = on
	}
	return s
}

// filter finds regions in cells.
type filter struct {
	w, h  int
	voted []byte
	stack []int
	found []int
}

// regions sets dst to the cells of src that are in regions, and says whether there are any.
func (f *filter) regions(dst, src []byte) (any bool) {
	f.vote(src)
	clear(dst)
	for c, v := range f.voted {
		if v == 0 {
			continue
		}
		if f.flood(c); len(f.found) >= leastArea {
			any = true
			for _, d := range f.found {
				dst[d] = score.Moving
			}
		}
	}
	return any
}

// vote sets f.voted to the 3x3 majority of src.
func (f *filter) vote(src []byte) {
	for y := range f.h {
		for x := range f.w {
			n := 0
			for v := max(y-1, 0); v <= min(y+1, f.h-1); v++ {
				for u := max(x-1, 0); u <= min(x+1, f.w-1); u++ {
					n += int(src[v*f.w+u])
				}
			}
			f.voted[y*f.w+x] = 0
			if n >= 5 {
				f.voted[y*f.w+x] = 1
			}
		}
	}
}

// flood sets f.found to the cells that hang together with c, and takes them out of f.voted.
func (f *filter) flood(c int) {
	f.found, f.stack = f.found[:0], append(f.stack[:0], c)
	f.voted[c] = 0
	for len(f.stack) > 0 {
		c := f.stack[len(f.stack)-1]
		f.stack = f.stack[:len(f.stack)-1]
		f.found = append(f.found, c)
		x, y := c%f.w, c/f.w
		for v := max(y-1, 0); v <= min(y+1, f.h-1); v++ {
			for u := max(x-1, 0); u <= min(x+1, f.w-1); u++ {
				if d := v*f.w + u; f.voted[d] != 0 {
					f.voted[d] = 0
					f.stack = append(f.stack, d)
				}
			}
		}
	}
}
