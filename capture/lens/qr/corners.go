package qr

import (
	"cmp"
	"math"
	"slices"
)

// corners are three marks that may be those of a code: top left, then top right and bottom left in such order that the picture is
// not mirrored.
type corners struct {
	marks [3]int // in Reader.marks
	at    [3]mark
	worth float64 // less is better
}

// How many marks are combined, and how many combinations are tried.
const (
	maxCombined = 24
	maxChoices  = 12
)

// choose sets the likeliest corners, best first.
func (r *Reader) choose() {
	r.choices = r.choices[:0]
	n := min(len(r.marks), maxCombined)
	for i := range n {
		for j := i + 1; j < n; j++ {
			for k := j + 1; k < n; k++ {
				for _, order := range [3][3]int{{i, j, k}, {j, i, k}, {k, i, j}} {
					r.consider(order)
				}
			}
		}
	}
}

// consider adds a combination if it is possible, and better than the worst of the others where they are many.
func (r *Reader) consider(order [3]int) {
	c := corners{marks: order}
	for i, m := range order {
		c.at[i] = r.marks[m]
	}
	if !c.possible() || len(r.choices) == maxChoices && c.worth >= r.choices[maxChoices-1].worth {
		return
	}
	if len(r.choices) == maxChoices {
		r.choices = r.choices[:maxChoices-1]
	}
	i, _ := slices.BinarySearchFunc(r.choices, c.worth, func(c corners, w float64) int { return cmp.Compare(c.worth, w) })
	r.choices = slices.Insert(r.choices, i, c)
}

// possible says whether a square in perspective may have such corners, and if so orders them and sets what they are worth.
func (c *corners) possible() bool {
	a, b, d := &c.at[0], &c.at[1], &c.at[2]
	bx, by, dx, dy := b.x-a.x, b.y-a.y, d.x-a.x, d.y-a.y
	lb, ld := math.Hypot(bx, by), math.Hypot(dx, dy)
	wide, narrow := max(a.width, b.width, d.width), min(a.width, b.width, d.width)
	if wide > 2*narrow || min(lb, ld) < 1.2*narrow || max(lb, ld) > 25*wide || lb > 2.2*ld || ld > 2.2*lb {
		return false
	}
	turn, cosine := (bx*dy-by*dx)/(lb*ld), (bx*dx+by*dy)/(lb*ld)
	if math.Abs(cosine) > 0.6 {
		return false
	}
	if turn < 0 {
		c.marks[1], c.marks[2] = c.marks[2], c.marks[1]
		c.at[1], c.at[2] = c.at[2], c.at[1]
	}
	c.worth = math.Abs(cosine) + math.Abs(math.Log(lb/ld)) + math.Log(wide/narrow)
	for _, m := range c.at {
		c.worth += 1 / float64(m.hits)
	}
	return true
}
