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
