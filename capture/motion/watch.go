package motion

import (
	"math"
	"math/bits"
)

// watch knows which cells count. The model learns everywhere; the finder asks watch before it makes regions, so that
// nothing after it ever hears of a cell that is not watched.
//
// A cell is watched if it is in a zone to watch, or there is none, and in no zone to ignore. It is in a zone if its
// centre is. A zone that is thinner than a cell on the average could fall between the centres; it also has the cells that
// its edges run through.
type watch struct {
	zones []Zone
	w, h  int

	inside []uint16 // by cell: bit i where zone i, which is not one to ignore, has it
	fence  []byte   // by cell: rejected where it is not watched; nil where all are
	fringe []int32  // watched cells beside unwatched ones
}

// set takes other zones, resize another size of the picture; both draw the map anew.
func (w *watch) set(zones []Zone) {
	w.zones = zones
	w.draw()
}

func (w *watch) resize(width, height int) {
	w.w, w.h = width, height
	w.draw()
}

func (w *watch) draw() {
	w.inside, w.fence, w.fringe = nil, nil, nil
	n := w.w * w.h
	if len(w.zones) == 0 || n == 0 {
		return
	}
	w.inside = make([]uint16, n)
	ignored := make([]uint16, n)
	all := true
	for i := range w.zones {
		if z := &w.zones[i]; z.Ignore {
			z.draw(ignored, 1, w.w, w.h)
		} else {
			z.draw(w.inside, 1<<i, w.w, w.h)
			all = false
		}
	}
	w.fence = make([]byte, n)
	for i := range w.fence {
		if ignored[i] != 0 || !all && w.inside[i] == 0 {
			w.fence[i] = rejected
		}
	}
	for i, f := range w.fence {
		if f != 0 {
			continue
		}
		for n := range w.around(i) {
			if w.fence[n] != 0 {
				w.fringe = append(w.fringe, int32(i))
				break
			}
		}
	}
}

// around goes through the 3x3 neighbourhood of a cell as far as it lies in the picture.
func (w *watch) around(i int) func(func(int) bool) {
	return func(yield func(int) bool) {
		x, y := i%w.w, i/w.w
		for ny := max(y-1, 0); ny <= min(y+1, w.h-1); ny++ {
			for nx := max(x-1, 0); nx <= min(x+1, w.w-1); nx++ {
				if !yield(ny*w.w + nx) {
					return
				}
			}
		}
	}
}

// cut takes the evidence away that is not watched, and leaves watched cells beside it too little to stand in a line of
// their own: a branch that reaches over the border by one cell does not count. An ignored zone more never adds a cell.
func (w *watch) cut(evidence []byte) {
	for i, f := range w.fence {
		if f != 0 {
			evidence[i] = 0
		}
	}
	for _, i := range w.fringe {
		evidence[i] = min(evidence[i], fullEvidence/2)
	}
}

// hides tells whether a cell is not watched.
func (w *watch) hides(i int) bool { return w.fence != nil && w.fence[i] != 0 }

// name is of the zone that has most of the cells with the label in the box of g; of several the first. It is empty where
// the whole picture is watched.
func (w *watch) name(label []uint8, l uint8, g *region) string {
	if w.fence == nil {
		return ""
	}
	var cells [MaxZones]int
	for y := g.y0; y <= g.y1; y++ {
		for i := y*w.w + g.x0; i <= y*w.w+g.x1; i++ {
			if label[i] != l {
				continue
			}
			for z := w.inside[i]; z != 0; z &= z - 1 {
				cells[bits.TrailingZeros16(z)]++
			}
		}
	}
	most := 0
	for z, n := range cells {
		if n > cells[most] {
			most = z
		}
	}
	if cells[most] == 0 {
		return ""
	}
	return w.zones[most].Name
}

// draw sets the bit in each cell of the zone.
func (z *Zone) draw(cells []uint16, bit uint16, w, h int) {
	n := z.fill(cells, bit, w, h)
	if around := z.trace(w, h, nil); n == 0 || float64(2*n) < around { // a strip of width 1 has half as many cells as edge
		z.trace(w, h, func(x, y int) { cells[y*w+x] |= bit })
	}
}

// fill sets the bit in the cells whose centres are inside the polygon and counts them.
func (z *Zone) fill(cells []uint16, bit uint16, w, h int) (n int) {
	turns := make([]bool, w+1) // where the row goes from outside to inside, or back
	for y := range h {
		clear(turns)
		at := (float64(y) + 0.5) / float64(h)
		for i, p := range z.Points {
			q := z.Points[(i+1)%len(z.Points)]
			if (p.Y > at) == (q.Y > at) {
				continue
			}
			x := p.X + (q.X-p.X)*(at-p.Y)/(q.Y-p.Y)
			first := int(math.Ceil(x*float64(w) - 0.5)) // cell with its centre at x or right of it
			first = min(max(first, 0), w)
			turns[first] = !turns[first]
		}
		in := false
		for x := range w {
			if in = in != turns[x]; in {
				cells[y*w+x] |= bit
				n++
			}
		}
	}
	return n
}

// trace goes along the edges in steps of a quarter of a cell and returns their length in cells.
func (z *Zone) trace(w, h int, step func(x, y int)) (length float64) {
	for i, p := range z.Points {
		q := z.Points[(i+1)%len(z.Points)]
		dx, dy := (q.X-p.X)*float64(w), (q.Y-p.Y)*float64(h)
		length += math.Hypot(dx, dy)
		if step == nil {
			continue
		}
		n := 1 + int(4*max(math.Abs(dx), math.Abs(dy)))
		for k := range n {
			t := float64(k) / float64(n)
			x, y := p.X*float64(w)+dx*t, p.Y*float64(h)+dy*t
			step(min(int(x), w-1), min(int(y), h-1))
		}
	}
	return length
}
