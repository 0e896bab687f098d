package motion

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/luma"
)

// room draws the pictures of a test: a textured wall with sensor noise, and what a test puts there.
type room struct {
	w, h  int
	noise float64 // standard deviation of a cell, grey levels
	rnd   *rand.Rand
	grain [4096]float64 // normal random numbers to draw from
	plane luma.Plane
}

func newRoom(noise float64) *room {
	r := &room{w: 80, h: 60, noise: noise, rnd: rand.New(rand.NewPCG(1, 2))}
	for i := range r.grain {
		r.grain[i] = r.rnd.NormFloat64()
	}
	return r
}

// wall is the grey level behind everything.
func wall(x, y int) float64 { return 110 + 40*float64((x/7+y/5)%3-1) }

// frame draws the wall and lets paint change its cells; nil is no change.
func (r *room) frame(paint func(x, y int, g float64) float64) *luma.Plane {
	r.plane.Resize(r.w, r.h)
	for y := range r.h {
		at := r.rnd.IntN(len(r.grain))
		for x := range r.w {
			g := wall(x, y)
			if paint != nil {
				g = paint(x, y, g)
			}
			g += r.grain[(at+x)%len(r.grain)] * r.noise
			r.plane.Pix[y*r.w+x] = int16(8 * (min(max(g, 0), 255) - 128))
		}
	}
	return &r.plane
}

// since gives the pictures of a wall that is painted from frame first on.
func (r *room) since(first int, paint func(i int) func(x, y int, g float64) float64) func(i int) *luma.Plane {
	return func(i int) *luma.Plane {
		if i < first {
			return r.frame(nil)
		}
		return r.frame(paint(i))
	}
}

// box paints a rectangle of 6x14 cells at x, y: a person some metres away.
func box(x0, y0 int, level float64) func(x, y int, g float64) float64 {
	return func(x, y int, g float64) float64 {
		if x >= x0 && x < x0+6 && y >= y0 && y < y0+14 {
			return level
		}
		return g
	}
}

