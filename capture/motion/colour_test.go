package motion

import (
	"testing"

	"signet/capture/luma"
)

// tint gives a picture its chroma, in levels, with noise.
func (r *room) tint(p *luma.Plane, at func(x, y int) (cb, cr float64)) *luma.Plane {
	n := p.CW() * p.CH()
	for i := range p.Chroma {
		p.Chroma[i] = append(p.Chroma[i][:0], make([]int16, n)...)
	}
	for k := range n {
		cb, cr := at(k%p.CW()*2, k/p.CW()*2)
		noise := r.rnd.IntN(len(r.grain) - 1)
		p.Chroma[0][k] = int16(grey * (cb + r.grain[noise]*r.noise/2))
		p.Chroma[1][k] = int16(grey * (cr + r.grain[noise+1]*r.noise/2))
	}
	return p
}

// TestColourShows: somebody as bright as the wall walks by, in another colour.
func TestColourShows(t *testing.T) {
	const fps = 10
	for name, red := range map[string]float64{"red": 25, "grey": 0} {
		t.Run(name, func(t *testing.T) {
			r, d := newRoom(0.7), newDetector(t, Config{})
			found, wrong := 0, 0
			for i := range 8 * fps {
				x0 := (i - 4*fps) * 2
				walks := i >= 4*fps
				p := r.tint(r.frame(nil), func(x, y int) (cb, cr float64) {
					if walks && x >= x0 && x < x0+6 && y >= 20 && y < 34 {
						return -red / 2, red
					}
					return 3, -4
				})
				n := len(d.Detect(p, stamp(i, fps)).Regions)
				if walks && n > 0 {
					found++
				} else if n > 0 {
					wrong++
				}
			}
			if wrong > 0 || (found > 3*fps) != (red > 0) {
				t.Errorf("found in %d of %d frames, and in %d without anybody", found, 4*fps, wrong)
			}
		})
	}
}

// TestColourOfThePicture: what changes the colour of everything is nothing that moves.
func TestColourOfThePicture(t *testing.T) {
	const fps = 10
	wall := func(x, y int) (cb, cr float64) { return float64((x/9+y/7)%3*8 - 4), float64((x/5+y/9)%4*6 - 9) }
	tests := map[string]func(i, x, y int) (cb, cr float64){
		"white balance, slow": func(i, x, y int) (cb, cr float64) {
			cb, cr = wall(x, y)
			by := 20 * min(max(float64(i-3*fps)/(5*fps), 0), 1)
			return cb + by, cr - by
		},
		"white balance, at once": func(i, x, y int) (cb, cr float64) {
			cb, cr = wall(x, y)
			if i%(5*fps) > 3*fps {
				return cb + 15, cr - 20
			}
			return cb, cr
		},
		"night": func(i, x, y int) (cb, cr float64) {
			if i > 5*fps {
				return 0, 0
			}
			return wall(x, y)
		},
		"a screen": func(i, x, y int) (cb, cr float64) {
			cb, cr = wall(x, y)
			if x >= 20 && x < 40 && y >= 10 && y < 22 && i > 5*fps {
				return cb + float64(i*7%31), cr - float64(i*5%23)
			}
			return cb, cr
		},
	}
	for name, at := range tests {
		t.Run(name, func(t *testing.T) {
			r, d := newRoom(0.7), newDetector(t, Config{})
			quiet(t, d, fps, 0, 30*fps, func(i int) *luma.Plane {
				return r.tint(r.frame(nil), func(x, y int) (cb, cr float64) { return at(i, x, y) })
			})
		})
	}
}

// TestColourComesAndGoes: a camera may turn to grey and back, or send frames of another kind.
func TestColourComesAndGoes(t *testing.T) {
	const fps = 10
	r, d := newRoom(0.7), newDetector(t, Config{})
	quiet(t, d, fps, 0, 20*fps, func(i int) *luma.Plane {
		p := r.frame(nil)
		if i/(3*fps)%2 == 0 {
			return p
		}
		return r.tint(p, func(x, y int) (cb, cr float64) { return float64(i), float64(x) })
	})
	p := r.frame(nil)
	p.Chroma[0] = make([]int16, 3) // torn
	d.Detect(p, stamp(20*fps, fps))
}
