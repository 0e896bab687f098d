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

func TestZoneIsWhereMostMovedInAll(t *testing.T) {
	var g gatherer
	for range 2 { // the second event knows nothing of the first
		g.reset()
		e := Event{Start: frameTime(0)}
		add := func(i int, regions ...motion.Region) {
			g.add(&e, &capture.Frame{Mono: frameTime(i), Width: 80, Height: 60}, &motion.Result{Regions: regions})
		}
		add(0, motion.Region{Cells: 500})
		if z := g.facts().Zone; z != "" {
			t.Errorf("zone %q of motion outside of any", z)
		}
		add(1, motion.Region{Cells: 50, Zone: "Path"}, motion.Region{Cells: 10, Zone: "Gate"})
		if z := g.facts().Zone; z != "Path" {
			t.Errorf("zone %q, want Path", z)
		}
		for i := range 5 { // between the frames of which boxes are taken, too
			add(2+i, motion.Region{Cells: 10, Zone: "Gate"})
		}
		if z := g.facts().Zone; z != "Gate" {
			t.Errorf("zone %q, want Gate", z)
		}
	}
}
