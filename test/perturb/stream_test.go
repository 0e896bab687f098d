package perturb

import (
	"math"
	"testing"
	"time"
)

func TestQualityAndDrop(t *testing.T) {
	p := grey(90, 120, 140)
	q := Quality{Low: 20, High: 90, Every: s}
	if a, b := apply(q, p, 500*time.Millisecond).Quality, apply(q, p, 1500*time.Millisecond).Quality; a != 20 || b != 90 {
		t.Errorf("qualities %d and %d", a, b)
	}
	d := Drop{Seed: 1, Share: 0.2}
	lost := 0
	for i := range 1000 {
		if apply(d, p, time.Duration(i)*s/10).Dropped {
			lost++
		}
	}
	near(t, "lost of 1000", float64(lost), 200, 40)
	d = Drop{Every: 5 * s, Burst: s}
	for i := range 100 {
		if lost := apply(d, p, time.Duration(i)*s/10).Dropped; lost != (i%50 >= 40) {
			t.Errorf("frame %d: lost is %v", i, lost)
		}
	}
}

func TestStutter(t *testing.T) {
	e := &Stutter{Every: 2 * s, Hold: s}
	for i := range 40 {
		want := i
		if i%20 < 10 {
			want = i - i%20
		}
		if got := apply(e, grey(byte(i), 128, 128), time.Duration(i)*s/10).Y[0]; int(got) != want {
			t.Errorf("frame %d shows %d, want %d", i, got, want)
		}
	}
}

func TestChainAndDuring(t *testing.T) {
	p := grey(100, 128, 128)
	e := Chain{Gain{Stops: 1}, During{From: 2 * s, To: 4 * s, Effect: Ramp{Stops: -1, Over: 3 * s}}}
	for at, stops := range map[time.Duration]float64{s: 1, 2 * s: 1, 3 * s: 1 - 1.0/3, 4 * s: 1} {
		f := apply(e, p, at)
		near(t, at.String(), f.mean(), 100*math.Exp2(stops/2.2), 1)
		if f.At != at {
			t.Errorf("time is %v afterwards, was %v", f.At, at)
		}
	}
}
