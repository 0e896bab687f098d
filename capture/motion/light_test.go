package motion

import (
	"math"
	"testing"

	"signet/capture/luma"
)

// glow is light on the wall, brightest at x, y: by so much in proportion, fading over so many cells.
func glow(x0, y0, gain, fade float64) func(x, y int, g float64) float64 {
	return func(x, y int, g float64) float64 {
		d := math.Hypot(float64(x)-x0, float64(y)-y0) / fade
		return g * (1 + gain*math.Exp(-d*d/2))
	}
}

// then lets paint see what was painted before.
func then(a, b func(x, y int, g float64) float64) func(x, y int, g float64) float64 {
	return func(x, y int, g float64) float64 { return b(x, y, a(x, y, g)) }
}

func TestLightThatWandersIsNoMotion(t *testing.T) {
	const fps = 10
	for name, gain := range map[string]float64{"faint": 0.15, "bright": 0.6, "shadow": -0.4} {
		t.Run(name, func(t *testing.T) {
			r, d := newRoom(0.7), newDetector(t, Config{})
			crosses := func(i int) func(x, y int, g float64) float64 {
				return glow(float64(i-3*fps)*2-30, 20, gain, 14)
			}
			quiet(t, d, fps, 0, 10*fps, r.since(3*fps, crosses))
			// Another one comes, and somebody crosses it.
			found := sighted(d, fps, 10*fps, 14*fps, func(i int) *luma.Plane {
				n := i - 10*fps
				return r.frame(then(box(75-n*2, 20, 200), glow(float64(n)*2-10, 20, gain, 14)))
			})
			if found < 2*fps {
				t.Errorf("somebody in the light was found in %d of %d frames", found, 4*fps)
			}
		})
	}
}

// TestHardEdgesAreNoLight has something as large and as faint as light is, with an edge.
func TestHardEdgesAreNoLight(t *testing.T) {
	const fps = 10
	r, d := newRoom(0.7), newDetector(t, Config{})
	found := sighted(d, fps, 0, 8*fps, func(i int) *luma.Plane {
		return r.frame(func(x, y int, g float64) float64 {
			if n := x - (i-3*fps)*2 + 30; i >= 3*fps && n >= 0 && n < 28 && y >= 8 && y < 40 {
				return g * 1.15
			}
			return g
		})
	})
	if found < 3*fps {
		t.Errorf("found in %d frames", found)
	}
}

// TestLightFallsOnThings has a lamp swing over a dark wall with pictures on it, which are brighter: they light up as sharply as
// they end. Somebody who walks through the light is found.
func TestLightFallsOnThings(t *testing.T) {
	const fps = 10
	for _, gain := range []float64{1.5, 2} {
		r, d := newRoom(0.7), newDetector(t, Config{})
		dim := func(x, y int, g float64) float64 {
			if x%26 > 8 && y > 6 && y < 26 {
				return 40 + g/3
			}
			return 14 + g/20
		}
		swing := func(i int) func(x, y int, g float64) float64 {
			return then(dim, glow(float64(i-3*fps)*3-30, 16, gain, 14))
		}
		begin := 9 * fps
		quiet(t, d, fps, 0, begin, func(i int) *luma.Plane {
			if i < 3*fps {
				return r.frame(dim)
			}
			return r.frame(swing(i))
		})
		found := sighted(d, fps, begin, begin+4*fps, func(i int) *luma.Plane {
			return r.frame(then(swing(i-6*fps), box(75-(i-begin)*2, 30, 120)))
		})
		if found < 2*fps {
			t.Errorf("gain %v: somebody in the light was found in %d of %d frames", gain, found, 4*fps)
		}
	}
}
