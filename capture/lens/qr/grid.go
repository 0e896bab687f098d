package qr

import "math"

// grid is where the modules of a code lie in the picture: the plane of the code in perspective. The middles of the three marks are
// at (0, 0), (1, 0) and (0, 1) of its coordinates.
type grid struct {
	x, y   float64    // the middle of the mark at the top left, pixels
	ux, uy float64    // from there to that at the top right
	vx, vy float64    // and to that at the bottom left
	far    [2]float64 // how much farther away those are: ratios of distances, 1 if they are not
	n      float64    // modules between the marks' middles
}

// at returns the picture's point of a place on the code, in modules from its top left corner.
func (g *grid) at(col, row float64) (x, y float64) {
	s, t := (col-3.5)/g.n, (row-3.5)/g.n
	fs, ft := s*g.far[0], t*g.far[1]
	z := 1 / (1 + fs - s + ft - t)
	return g.x + (g.ux*fs+g.vx*ft)*z, g.y + (g.uy*fs+g.vy*ft)*z
}

// grid estimates the grid from the marks alone. Along a line in perspective, with local scales p and q at its ends, the length is
// that of the modules times the root of p*q, and the root of p/q is the ratio of the distances.
func (c *corners) grid(p *Picture) (g grid, ok bool) {
	a := &c.at[0]
	g = grid{x: a.x, y: a.y, ux: c.at[1].x - a.x, uy: c.at[1].y - a.y, vx: c.at[2].x - a.x, vy: c.at[2].y - a.y}
	for i, leg := range [2][2]float64{{g.ux, g.uy}, {g.vx, g.vy}} {
		length := math.Hypot(leg[0], leg[1])
		dx, dy := leg[0]/length, leg[1]/length
		near, ok := p.through(a.x, a.y, dx, dy, 2*a.width)
		if !ok {
			return g, false
		}
		b := &c.at[i+1]
		far, ok := p.through(b.x, b.y, dx, dy, 2*b.width)
		if !ok {
			return g, false
		}
		g.far[i] = min(max(math.Sqrt(near.width/far.width), 0.6), 1.6)
		g.n += length * 7 / math.Sqrt(near.width*far.width) / 2
	}
	return g, g.n >= 10 && g.n <= 4*maxVersion+17
}

// sampleLimit is the darkness beyond which a module counts as fully dark, or light.
const sampleLimit = 16

// agrees returns how well the picture agrees with what modules must be, from -1 to 1.
func (g *grid) agrees(p *Picture, known []known) float64 {
	sum := 0.0
	for i := range known {
		k := &known[i]
		x, y := g.at(k.col, k.row)
		v := min(max(p.at(x, y), -sampleLimit), sampleLimit)
		if !k.dark {
			v = -v
		}
		sum += v
	}
	return sum / float64(len(known)) / sampleLimit
}
