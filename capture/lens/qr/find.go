package qr

import (
	"cmp"
	"math"

	"signet/internal/order"
)

// mark is a square in a square in a square, as three corners of a code have it.
type mark struct {
	x, y  float64 // its middle, pixels
	width float64 // of the row through it, pixels: seven modules, or more if it is turned
	hits  int     // rows in which it was seen
}

// maxMarks bounds how many are kept.
const maxMarks = 256

// dark is above which a pixel counts as dark in rows: flat surfaces are neither.
const dark = 3

// find looks for marks in all rows, the most often seen first.
func (r *Reader) find(p *Picture) {
	r.marks = r.marks[:0]
	for y := range p.H {
		row := p.Dark[y*p.W:][:p.W]
		var runs [5]int // lengths, the last one first is runs[4]
		last, from := false, 0
		for x, v := range row {
			if v > dark == last {
				continue
			}
			copy(runs[:], runs[1:])
			runs[4] = x - from
			if last && square(&runs) {
				r.cross(p, float64(x)-float64(runs[4]+runs[3])-float64(runs[2])/2, float64(y)+0.5, &runs)
			}
			last, from = !last, x
		}
	}
	order.StablyBy(r.marks, func(a, b mark) int { return cmp.Compare(b.hits, a.hits) })
}

// square says whether runs are as 1:1:3:1:1, give or take half a module and half a pixel.
func square(runs *[5]int) bool {
	sum := 0
	for _, n := range runs {
		sum += n
	}
	if runs[0] == 0 || sum < 7 {
		return false
	}
	m := float64(sum) / 7
	tolerance := m/2 + 0.5
	near := func(n int, m, tolerance float64) bool { return math.Abs(float64(n)-m) <= tolerance }
	return near(runs[0], m, tolerance) && near(runs[1], m, tolerance) && near(runs[2], 3*m, 3*m/2+0.5) &&
		near(runs[3], m, tolerance) && near(runs[4], m, tolerance)
}

// cross looks whether what a row crosses as a mark is one down and diagonally too, and adds it.
func (r *Reader) cross(p *Picture, x, y float64, runs *[5]int) {
	width := float64(runs[0] + runs[1] + runs[2] + runs[3] + runs[4])
	down, ok := p.through(x, y, 0, 1, 2*width)
	if !ok {
		return
	}
	y += down.shift
	across, ok := p.through(x, y, 1, 0, 2*width)
	if !ok || across.width > 2*down.width || down.width > 2*across.width {
		return
	}
	x += across.shift
	if _, ok := p.through(x, y, math.Sqrt2/2, math.Sqrt2/2, 3*width); !ok {
		return
	}
	for i := range r.marks {
		if m := &r.marks[i]; math.Abs(m.x-x) < m.width/5 && math.Abs(m.y-y) < m.width/5 && across.width < 1.5*m.width && m.width < 1.5*across.width {
			n := float64(m.hits)
			m.x, m.y, m.width = (m.x*n+x)/(n+1), (m.y*n+y)/(n+1), (m.width*n+across.width)/(n+1)
			m.hits++
			return
		}
	}
	if len(r.marks) < maxMarks {
		r.marks = append(r.marks, mark{x, y, across.width, 1})
	}
}

// chord is the part of a line that lies in a mark.
type chord struct {
	width float64 // pixels
	shift float64 // from where it was looked for to its middle
}

// through follows a line from near a mark's middle to its rim on both sides, at most limit pixels each.
func (p *Picture) through(x, y, dx, dy, limit float64) (chord, bool) {
	forth, ok := p.edges(x, y, dx, dy, limit)
	if !ok {
		return chord{}, false
	}
	back, ok := p.edges(x, y, -dx, -dy, limit)
	if !ok {
		return chord{}, false
	}
	runs := [5]int{}
	const fine = 16 // of a pixel
	for i, w := range [5]float64{back[2] - back[1], back[1] - back[0], back[0] + forth[0], forth[1] - forth[0], forth[2] - forth[1]} {
		runs[i] = int(w*fine + 0.5)
	}
	c := chord{width: back[2] + forth[2], shift: (forth[2] - back[2] + forth[0] - back[0]) / 4}
	m := c.width / 7
	for i, n := range runs {
		want, tolerance := m, m*0.6+0.5
		if i == 2 {
			want, tolerance = 3*m, m*1.5+0.5
		}
		if math.Abs(float64(n)/fine-want) > tolerance {
			return chord{}, false
		}
	}
	return c, true
}

// edges returns how far it is from the middle of a mark to where dark ends, begins again, and ends.
func (p *Picture) edges(x, y, dx, dy, limit float64) (at [3]float64, ok bool) {
	const step = 0.5
	limit = min(limit, float64(p.W+p.H))
	before, n := p.at(x, y), 0
	if before <= 0 {
		return at, false
	}
	for t := step; t <= limit; t += step {
		v := p.at(x+t*dx, y+t*dy)
		if (v > 0) == (n == 1) { // from dark to light, from light to dark, from dark to light
			at[n] = t - step*v/(v-before)
			if n++; n == 3 {
				return at, true
			}
		}
		before = v
	}
	return at, false
}