func newDetector(t testing.TB, cfg Config) *Detector {
	t.Helper()
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func stamp(i, fps int) Stamp {
	return Stamp{Seq: uint64(i), At: capture.Mono(time.Duration(i) * time.Second / time.Duration(fps))}
}

func TestWalkIsFoundAtEveryFrameRate(t *testing.T) {
	for _, fps := range []int{5, 10, 15, 30} {
		t.Run(fmt.Sprint(fps), func(t *testing.T) {
			r, d := newRoom(0.7), newDetector(t, Config{})
			enter, leave := 3*fps, 8*fps // walks through the picture in five seconds
			first, last, since := -1, -1, uint64(0)
			for i := range 12 * fps {
				var paint func(int, int, float64) float64
				if i >= enter && i < leave {
					paint = box(-5+(i-enter)*85/(leave-enter), 30, 40)
				}
				res := d.Detect(r.frame(paint), stamp(i, fps))
				if len(res.Regions) == 0 {
					if res.Score != 0 {
						t.Fatalf("frame %d: score %v without a region", i, res.Score)
					}
					continue
				}
				if first < 0 {
					first, since = i, res.Regions[0].Since.Seq
				}
				last = i
				g := res.Regions[0]
				if x := -5 + (i-enter)*85/(leave-enter); x < 74 && (g.X > x+2+3 || g.X+g.W < x+3) {
					t.Fatalf("frame %d: person at %d, region at %d+%d", i, x, g.X, g.W)
				}
				if g.Score <= 0 || g.Score > 1 || res.Score != g.Score {
					t.Fatalf("frame %d: score %v, region %v", i, res.Score, g.Score)
				}
				if n := count(res.Cells); n < g.Cells {
					t.Fatalf("frame %d: %d cells in the mask, %d in the region", i, n, g.Cells)
				}
			}
			if first < enter || first > enter+fps*6/10 {
				t.Errorf("confirmed at frame %d, entered at %d", first, enter)
			}
			if s := int(since); s < enter || s > enter+fps/4+1 {
				t.Errorf("motion since frame %d, entered at %d", s, enter)
			}
			if last < leave-fps/4-1 || last > leave+fps/2 {
				t.Errorf("last motion in frame %d, left at %d", last, leave)
			}
		})
	}
}

// quiet runs frames through a detector and fails at the first region.
func quiet(t *testing.T, d *Detector, fps, from, to int, frame func(i int) *luma.Plane) (sceneChanges int) {
	t.Helper()
	for i := from; i < to; i++ {
		res := d.Detect(frame(i), stamp(i, fps))
		if len(res.Regions) > 0 {
			t.Fatalf("frame %d: region %+v", i, res.Regions[0])
		}
		if res.SceneChange {
			sceneChanges++
		}
	}
	return sceneChanges
}

// sighted returns in how many of the frames something is found.
func sighted(d *Detector, fps, from, to int, frame func(i int) *luma.Plane) (n int) {
	for i := from; i < to; i++ {
		if len(d.Detect(frame(i), stamp(i, fps)).Regions) > 0 {
			n++
		}
	}
	return n
}

func TestNothingMoves(t *testing.T) {
	const fps = 15
	seconds := func(i int) float64 { return float64(i) / fps }
	tests := []struct {
		name         string
		noise        float64
		light        func(i, x, y int, g float64) float64
		sceneChanges int
	}{
		{"still", 0, nil, 0},
		{"noise", 1.5, nil, 0},
		{"much noise", 5, nil, 0},
		{"dusk", 0.7, func(i, _, _ int, g float64) float64 { return g * (1 - 0.5*min(seconds(i)/20, 1)) }, 0},
		{"exposure steps", 0.7, func(i, _, _ int, g float64) float64 { return g * (1 + 0.05*float64(i/(2*fps)%5)) }, 0},
		{"lamp", 0.7, func(i, x, y int, g float64) float64 {
			if i >= 10*fps { // other shadows
				return g/2 + float64((5*x+3*y)%140)
			}
			return g
		}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, d := newRoom(tt.noise), newDetector(t, Config{})
			changes := quiet(t, d, fps, 0, 25*fps, func(i int) *luma.Plane {
				if tt.light == nil {
					return r.frame(nil)
				}
				return r.frame(func(x, y int, g float64) float64 { return tt.light(i, x, y, g) })
			})
			if changes != tt.sceneChanges {
				t.Errorf("%d scene changes, want %d", changes, tt.sceneChanges)
			}
		})
	}
}

func TestHalfLitRoomIsAbsorbed(t *testing.T) {
	const fps = 15
	r, d := newRoom(0.7), newDetector(t, Config{})
	quiet(t, d, fps, 0, 10*fps, func(i int) *luma.Plane {
		return r.frame(func(x, _ int, g float64) float64 {
			if x < 30 && i >= 4*fps {
				return g + 70
			}
			return g
		})
	})
	// What walks through the lit half is seen against the lit wall.
	found := false
	for i := 10 * fps; i < 12*fps; i++ {
		p := r.frame(func(x, y int, g float64) float64 {
			if x < 30 {
				g += 70
			}
			return box((i-10*fps)/2, 20, 60)(x, y, g)
		})
		found = found || len(d.Detect(p, stamp(i, fps)).Regions) > 0
	}
	if !found {
		t.Error("nothing found in the lit half")
	}
}

func TestGhostOfTheFirstSecondIsNotReported(t *testing.T) {
	const fps = 15
	r, d := newRoom(0.7), newDetector(t, Config{})
	quiet(t, d, fps, 0, 10*fps, func(i int) *luma.Plane {
		if i < fps*8/10 {
			return r.frame(box(30+i/4, 20, 30))
		}
		return r.frame(nil)
	})
}

func TestLeavesFallSilent(t *testing.T) {
	const fps = 15
	r, d := newRoom(0.7), newDetector(t, Config{})
	fired := 0
	for i := range 60 * fps {
		p := r.frame(func(x, y int, g float64) float64 {
			if x >= 40 && x < 56 && y >= 10 && y < 24 { // branches at 2 Hz, each cell for itself
				if (i*4/fps+x*7+y*13)%4 < 2 {
					return g + 14
				}
			}
			return g
		})
		if len(d.Detect(p, stamp(i, fps)).Regions) > 0 && i > 10*fps {
			fired++
		}
	}
	if fired > fps {
		t.Errorf("leaves fired in %d of %d frames after ten seconds", fired, 50*fps)
	}
}

