package perturb

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestLamp(t *testing.T) {
	p := grey(80, 128, 128)
	e := &Lamp{Stops: 1, Every: 5 * s, Edge: 40}
	on, off := apply(e, p, s), apply(e, p, 6*s)
	near(t, "dark half", on.left(), 80, 0.5)
	if m := on.right(); m < 80*math.Exp2(0.6/2.2) || m > 80*math.Exp2(1/2.2) {
		t.Errorf("lit half %.1f", m)
	}
	near(t, "off", off.right(), 80, 0.5)
	e = &Lamp{Stops: 1, Every: 5 * s, Edge: 40, Rise: 200 * time.Millisecond, Left: true}
	if a, b, c := apply(e, p, 0).left(), apply(e, p, 200*time.Millisecond).left(), apply(e, p, 3*s).left(); !(a < b && b < c && a < 81) {
		t.Errorf("rises from %.1f by %.1f to %.1f", a, b, c)
	}
	if m := apply(e, p, 5100*time.Millisecond).left(); m < 90 {
		t.Errorf("falls to %.1f at once", m)
	}
}

func TestTelevision(t *testing.T) {
	p := grey(100, 128, 128)
	e := &Television{Seed: 1, Stops: 1, Shot: 2 * s}
	var near_, far []float64
	for i := range 100 {
		f := apply(e, p, time.Duration(i)*100*time.Millisecond)
		near_ = append(near_, f.left())
		far = append(far, f.right())
	}
	if a, b := spread(near_), spread(far); a < 10 || b > a/2 {
		t.Errorf("swings by %.1f near the screen, %.1f far away", a, b)
	}
	jumps := 0
	for i := range near_[1:] {
		if math.Abs(near_[i+1]-near_[i]) > 4 {
			jumps++
		}
	}
	if jumps < 2 || jumps > 8 {
		t.Errorf("%d cuts in ten seconds", jumps)
	}
}

func TestClouds(t *testing.T) {
	p := grey(150, 128, 128)
	e := &Clouds{Seed: 1, Stops: 1, Every: 6 * s}
	near(t, "at first", apply(e, p, 0).mean(), 150, 0.5)
	var all []float64
	last := apply(e, p, 0)
	for i := range 300 {
		f := apply(e, p, time.Duration(i)*100*time.Millisecond)
		all = append(all, f.mean())
		for j, v := range f.Y {
			if d := int(v) - int(last.Y[j]); d > 15 || d < -15 {
				t.Fatalf("frame %d: a pixel jumps by %d", i, d)
			}
		}
		last = f
	}
	if lo, hi := slices.Min(all), slices.Max(all); lo > 150*math.Exp2(-0.6/2.2) || lo < 150*math.Exp2(-1/2.2)-1 || hi > 150.5 {
		t.Errorf("between %.1f and %.1f", lo, hi)
	}
}

func TestHeadlights(t *testing.T) {
	p := grey(60, 128, 128)
	e := &Headlights{Seed: 1, Stops: 2, Every: 5 * s, Sweep: 2 * s, Width: 100}
	brightest := func(at time.Duration) (x int, level byte) {
		f := apply(e, p, at)
		for i, v := range f.Y {
			if v > level {
				x, level = i%testW, v
			}
		}
		return x, level
	}
	last := -1
	for at := 500 * time.Millisecond; at <= 1500*time.Millisecond; at += 250 * time.Millisecond {
		x, level := brightest(at)
		if x <= last {
			t.Errorf("at %v in %d, was in %d", at, x, last)
		}
		near(t, "in the middle", float64(level), 60*math.Exp2(2/2.2), 6)
		last = x
	}
	if _, level := brightest(3 * s); level != 60 {
		t.Errorf("%d when the car is gone", level)
	}
	if a, _ := brightest(5700 * time.Millisecond); a < testW/2 {
		t.Errorf("the second car comes from the same side: %d", a)
	}
}

func TestLeaves(t *testing.T) {
	p := grey(150, 128, 128)
	e := &Leaves{Seed: 1, Stops: 1, Size: 20, Sway: 8, Hertz: 0.5, Gust: 3 * s, Share: 0.5}
	a := apply(e, p, 5*s)
	near(t, "beside the tree", a.left(), 150, 0)
	dark, light := 0, 0
	for y := range testH {
		for _, v := range a.Y[y*testW+200 : (y+1)*testW] {
			switch {
			case float64(v) < 150*math.Exp2(-0.8/2.2):
				dark++
			case v > 145:
				light++
			}
		}
	}
	if n := testH * 120; dark < n/6 || light < n/6 {
		t.Errorf("of %d pixels %d in shadow and %d in the sun", n, dark, light)
	}
	// The patches sway: they are elsewhere half a second later, and in the same places on average.
	changed := 0
	b := apply(e, p, 5500*time.Millisecond)
	for i := range a.Y {
		if d := int(a.Y[i]) - int(b.Y[i]); d > 10 || d < -10 {
			changed++
		}
	}
	if changed < testW*testH/40 {
		t.Errorf("only %d pixels change in half a second", changed)
	}
	near(t, "mean", b.mean(), a.mean(), 4)
}
