package moment

import (
	"testing"
	"time"

	"signet/capture"
	"signet/capture/motion"
)

func TestBoxesAreBounded(t *testing.T) {
	var g gatherer
	g.reset()
	e := Event{Start: frameTime(0)}
	for i := range 10 * 3600 { // an hour
		n := 1 + i%6
		r := motion.Result{Score: float64(i%100) / 100, Regions: make([]motion.Region, n)}
		for k := range r.Regions {
			r.Regions[k] = motion.Region{X: k, Y: 2, W: 3, H: 40}
		}
		g.add(&e, &capture.Frame{Mono: frameTime(i), Width: 80, Height: 60}, &r)
	}
	f := g.facts()
	if f.Score != 0.99 {
		t.Errorf("score %v, want the highest of all", f.Score)
	}
	if n := len(f.Boxes); n > MaxBoxes || n < MaxBoxes/3 {
		t.Errorf("%d boxes", n)
	}
	for i, b := range f.Boxes {
		if i > 0 && b.At < f.Boxes[i-1].At {
			t.Errorf("box %d at %v follows one at %v", i, b.At, f.Boxes[i-1].At)
		}
		if b.X < 0 || b.X+b.W > 10000 || b.Y != 2667-1 && b.Y != 2666 || b.Y+b.H != 10000 {
			t.Errorf("box %+v", b)
		}
	}
	last := f.Boxes[len(f.Boxes)-1].At
	if last < 30*time.Minute {
		t.Errorf("last box at %v of an hour", last)
	}
}
