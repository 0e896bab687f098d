package motion

import (
	"math"
	"math/rand/v2"
	"testing"

	"signet/capture/luma"
)

// scenery is a picture in pixels that a camera looks at which does not stand still. Sums over it give each cell the exact
// mean of what it covers, wherever the camera points.
type scenery struct {
	w, h  int       // of the cells' picture
	sums  []float64 // over all pixels above and to the left; (8w + 2 x rim + 1) across
	rnd   *rand.Rand
	noise [4096]float64 // normal random numbers to draw from
	plane luma.Plane
}

const rim = 64 // pixels around the picture

// newScenery draws a yard of boxes in many sizes: edges, fine stripes, and plain places between.
func newScenery(w, h int) *scenery {
	rnd := rand.New(rand.NewPCG(3, 4))
	pw, ph := 8*w+2*rim, 8*h+2*rim
	grey := make([]float64, pw*ph)
	for i := range grey {
		grey[i] = 110
	}
	for range 160 {
		x0, y0 := rnd.IntN(pw), rnd.IntN(ph)
		bw, bh := 4+rnd.IntN(90), 4+rnd.IntN(60)
		level := 40 + 150*rnd.Float64()
		for y := y0; y < min(y0+bh, ph); y++ {
			for x := x0; x < min(x0+bw, pw); x++ {
				grey[y*pw+x] = level
			}
		}
	}
	return sceneryOf(grey, w, h)
}

func sceneryOf(grey []float64, w, h int) *scenery {
	s := &scenery{w: w, h: h, rnd: rand.New(rand.NewPCG(1, 2))}
	for i := range s.noise {
		s.noise[i] = s.rnd.NormFloat64()
	}
	pw, ph := 8*w+2*rim, 8*h+2*rim
	s.sums = make([]float64, (pw+1)*(ph+1))
	for y := range ph {
		row := 0.0
		for x := range pw {
			row += grey[y*pw+x]
			s.sums[(y+1)*(pw+1)+x+1] = s.sums[y*(pw+1)+x+1] + row
		}
	}
	return s
}

// sum is that of all pixels above and to the left of a place between pixels.
func (s *scenery) sum(x, y float64) float64 {
	pitch := 8*s.w + 2*rim + 1
	fx, fy := math.Floor(x), math.Floor(y)
	i := int(fy)*pitch + int(fx)
	x, y = x-fx, y-fy
	return (s.sums[i]*(1-x)+s.sums[i+1]*x)*(1-y) + (s.sums[i+pitch]*(1-x)+s.sums[i+pitch+1]*x)*y
}

// frame shows the scenery moved by dx, dy pixels to the right and down, with noise of the grey levels, and what paint
// changes of its cells.
func (s *scenery) frame(dx, dy, noise float64, paint func(x, y int, g float64) float64) *luma.Plane {
	s.plane.Resize(s.w, s.h)
	for y := range s.h {
		at := s.rnd.IntN(len(s.noise))
		for x := range s.w {
			x0, y0 := float64(rim+8*x)-dx, float64(rim+8*y)-dy
			g := (s.sum(x0+8, y0+8) - s.sum(x0, y0+8) - s.sum(x0+8, y0) + s.sum(x0, y0)) / 64
			if paint != nil {
				g = paint(x, y, g)
			}
			g += noise * s.noise[(at+x)%len(s.noise)]
			s.plane.Pix[y*s.w+x] = int16(math.Round(8 * (min(max(g, 0), 255) - 128)))
		}
	}
	return &s.plane
}

// A sway says where the camera is at a time in seconds, in pixels.
type sway func(t float64) (x, y float64)

func sine(far float64) sway {
	return func(t float64) (x, y float64) { return far * math.Sin(10.7*t), 0.7 * far * math.Sin(18.2*t+1) }
}

