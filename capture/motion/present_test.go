package motion

import (
	"fmt"
	"math"
	"testing"
	"time"

	"signet/capture/luma"
	"signet/internal/raced"
)

// rates are frames a second; under the race detector, which takes ten times as long, one is enough.
func rates() []int {
	if raced.On {
		return []int{10}
	}
	return []int{5, 10, 30}
}

// softBox is a box whose left edge is anywhere.
func softBox(left float64, y0 int, level float64) func(x, y int, g float64) float64 {
	return func(x, y int, g float64) float64 {
		if y < y0 || y >= y0+14 {
			return g
		}
		share := min(float64(x)+1-left, left+6-float64(x), 1)
		return g + max(share, 0)*(level-g)
	}
}

// TestThereFromTheFirstFrameOn has somebody in view from the first frame on who does not leave his place, or only walks up
// and down. He is found within seconds, and for a minute most of the time.
func TestThereFromTheFirstFrameOn(t *testing.T) {
	to := func(span, speed float64) func(at float64) float64 { // and fro
		return func(at float64) float64 {
			return 30 + math.Abs(math.Mod(at*speed+span/3, 2*span)-span)
		}
	}
	for name, left := range map[string]func(at float64) float64{
		"shifts from foot to foot": func(at float64) float64 { return 40 + 2*math.Sin(2*math.Pi*0.3*at) },
		"sways":                    func(at float64) float64 { return 40 + 4*math.Sin(2*math.Pi*0.3*at) },
		"paces up and down":        to(12, 5),
		"walks up and down":        to(30, 5),
		"runs up and down":         to(30, 10),
	} {
		for _, fps := range rates() {
			t.Run(fmt.Sprint(name, fps), func(t *testing.T) {
				r, d := newRoom(0.7), newDetector(t, Config{})
				at := func(i int) *luma.Plane { return r.frame(softBox(left(float64(i)/float64(fps)), 30, 40)) }
				const soon = 6
				if sighted(d, fps, 0, soon*fps, at) == 0 {
					t.Errorf("not found within %d s", soon)
				}
				long := 14
				if fps == 10 && !raced.On {
					long = 60
				}
				if n := sighted(d, fps, soon*fps, (soon+long)*fps, at); n < long*fps/2 {
					t.Errorf("found in %d of %d frames", n, long*fps)
				}
			})
		}
	}
}

// TestThereAmongOthers: two people are two, and a bush beside somebody does not hide him.
func TestThereAmongOthers(t *testing.T) {
	const fps = 10
	sways := func(x0, hz, at, level float64) func(x, y int, g float64) float64 {
		return softBox(x0+3*math.Sin(2*math.Pi*hz*at), 30, level)
	}
	for name, other := range map[string]func(at float64) func(x, y int, g float64) float64{
		"somebody else": func(at float64) func(x, y int, g float64) float64 { return sways(60, 0.23, at, 200) },
		"a bush":        func(at float64) func(x, y int, g float64) float64 { return leafage(60, 4, 76, 18, at) },
	} {
		r, d := newRoom(0.7), newDetector(t, Config{})
		n := sighted(d, fps, 0, 60*fps, func(i int) *luma.Plane {
			at := float64(i) / fps
			return r.frame(then(sways(15, 0.3, at, 40), other(at)))
		})
		if n < 30*fps {
			t.Errorf("beside %s, somebody is found in %d of %d frames", name, n, 60*fps)
		}
	}
}

// leafage makes what is in a part of the wall go to and fro by cells, each patch in its own time: leaves.
func leafage(x0, y0, x1, y1 int, at float64) func(x, y int, g float64) float64 {
	return func(x, y int, g float64) float64 {
		if x < x0 || x >= x1 || y < y0 || y >= y1 {
			return g
		}
		patch := float64((x/3*7+y/3*13)%17) / 17
		return g + 30*math.Sin(2*math.Pi*(0.6+0.4*patch)*at+20*patch)
	}
}

