package qr

import (
	"cmp"

	"rsc.io/qr/coding"

	"signet/internal/order"
)

// known is a module whose colour follows from the version alone; the place is its middle.
type known struct {
	col, row float64
	dark     bool
}

// layout is what is known of a version.
type layout struct {
	side  int     // modules
	known []known // marks, timing, alignment
}

// layout makes the layout of a version once.
func (r *Reader) layout(version int) *layout {
	if r.layouts[version] == nil {
		r.layouts[version] = newLayout(version)
	}
	return r.layouts[version]
}

func newLayout(version int) *layout {
	plan, err := coding.NewPlan(coding.Version(version), coding.M, 0)
	if err != nil {
		panic("qr: plan of a version that there is: " + err.Error())
	}
	l := &layout{side: len(plan.Pixel)}
	for y, row := range plan.Pixel {
		for x, pixel := range row {
			switch pixel.Role() {
			case coding.Position, coding.Timing, coding.Alignment:
				l.known = append(l.known, known{float64(x) + 0.5, float64(y) + 0.5, pixel&coding.Black != 0})
			}
		}
	}
	return l
}

// fit is a grid that agrees with a picture.
type fit struct {
	grid    grid
	version int
	agrees  float64
}

// enough is how well a picture must agree with a grid for its modules to be looked at.
const enough = 0.35

// hopeless is how well it must agree to be worth correcting: three marks that belong to no code agree by little more than nothing.
const hopeless = 0.15

// fits returns the grids that agree with the picture best: of the version whose size is nearest, and of those beside it.
func (r *Reader) fits(p *Picture, g grid) []fit {
	nearest := int((g.n+7-17)/4 + 0.5)
	var found []fit
	for version := max(nearest-1, minVersion); version <= min(nearest+1, maxVersion); version++ {
		if f := r.fit(p, g, version); f.agrees >= enough {
			found = append(found, f)
		}
	}
	order.By(found, func(a, b fit) int { return cmp.Compare(b.agrees, a.agrees) })
	return found
}

// fit corrects a grid that was estimated from the marks alone.
func (r *Reader) fit(p *Picture, g grid, version int) fit {
	l := r.layout(version)
	g.n = float64(l.side - 7)
	f := fit{grid: g, version: version, agrees: g.agrees(p, l.known)}
	if f.agrees > hopeless {
		f.climb(p, l)
	}
	return f
}

// climb moves the grid by less and less, as long as the picture agrees better: half a module, then down to an eighth.
func (f *fit) climb(p *Picture, l *layout) {
	g := &f.grid
	module := (abs(g.ux) + abs(g.uy) + abs(g.vx) + abs(g.vy)) / 2 / g.n // pixels, about
	for size := 0.5; size >= 0.1; size /= 2 {
		pixels, ratio := size*module, size/g.n
		for range 2 {
			better := false
			for _, v := range [...]struct {
				value *float64
				step  float64
			}{{&g.far[0], ratio}, {&g.far[1], ratio}, {&g.x, pixels}, {&g.y, pixels}, {&g.ux, pixels}, {&g.uy, pixels}, {&g.vx, pixels}, {&g.vy, pixels}} {
				for _, step := range [2]float64{v.step, -v.step} {
					before := *v.value
					*v.value += step
					if a := g.agrees(p, l.known); a > f.agrees {
						f.agrees, better = a, true
						break
					}
					*v.value = before
				}
			}
			if !better {
				break
			}
		}
	}
}

func abs(v float64) float64 { return max(v, -v) }