// wander is a walk at random that is drawn back to the middle.
func wander(far, fps float64) sway {
	rnd := rand.New(rand.NewPCG(8, 9))
	var x, y float64
	return func(float64) (float64, float64) {
		pull := 3 / fps
		x += -x*pull + rnd.NormFloat64()*far*math.Sqrt(pull)/2
		y += -y*pull + rnd.NormFloat64()*far*math.Sqrt(pull)/2
		return min(max(x, -far), far), min(max(y, -far), far)
	}
}

// knocks come every five seconds and die away at 3 Hz.
func knocks(far float64) sway {
	return func(t float64) (x, y float64) {
		t = math.Mod(t, 5) - 2.5
		if t < 0 {
			return 0, 0
		}
		e := far * math.Exp(-2*t)
		return e * math.Sin(19*t), 0.6 * e * math.Cos(19*t)
	}
}

// gusts shake the camera for some seconds after it stood still for long.
func gusts(far float64) sway {
	return func(t float64) (x, y float64) {
		e := max(0, math.Sin(t/3)) * far
		return e * math.Sin(13*t), e * math.Cos(8*t)
	}
}

var sways = []struct {
	name string
	sway func(far, fps float64) sway
}{
	{"sine", func(far, _ float64) sway { return sine(far) }},
	{"random walk", wander},
	{"knocks", func(far, _ float64) sway { return knocks(far) }},
	{"gusts", func(far, _ float64) sway { return gusts(far) }},
}

func TestShakenCameraSeesNoMotion(t *testing.T) {
	for _, tt := range sways {
		for _, far := range []float64{1, 4} {
			for _, fps := range []int{5, 15} {
				s, d, at := newScenery(80, 60), newDetector(t, Config{}), tt.sway(far, float64(fps))
				most := int32(0)
				for i := range 20 * fps {
					x, y := at(float64(i) / float64(fps))
					r := d.Detect(s.frame(x, y, 0.5, nil), stamp(i, fps))
					if len(r.Regions) > 0 || r.SceneChange {
						t.Fatalf("%s of %v pixels at %d frames/s, frame %d: region %+v, scene change %v",
							tt.name, far, fps, i, r.Regions, r.SceneChange)
					}
					most = max(most, d.steady.at.far())
				}
				if most < int32(far*pixel/2) || most > int32(far*pixel*2) {
					t.Errorf("%s of %v pixels at %d frames/s: measured up to %.1f", tt.name, far, fps, float64(most)/pixel)
				}
			}
		}
	}
}

// TestShiftIsMeasured in its direction; slopes between cells overstate how far it is where edges are sharp, by a half at
// most, which errs on the side of what does not count.
func TestShiftIsMeasured(t *testing.T) {
	for _, tt := range []struct {
		name  string
		paint func(x, y int, g float64) float64
	}{
		{"nothing else", nil},
		{"lorry over a third of the picture", func(x, y int, g float64) float64 {
			if x >= 10 && x < 50 && y >= 15 && y < 55 {
				return float64(60 + 80*((x/5+y/7)%2))
			}
			return g
		}},
		{"another exposure", func(_, _ int, g float64) float64 { return 1.1*g + 3 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, d := newScenery(80, 60), newDetector(t, Config{})
			for i := range 40 {
				d.Detect(s.frame(0, 0, 0.5, nil), stamp(i, 15))
			}
			const far = 2
			var along, across float64 // mean parts of what is measured, against what it should be
			for i := range 40 {
				sin, cos := math.Sincos(float64(i))
				d.curve.fit(s.frame(far*cos, far*sin, 0.5, tt.paint).Pix, d.model.mean, nil, nil)
				got, ok := d.steady.gauge.measure(s.plane.Pix, &d.model, &d.curve, 0)
				if !ok {
					t.Fatalf("%.1f, %.1f pixels: parts of the picture do not agree", far*cos, far*sin)
				}
				x, y := float64(got.x)/pixel, float64(got.y)/pixel
				along += (x*cos + y*sin) / 40
				across += math.Abs(y*cos-x*sin) / 40
			}
			t.Logf("%d pixels are measured as %.2f, %.2f beside", far, along, across)
			if along < 0.8*far || along > 1.8*far || across > 0.2*far {
				t.Errorf("%d pixels are measured as %.2f, %.2f beside", far, along, across)
			}
		})
	}
}