func TestStandingPersonStaysAndLeavesNoGhost(t *testing.T) {
	const fps, arrive, leave = 10, 40, 200
	r, d := newRoom(0.7), newDetector(t, Config{})
	missed, late := 0, -1
	for i := range 260 {
		var paint func(int, int, float64) float64
		switch {
		case i >= 30 && i < arrive:
			paint = box((i-30)*4, 20, 30)
		case i >= arrive && i < leave: // stands, moves its hands
			hands := 34.0
			if i/5%2 == 0 {
				hands = 90
			}
			paint = func(x, y int, g float64) float64 {
				if x >= 42 && x < 45 && y >= 25 && y < 28 {
					return hands
				}
				return box(40, 20, 30)(x, y, g)
			}
		case i >= leave && i < leave+10:
			paint = box(40+(i-leave)*4, 20, 30)
		}
		res := d.Detect(r.frame(paint), stamp(i, fps))
		if i >= arrive && i < leave && len(res.Regions) == 0 {
			missed++
		}
		if i >= leave+10 && len(res.Regions) > 0 {
			late = i
		}
	}
	if missed > 3 {
		t.Errorf("lost the standing person in %d of %d frames", missed, leave-arrive)
	}
	if late > leave+10+fps {
		t.Errorf("still motion in frame %d, left at %d", late, leave+10)
	}
}

func TestSensitivityIsMonotonic(t *testing.T) {
	const fps = 10
	faintest := func(s int) (contrast int) {
		for contrast = 2; contrast < 60; contrast += 2 {
			r, d := newRoom(0.3), newDetector(t, Config{Sensitivity: s})
			for i := range 25 {
				p := r.frame(func(x, y int, g float64) float64 {
					if i > 13 {
						return box((i-13)*2, 20, g+float64(contrast))(x, y, g)
					}
					return g
				})
				if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
					return contrast
				}
			}
		}
		return contrast
	}
	last := 60
	for s := MinSensitivity; s <= MaxSensitivity; s++ {
		c := faintest(s)
		t.Logf("sensitivity %d: from %d grey levels on", s, c)
		if c > last {
			t.Errorf("sensitivity %d needs %d grey levels, %d needed %d", s, c, s-1, last)
		}
		last = c
	}
	if last > 6 {
		t.Errorf("the highest sensitivity needs %d grey levels", last)
	}
	for _, s := range []int{-1, 11} {
		if _, err := New(Config{Sensitivity: s}); err == nil {
			t.Errorf("New took sensitivity %d", s)
		}
	}
}

func TestAnotherSizeOrBrokenTimeStartsAgain(t *testing.T) {
	r, d := newRoom(0.7), newDetector(t, Config{})
	for i := range 40 {
		if res := d.Detect(r.frame(nil), stamp(i, 15)); i != 15 && i != 16 && res.Learning != (i < 16) {
			t.Fatalf("frame %d: learning is %v", i, res.Learning)
		}
	}
	r.w, r.h = 40, 30
	res := d.Detect(r.frame(nil), stamp(40, 15))
	if !res.Learning || res.W != 40 || len(res.Cells) != 40*30 {
		t.Errorf("another size: learning %v, %dx%d, %d cells", res.Learning, res.W, res.H, len(res.Cells))
	}
	for i := 41; i < 80; i++ {
		res = d.Detect(r.frame(nil), stamp(i, 15))
	}
	if res.Learning {
		t.Fatal("still learning")
	}
	if res = d.Detect(r.frame(nil), stamp(80+15*11, 15)); !res.Learning {
		t.Error("goes on after a gap of eleven seconds")
	}
	if res = d.Detect(&luma.Plane{}, stamp(80+15*11+1, 15)); len(res.Regions) != 0 {
		t.Error("regions in an empty picture")
	}
}

