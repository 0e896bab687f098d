package motion

import (
	"math/rand/v2"
	"testing"
)

// rain paints streaks, each in one frame only: so many of so many cells, brighter than what is behind them.
func rain(i, drops, length int, grey float64) func(x, y int, g float64) float64 {
	const w, h = 80, 60
	rng := rand.New(rand.NewPCG(3, uint64(i)))
	var wet [w * h]bool
	for range drops {
		x, y := rng.IntN(w), rng.IntN(h)
		for n := range length {
			if y+n < h {
				wet[(y+n)*w+x] = true
				wet[(y+n)*w+min(x+1, w-1)] = true
			}
		}
	}
	return func(x, y int, g float64) float64 {
		if wet[y*w+x] {
			g += grey
		}
		return g
	}
}

func TestRainIsNotMotion(t *testing.T) {
	for _, fps := range []int{10, 15, 30} {
		r, d := newRoom(0.7), newDetector(t, Config{})
		moving := 0
		for i := range 20 * fps {
			p := r.frame(rain(i, min(max(i/fps-5, 0)*8, 40), 5, 18))
			if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
				moving++
			}
		}
		if moving > fps/2 { // chance may bring two drops together
			t.Errorf("%d/s: rain is motion in %d of %d frames", fps, moving, 15*fps)
		}
		found := -1
		for i := 20 * fps; i < 22*fps && found < 0; i++ {
			drops, person := rain(i, 40, 5, 18), box((i-20*fps)*20/fps-5, 20, 30)
			p := r.frame(func(x, y int, g float64) float64 { return drops(x, y, person(x, y, g)) })
			if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
				found = i - 20*fps
			}
		}
		if found < 0 || found > fps {
			t.Errorf("%d/s: the person in the rain is found after %d frames", fps, found)
		}
	}
}

// TestWhatFlies: drops that fall one after another are no motion, a small runner is.
func TestWhatFlies(t *testing.T) {
	drop := func(i, fps int) (x, y int) {
		at := 180 * i / fps
		rng := rand.New(rand.NewPCG(7, uint64(at/90)))
		return rng.IntN(78), at%90 - 6
	}
	runner := func(i, fps int) (x, y int) { return 20*i/fps - 3, 20 }
	for _, fps := range []int{10, 15, 30} {
		for name, c := range map[string]struct {
			at     func(i, fps int) (x, y int)
			motion bool
		}{"drops": {drop, false}, "a runner": {runner, true}} {
			r, d := newRoom(0.7), newDetector(t, Config{})
			moving := 0
			for i := range 20 * fps {
				x0, y0 := -9, -9
				if i >= 8*fps {
					x0, y0 = c.at(i-8*fps, fps)
				}
				p := r.frame(func(x, y int, g float64) float64 {
					if x >= x0 && x < x0+3 && y >= y0 && y < y0+6 {
						return 240
					}
					return g
				})
				if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
					moving++
				}
			}
			if moving > 0 != c.motion {
				t.Errorf("%d/s: %s: motion in %d frames", fps, name, moving)
			}
		}
	}
}
