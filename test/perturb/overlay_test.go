package perturb

import (
	"bytes"
	"testing"
	"time"
)

func TestRain(t *testing.T) {
	p := grey(100, 128, 128)
	e := Rain{Seed: 1, Rate: 100, Speed: 600, Exposure: 0.02, Width: 1.5, Grey: 60}
	a := apply(e, p, 5*s)
	wet := 0
	for _, v := range a.Y {
		if v < 100 {
			t.Fatal("rain is dark")
		}
		if v > 115 {
			wet++
		}
	}
	// About 100 drops a second that take less than 0.4 s to fall, each some 12 pixels long and 1.5 wide.
	if wet < 100 || wet > 1500 {
		t.Errorf("%d pixels are wet", wet)
	}
	// It begins with few.
	e.Rise = 10 * s
	bright := func(f *Frame) (sum int) {
		for _, v := range f.Y {
			sum += int(v) - 100
		}
		return sum
	}
	if few, many := bright(apply(e, p, 2*s)), bright(apply(e, p, 12*s)); few == 0 || 2*few > many {
		t.Errorf("rain brightens the picture by %d at first, by %d later", few, many)
	}
	// A drop falls by its speed: a lone one is measured.
	lone := Rain{Seed: 5, Rate: 0.5, Speed: 200, Exposure: 0.01, Width: 2, Grey: 80}
	row := func(at time.Duration) float64 {
		sum, n := 0.0, 0.0
		for i, v := range apply(lone, p, at).Y {
			sum += float64(v-100) * float64(i/testW)
			n += float64(v - 100)
		}
		return sum / n
	}
	if v := row(500*time.Millisecond) - row(300*time.Millisecond); v < 39 || v > 121 {
		t.Errorf("a drop falls %.1f pixels in 0.2 s", v)
	}
}

func TestClock(t *testing.T) {
	p := grey(90, 120, 140)
	e := Clock{}
	a, b, c := apply(e, p, 0), apply(e, p, 900*time.Millisecond), apply(e, p, s)
	if !bytes.Equal(a.Y, b.Y) {
		t.Error("the clock ticks within a second")
	}
	changed := 0
	for i := range a.Y {
		if x, y := i%testW, i/testW; (x > 260 || y > 30) && a.Y[i] != 90 {
			t.Fatalf("something is written at %d, %d", x, y)
		}
		if a.Y[i] != c.Y[i] {
			changed++
		}
	}
	if changed == 0 || changed > 2*5*7*4 { // :50 to :51
		t.Errorf("%d pixels change with a second", changed)
	}
	if bright := mean(a.Y, testW, 8, 8, 230, 22); bright < 60 || bright > 160 {
		t.Errorf("the line's mean is %.0f", bright)
	}
	tenths := Clock{Tenths: true}
	if bytes.Equal(apply(tenths, p, 0).Y, apply(tenths, p, 100*time.Millisecond).Y) {
		t.Error("tenths stand")
	}
	small := &Picture{}
	small.resize(33, 17) // the line is longer than the picture
	apply(e, small, 0)
}