func TestDetectDoesNotAllocate(t *testing.T) {
	for name, speed := range map[string]int{"idle": 0, "walking": 1} {
		t.Run(name, func(t *testing.T) {
			r, d := newRoom(0.7), newDetector(t, Config{})
			i, moving := 0, 0
			step := func() {
				var paint func(int, int, float64) float64
				if speed > 0 && i > 20 {
					paint = box(i*speed%80, 20, 30)
				}
				if len(d.Detect(r.frame(paint), stamp(i, 15)).Regions) > 0 {
					moving++
				}
				i++
			}
			for range 40 {
				step()
			}
			if n := testing.AllocsPerRun(200, step); n > 1 { // the test's own closure
				t.Errorf("%v allocations a frame", n)
			}
			if (speed > 0) != (moving > 0) {
				t.Errorf("motion in %d frames", moving)
			}
		})
	}
}

func count(cells []byte) (n int) {
	for _, c := range cells {
		n += int(c)
	}
	return n
}

func BenchmarkDetect(b *testing.B) {
	for name, paint := range map[string]func(int) func(int, int, float64) float64{
		"idle":    func(int) func(int, int, float64) float64 { return nil },
		"walking": func(i int) func(int, int, float64) float64 { return box(i%80, 20, 30) },
	} {
		b.Run(name, func(b *testing.B) {
			r, d := newRoom(0.7), newDetector(b, Config{})
			planes := make([]luma.Plane, 80)
			for i := range planes {
				p := r.frame(paint(i))
				planes[i] = luma.Plane{W: p.W, H: p.H, Pix: append([]int16(nil), p.Pix...)}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				d.Detect(&planes[i%80], stamp(i, 15))
			}
		})
	}
}

func TestBlinkingRaisesTheThreshold(t *testing.T) {
	const fps = 10
	r, d := newRoom(0), newDetector(t, Config{})
	i := 0
	watch := func(seconds int, blinks bool) int16 {
		for range seconds * fps {
			d.Detect(r.frame(func(x, y int, g float64) float64 {
				if blinks && x == 20 && y == 20 && i%8 < 2 {
					g += 8
				}
				return g
			}), stamp(i, fps))
			i++
		}
		return d.model.threshold[20*80+20]
	}
	still := watch(3, false)
	blinking := watch(20, true)
	if blinking < 2*still {
		t.Errorf("threshold %d, still it was %d", blinking, still)
	}
	if after := watch(40, false); after > still+still/4 {
		t.Errorf("threshold %d after forty seconds of stillness, at first it was %d", after, still)
	}
}

func TestWhatWasPutDownIsAbsorbed(t *testing.T) {
	for _, noise := range []float64{0.5, 4} {
		const fps = 10
		r, d := newRoom(noise), newDetector(t, Config{})
		last := 0
		for i := range 30 * fps {
			p := r.frame(func(x, y int, g float64) float64 {
				if i >= 5*fps && x >= 30 && x < 42 && y >= 20 && y < 32 {
					return 250
				}
				return g
			})
			if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
				last = i
			}
		}
		if last > (5+11)*fps {
			t.Errorf("noise %v: still motion in frame %d, put down in frame %d", noise, last, 5*fps)
		}
	}
}

func TestDuskBehindAStandingPersonLeavesNoTrace(t *testing.T) {
	const fps, leave = 10, 130
	r, d := newRoom(0.5), newDetector(t, Config{})
	last := 0
	for i := range 200 {
		light := 1 - 0.3*min(max(float64(i-50)/60, 0), 1)
		p := r.frame(func(x, y int, g float64) float64 {
			switch {
			case i >= 30 && i < 40:
				g = box((i-30)*4, 20, 30)(x, y, g)
			case i >= 40 && i < leave: // shifts from one foot to the other
				g = box(40+i/4%2, 20, 30)(x, y, g)
			case i >= leave && i < leave+10:
				g = box(40+(i-leave)*4, 20, 30)(x, y, g)
			}
			return g * light
		})
		if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
			last = i
		}
		if i == leave-1 { // the wall behind the person darkens as the wall beside does
			behind, beside := d.model.mean[27*80+43]>>8, d.model.mean[27*80+64]>>8
			if wall(43, 27) != wall(64, 27) || abs(behind-beside) > 4*grey {
				t.Errorf("the wall behind the person is %d, beside it %d", behind, beside)
			}
		}
	}
	if last < leave || last > leave+10+fps/2 {
		t.Errorf("last motion in frame %d, left at %d", last, leave+10)
	}
}
