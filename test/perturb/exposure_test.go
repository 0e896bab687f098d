package perturb

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestGain(t *testing.T) {
	p := grey(100, 100, 140)
	for _, stops := range []float64{-2, -0.5, 1, 2} {
		f := apply(Gain{Stops: stops}, p, 0)
		k := math.Exp2(stops / 2.2)
		near(t, "grey", f.mean(), 100*k, 0.6)
		near(t, "blue", float64(f.Cb[0]), 128-28*k, 0.6)
		near(t, "red", float64(f.Cr[0]), 128+12*k, 0.6)
	}
	if f := apply(Gain{Stops: 4}, p, 0); f.Y[0] != 255 {
		t.Errorf("light beyond white is %d", f.Y[0])
	}
}

func TestSteps(t *testing.T) {
	p, e := grey(100, 128, 128), Steps{Seed: 1, Stops: 0.5, Every: 2 * s}
	levels := map[int]bool{}
	for i := range 20 {
		a, b := apply(e, p, time.Duration(i)*2*s).mean(), apply(e, p, time.Duration(i)*2*s+1900*time.Millisecond).mean()
		near(t, "within a step", a, b, 0)
		near(t, "step", a, 100, 100*(math.Exp2(0.5/2.2)-1)+0.5)
		levels[int(a)] = true
	}
	if len(levels) < 8 {
		t.Errorf("only %d levels in twenty steps", len(levels))
	}
}

func TestRamp(t *testing.T) {
	p, e := grey(100, 128, 128), Ramp{Stops: -1, Over: 4 * s}
	for at, stops := range map[time.Duration]float64{0: 0, 2 * s: -0.5, 4 * s: -1, 6 * s: -0.5, 8 * s: 0, 12 * s: -1} {
		near(t, at.String(), apply(e, p, at).mean(), 100*math.Exp2(stops/2.2), 0.6)
	}
}

func TestDips(t *testing.T) {
	p, e := grey(100, 128, 128), Dips{Seed: 3, Stops: 1, Every: 5 * s, Fall: 200 * time.Millisecond, Recover: s}
	for n := range 5 {
		from := time.Duration(n) * e.Every
		before, bottom := apply(e, p, from).mean(), apply(e, p, from+e.Fall).mean()
		near(t, "before", before, 100, 0)
		if bottom > 100*math.Exp2(-0.5/2.2)+0.5 || bottom < 100*math.Exp2(-1/2.2)-0.5 {
			t.Errorf("dip %d goes down to %.1f", n, bottom)
		}
		half := 100 * math.Pow(bottom/100, math.Exp(-1))
		near(t, "after a second", apply(e, p, from+e.Fall+s).mean(), half, 0.6)
	}
}

func TestSunrise(t *testing.T) {
	p, e := grey(150, 128, 128), &Sunrise{Stops: 2, Over: 10 * s}
	dawn, noon := apply(e, p, 0), apply(e, p, 12*s)
	near(t, "night", dawn.mean(), 150*math.Exp2(-2/2.2), 1)
	near(t, "day", noon.mean(), 150, 0.5)
	if dawn.Cr[0] <= 130 || noon.Cr[0] != 128 {
		t.Errorf("red is %d at dawn, %d at noon", dawn.Cr[0], noon.Cr[0])
	}
	last := 0.0
	for at := time.Duration(0); at < 12*s; at += s {
		f := apply(e, p, at)
		if m := f.mean(); m < last {
			t.Errorf("darker at %v than before", at)
		} else {
			last = m
		}
		if at > 2*s && at < 8*s && f.left() <= f.right()+1 {
			t.Errorf("at %v the left is no brighter than the right", at)
		}
	}
}

func TestFocus(t *testing.T) {
	p := grey(40, 128, 128)
	for y := range testH {
		fill(p.Y[y*testW+testW/2:(y+1)*testW], 200)
	}
	e := &Focus{Pixels: 3, Every: 5 * s, Hunt: 2 * s}
	edge := func(at time.Duration) (n int) {
		for _, v := range apply(e, p, at).Y[100*testW : 101*testW] {
			if v > 45 && v < 195 {
				n++
			}
		}
		return n
	}
	for at, want := range map[time.Duration]int{0: 0, 300 * time.Millisecond: 6, 500 * time.Millisecond: 6, s: 0, 1500 * time.Millisecond: 6, 3 * s: 0} {
		if n := edge(at); n != want {
			t.Errorf("at %v the edge is %d pixels wide, want %d", at, n, want)
		}
	}
	near(t, "mean", apply(e, p, 500*time.Millisecond).mean(), 120, 0.5)
}

func TestWhiteBalance(t *testing.T) {
	p, e := grey(100, 128, 128), WhiteBalance{Seed: 1, Levels: 20, Every: 3 * s}
	var blue []float64
	for i := range 20 {
		f := apply(e, p, time.Duration(i)*3*s+2*s)
		blue = append(blue, float64(f.Cb[0]))
		near(t, "grey", f.mean(), 100, 0)
	}
	decisions := 0
	for n := range 10 { // no jump where one decision follows another
		at := time.Duration(n+1) * 3 * s
		near(t, "before and after", float64(apply(e, p, at).Cb[0]), float64(apply(e, p, at-s/100).Cb[0]), 1)
		if apply(e, p, at).Cb[0] != apply(e, p, at+s).Cb[0] {
			decisions++
		}
	}
	if decisions < 7 {
		t.Errorf("%d decisions in half a minute", decisions)
	}
	if slices.Min(blue) < 108 || slices.Max(blue) > 148 || spread(blue) < 15 {
		t.Errorf("blue %v", blue)
	}
}