// TestOnTheSpotIsNobody: leaves that move from the first frame on are not somebody, and neither are the digits of a clock.
func TestOnTheSpotIsNobody(t *testing.T) {
	for name, paint := range map[string]func(at float64) func(x, y int, g float64) float64{
		"bush":  func(at float64) func(x, y int, g float64) float64 { return leafage(20, 20, 40, 40, at) },
		"clock": func(at float64) func(x, y int, g float64) float64 { return box(70, 2, 40+20*float64(int(at*5)%10)) },
	} {
		for _, fps := range rates() {
			r, d := newRoom(0.7), newDetector(t, Config{})
			if n := sighted(d, fps, 0, 20*fps, func(i int) *luma.Plane { return r.frame(paint(float64(i) / float64(fps))) }); n > 0 {
				t.Errorf("%s, %d frames/s: something is found in %d frames", name, fps, n)
			}
		}
	}
}

// TestPresentIsOver: who comes after the first second is not looked for, nor is anybody where nothing has moved.
func TestPresentIsOver(t *testing.T) {
	const fps = 10
	for name, tt := range map[string]struct {
		from, to int // frames with somebody
		there    bool
	}{
		"from the first frame on": {0, 50, true},
		"a second later":          {12, 50, false},
		"nobody":                  {50, 50, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(0.7)
			var m model
			var p present
			var w watch
			var c curve
			m.resize(r.w, r.h)
			p.resize(r.w, r.h)
			m.restart()
			p.restart()
			step, there := time.Second/fps, false
			for i := range 50 {
				paint := box(40+i/5, 30, 40)
				if i < tt.from || i >= tt.to {
					paint = nil
				}
				pix := r.frame(paint).Pix
				if m.learning() {
					m.learn(pix, step)
					p.learn(pix, &m, &c, step)
				} else if p.take(pix, &m, &c, &w, step) {
					there = true
					for _, g := range p.patches[:p.n] {
						if g.x0 < 38 || g.x1 > 56 || g.y0 != 28 || g.y1 != 45 {
							t.Errorf("place %+v", g)
						}
					}
				}
			}
			if there != tt.there || p.over == tt.there {
				t.Errorf("there %v, over %v", there, p.over)
			}
		})
	}
}

// TestLeavesThatBeginToMove: a bush that the wind catches is restless before long, whoever walks before it is not.
func TestLeavesThatBeginToMove(t *testing.T) {
	for _, fps := range rates() {
		if fps < 10 {
			continue
		}
		r, d := newRoom(0.7), newDetector(t, Config{})
		wind := 8 * fps
		frame := func(i int) *luma.Plane {
			at := float64(i-wind) / float64(fps)
			if at < 0 {
				return r.frame(nil)
			}
			return r.frame(leafage(20, 16, 44, 40, at*min(at/4, 1)))
		}
		n := sighted(d, fps, 0, wind+12*fps, frame)
		if n > 6*fps {
			t.Errorf("%d frames/s: leaves are motion for %.1f s", fps, float64(n)/float64(fps))
		}
		begin := wind + 12*fps
		n = sighted(d, fps, begin, begin+4*fps, func(i int) *luma.Plane {
			at := float64(i-wind) / float64(fps)
			return r.frame(then(leafage(20, 16, 44, 40, at), softBox(float64(i-begin)*20/float64(fps)-6, 30, 200)))
		})
		if n < 3*fps {
			t.Errorf("%d frames/s: the walker is found in %d of %d frames", fps, n, 4*fps)
		}
	}
}

// TestSmallPersonWalksUpAndDown: what turns to and fro and is small is somebody rather than a bush, in whatever phase he comes.
func TestSmallPersonWalksUpAndDown(t *testing.T) {
	const fps = 10
	for _, width := range []float64{2, 3} {
		for phase := range 6 {
			if raced.On && phase > 0 {
				break
			}
			r, d := newRoom(0.7), newDetector(t, Config{})
			comes := 10 * fps
			n := sighted(d, fps, 0, comes+20*fps, func(i int) *luma.Plane {
				if i < comes {
					return r.frame(nil)
				}
				left := 37 + math.Abs(math.Mod(float64(i-comes)/fps*2+float64(2*phase), 12)-6)
				return r.frame(func(x, y int, g float64) float64 {
					if y < 30 || y >= 35 {
						return g
					}
					return g + max(0, min(float64(x)+1-left, left+width-float64(x), 1))*(40-g)
				})
			})
			if n < 8*fps {
				t.Errorf("width %v, phase %d: found in %d of %d frames", width, phase, n, 20*fps)
			}
		}
	}
}
