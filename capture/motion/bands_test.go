package motion

import (
	"math"
	"testing"

	"signet/capture/luma"
)

// flicker lights the rows of a room by a lamp at the mains: 2.4 swells from top to bottom that move by turns a frame.
func flicker(i int, depth, turns float64) func(x, y int, g float64) float64 {
	return func(x, y int, g float64) float64 {
		g = ceiling(x, y, g)
		return min(g*(1+depth*math.Sin(2*math.Pi*(2.4*float64(y)/60+turns*float64(i)))), 255)
	}
}

// ceiling is bright: swelling light makes it white.
func ceiling(_, y int, g float64) float64 {
	if y < 8 {
		return 225
	}
	return g
}

func TestFlickerIsNotMotion(t *testing.T) {
	for _, fps := range []int{10, 30} {
		for _, turns := range []float64{0.01, 0.08, 0.33} {
			for _, depth := range []float64{0.05, 0.2} {
				r, d := newRoom(0.7), newDetector(t, Config{})
				changes := quiet(t, d, fps, 0, 15*fps, func(i int) *luma.Plane {
					if i < 5*fps {
						return r.frame(ceiling)
					}
					return r.frame(flicker(i, depth, turns))
				})
				if changes > 0 {
					t.Errorf("%d/s, %v turns, depth %v: %d scene changes", fps, turns, depth, changes)
				}
				found := -1
				for i := 15 * fps; i < 17*fps && found < 0; i++ {
					x := (i-15*fps)*20/fps - 5
					light, person := flicker(i, depth, turns), box(x, 20, 40)
					p := r.frame(func(x, y int, g float64) float64 { return light(x, y, person(x, y, g)) })
					if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
						found = i - 15*fps
					}
				}
				if found < 0 || found > fps {
					t.Errorf("%d/s, %v turns, depth %v: the person is found after %d frames", fps, turns, depth, found)
				}
			}
		}
	}
}

// What covers whole rows and is no light stays in the picture: a gate that opens, somebody close by.
func TestBandsLeaveObjects(t *testing.T) {
	for name, paint := range map[string]func(x, y int, g float64) float64{
		"gate": func(_, y int, g float64) float64 { return map[bool]float64{true: 60, false: g}[y > 25] },
		"somebody": func(x, y int, g float64) float64 {
			return map[bool]float64{true: 40 + float64(x), false: g}[x > 20 && y > 3]
		},
		"beam": func(_, y int, g float64) float64 {
			if y > 20 && y < 24 {
				return g / 2
			}
			return g
		},
		"blinds": func(_, y int, g float64) float64 { return g * (1 - 0.4*float64(y/6%2)) },
		"half": func(x, y int, g float64) float64 {
			if y < 30 {
				return float64(40 + 37*x%120)
			}
			return g * (1 + 0.2*math.Sin(0.6*float64(y)))
		},
		"dusk":     func(_, _ int, g float64) float64 { return g * 0.8 },
		"gradient": func(_, y int, g float64) float64 { return g * (1 - float64(y)/200) },
	} {
		r, d := newRoom(0.7), newDetector(t, Config{})
		for i := range 30 {
			d.Detect(r.frame(ceiling), stamp(i, 10))
		}
		p := r.frame(func(x, y int, g float64) float64 { return paint(x, y, ceiling(x, y, g)) })
		if out := d.bands.take(p.Pix, &d.model); &out[0] != &p.Pix[0] {
			t.Errorf("%s: taken for bands", name)
		}
		p = r.frame(flicker(0, 0.1, 0))
		if out := d.bands.take(p.Pix, &d.model); &out[0] == &p.Pix[0] {
			t.Errorf("%s: bands are not seen afterwards", name)
		}
	}
}