// TestHalfOfThePictureMoves: a curtain, a ship, a train, of the same texture as what stands. It is motion, not shake.
func TestHalfOfThePictureMoves(t *testing.T) {
	const fps = 10
	for _, speed := range []float64{1, 3} { // pixels a frame
		s, still, d := newScenery(80, 60), newScenery(80, 60), newDetector(t, Config{})
		seen := 0
		for i := range 60 {
			dx := max(0, float64(i-30)) * speed
			p := s.frame(min(dx, rim-2), 0, 0.5, nil)
			q := still.frame(0, 0, 0.5, nil)
			for y := range 60 {
				copy(p.Pix[y*80+40:(y+1)*80], q.Pix[y*80+40:(y+1)*80])
			}
			r := d.Detect(p, stamp(i, fps))
			if d.steady.at != (shift{}) {
				t.Errorf("speed %v, frame %d: a shift of %.1f, %.1f pixels",
					speed, i, float64(d.steady.at.x)/pixel, float64(d.steady.at.y)/pixel)
			}
			for _, g := range r.Regions {
				if g.X > 40 {
					t.Errorf("speed %v, frame %d: region %+v where nothing moves", speed, i, g)
				}
				seen++
			}
		}
		if seen < 10 {
			t.Errorf("speed %v: %d regions", speed, seen)
		}
	}
}

// TestPersonBeforeAShakenCamera is seen as long as before one that stands, give or take a sixth.
func TestPersonBeforeAShakenCamera(t *testing.T) {
	const fps = 15
	frames := func(at sway) (seen int) {
		s, d := newScenery(80, 60), newDetector(t, Config{})
		for i := range 30 * fps {
			x, y := at(float64(i) / fps)
			var paint func(x, y int, g float64) float64
			walk := i % (6 * fps)
			if walk >= 2*fps {
				paint = box(-6+(walk-2*fps)*86/(4*fps), 30, 25)
			}
			r := d.Detect(s.frame(x, y, 0.5, paint), stamp(i, fps))
			if len(r.Regions) > 0 {
				seen++
				if walk > fps && walk < 2*fps {
					t.Errorf("frame %d: %+v, nobody was there", i, r.Regions[0])
				}
			}
		}
		return seen
	}
	still := frames(func(float64) (float64, float64) { return 0, 0 })
	for _, tt := range sways {
		if n := frames(tt.sway(3, fps)); n < still*5/6 || n > still*7/6 {
			t.Errorf("%s: seen in %d frames, before a camera that stands in %d", tt.name, n, still)
		}
	}
}

// TestPushedCameraStaysThere: the model follows a camera that was pushed by some pixels.
func TestPushedCameraStaysThere(t *testing.T) {
	const fps = 10
	s, d := newScenery(80, 60), newDetector(t, Config{})
	for i := range 40 * fps {
		x, y := 0.0, 0.0
		if i >= 10*fps {
			x, y = 3, -2
		}
		r := d.Detect(s.frame(x, y, 0.5, nil), stamp(i, fps))
		if len(r.Regions) > 0 || r.SceneChange {
			t.Fatalf("frame %d: %+v, scene change %v", i, r.Regions, r.SceneChange)
		}
	}
	if d.steady.at != (shift{}) {
		t.Errorf("after thirty seconds it is still %.1f, %.1f pixels off", float64(d.steady.at.x)/pixel, float64(d.steady.at.y)/pixel)
	}
}

