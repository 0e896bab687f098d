package motion

import (
	"testing"

	"signet/capture/luma"
)

// TestDapplesEverywhere has sun and shadow change places all over the picture; somebody who stands out from that is found,
// and so is somebody who comes so near that he fills half of the picture.
func TestDapplesEverywhere(t *testing.T) {
	const fps = 10
	r, d := newRoom(0.7), newDetector(t, Config{})
	dapples := func(i int) func(x, y int, g float64) float64 {
		return func(x, y int, g float64) float64 {
			if ((x+i/3)/3+(y+i/5)/3)%2 == 0 {
				return g * 0.85
			}
			return g
		}
	}
	begin := 10 * fps
	quiet(t, d, fps, 0, begin, func(i int) *luma.Plane {
		if i < 3*fps {
			return r.frame(nil)
		}
		return r.frame(dapples(i))
	})
	found := sighted(d, fps, begin, begin+3*fps, func(i int) *luma.Plane {
		return r.frame(then(dapples(i), box((i-begin)*2, 30, 240)))
	})
	if found < 2*fps {
		t.Errorf("a walker among dapples was found in %d of %d frames", found, 3*fps)
	}
}

// TestDapplesInAPart has a tree's shadow sway over the lower two thirds of the picture. Somebody in the upper half is found as ever.
func TestDapplesInAPart(t *testing.T) {
	const fps = 10
	r, d := newRoom(0.7), newDetector(t, Config{})
	dapples := func(i int) func(x, y int, g float64) float64 {
		return func(x, y int, g float64) float64 {
			sway := []int{0, 1, 2, 1}[i/2%4]
			if y >= 20 && ((x+sway)/3+y/3)%2 == 0 {
				return g * (1 - 0.2*min(float64(i-3*fps)/20, 1))
			}
			return g
		}
	}
	begin := 12 * fps
	quiet(t, d, fps, 0, begin, func(i int) *luma.Plane {
		if i < 3*fps {
			return r.frame(nil)
		}
		return r.frame(dapples(i))
	})
	found := sighted(d, fps, begin, begin+3*fps, func(i int) *luma.Plane {
		return r.frame(then(dapples(i), box((i-begin)*2, 3, 60)))
	})
	if found < 2*fps {
		t.Errorf("a walker above the dapples was found in %d of %d frames", found, 3*fps)
	}
}

func TestNearIsNoUnrest(t *testing.T) {
	const fps = 10
	r, d := newRoom(0.7), newDetector(t, Config{})
	found := sighted(d, fps, 0, 6*fps, func(i int) *luma.Plane {
		n := i - 3*fps
		return r.frame(func(x, y int, g float64) float64 {
			if n >= 0 && x > 15 && x < min(15+n*5, 60) { // in a patterned coat, as high as the picture
				return 60 + float64(((x+i)*7+y*3)%20)
			}
			return g
		})
	})
	if found < 3*fps/2 {
		t.Errorf("somebody near was found in %d of %d frames", found, 3*fps)
	}
}
