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
	quiet(t, d, fps, 0, begin, r.since(3*fps, dapples))
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
	quiet(t, d, fps, 0, begin, r.since(3*fps, dapples))
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

// TestLittleIsNoUnrest: where so few cells differ that the frame is not looked at, looking finds no unrest, wherever they are.
func TestLittleIsNoUnrest(t *testing.T) {
	for _, size := range [][2]int{{80, 60}, {40, 22}, {97, 41}, {240, 135}, {12, 9}} {
		var m model
		var f finder
		var k tracker
		m.resize(size[0], size[1])
		f.resize(size[0], size[1])
		for sectors := 3; sectors <= 9; sectors += 3 {
			left := (m.w*m.h - 1) / unrestLeast // cells, spread over the first sectors
			n := 0
			for i := range m.diff {
				m.diff[i], m.flags[i] = unrestFar-1, 0
				if sector := i / m.w * across / m.h * across; sector < sectors && (i+i/m.w)%2 == 0 && n < left {
					m.diff[i], m.flags[i] = 2000, beyond|differs
					n++
				}
			}
			var u unrest
			u.measure(&m, &f, &k)
			if level := u.level() * standOut; level > minThreshold || u.dapple() {
				t.Errorf("%v, %d of %d cells in %d sectors: level %d, sectors %+v", size, n, m.w*m.h, sectors, level, u.sectors)
			}
		}
	}
}