// TestTurnedCameraIsASceneChange, not motion.
func TestTurnedCameraIsASceneChange(t *testing.T) {
	const fps = 10
	for _, slow := range []bool{false, true} {
		s, d := newScenery(80, 60), newDetector(t, Config{})
		changes := 0
		for i := range 20 * fps {
			x := 0.0
			if i >= 8*fps {
				x = 50
				if slow {
					x = min(50, float64(i-8*fps)*2.5)
				}
			}
			r := d.Detect(s.frame(x, 0, 0.5, nil), stamp(i, fps))
			if len(r.Regions) > 0 {
				t.Fatalf("slow %v, frame %d: %+v", slow, i, r.Regions)
			}
			if r.SceneChange {
				changes++
			}
		}
		if changes == 0 {
			t.Errorf("slow %v: no scene change", slow)
		}
	}
}

// TestStillCameraIsLeftAlone: what moves before it does not move it.
func TestStillCameraIsLeftAlone(t *testing.T) {
	s, d := newScenery(80, 60), newDetector(t, Config{})
	for i := range 200 {
		d.Detect(s.frame(0, 0, 1, box(-6+i%90, 20, 200)), stamp(i, 10))
		if d.steady.at != (shift{}) || d.steady.power != 0 {
			t.Fatalf("frame %d: shift %v", i, d.steady.at)
		}
	}
}

func TestShakingDoesNotAllocate(t *testing.T) {
	s, d := newScenery(80, 60), newDetector(t, Config{})
	var planes [32]luma.Plane
	for i := range planes {
		x, y := sine(4)(float64(i) / 15)
		p := s.frame(x, y, 0.5, nil)
		planes[i] = luma.Plane{W: p.W, H: p.H, Pix: append([]int16(nil), p.Pix...)}
	}
	i := 0
	step := func() { d.Detect(&planes[i%len(planes)], stamp(i, 15)); i++ }
	for range 40 {
		step()
	}
	if n := testing.AllocsPerRun(100, step); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
	if d.steady.power == 0 {
		t.Error("it did not shake")
	}
}

func BenchmarkShake(b *testing.B) {
	for name, far := range map[string]float64{"still": 0, "shaking": 3} {
		for _, size := range [][2]int{{80, 60}, {160, 90}} {
			b.Run(name, func(b *testing.B) {
				s, d := newScenery(size[0], size[1]), newDetector(b, Config{})
				var planes [32]luma.Plane
				for i := range planes {
					x, y := sine(far)(float64(i) / 15)
					p := s.frame(x, y, 0.5, nil)
					planes[i] = luma.Plane{W: p.W, H: p.H, Pix: append([]int16(nil), p.Pix...)}
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					d.Detect(&planes[i%len(planes)], stamp(i, 15))
				}
			})
		}
	}
}

// TestShiftIsTakenAway: what is left of a shift of two pixels is little of what it made, also without the allowance.
func TestShiftIsTakenAway(t *testing.T) {
	s, d := newScenery(80, 60), newDetector(t, Config{})
	for i := range 40 {
		d.Detect(s.frame(0, 0, 0, nil), stamp(i, 15))
	}
	var before, foretold, after float64
	for i := range 20 {
		sin, cos := math.Sincos(float64(i))
		p := s.frame(2*cos, 2*sin, 0, nil)
		pix := d.steady.take(p.Pix, &d.model, &d.curve, 0)
		for _, e := range d.steady.edges {
			made := float64(int32(p.Pix[e.cell]) - d.model.mean[e.cell]>>8)
			before += made * made
			rest := made - float64(d.steady.at.change(int32(e.gx), int32(e.gy)))
			foretold += rest * rest
			rest = float64(int32(pix[e.cell]) - d.model.mean[e.cell]>>8)
			after += rest * rest
		}
	}
	t.Logf("of the change, %.0f %% are left by the slopes, %.1f %% at last", 100*math.Sqrt(foretold/before), 100*math.Sqrt(after/before))
	if foretold > before*0.8 || after > before*0.05 {
		t.Errorf("of the squares, %.2f are left by the slopes, %.3f at last", foretold/before, after/before)
	}
}
