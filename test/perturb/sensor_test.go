package perturb

import (
	"bytes"
	"math"
	"testing"
	"time"
)

// Each row is lit by its own phase, and from frame to frame the bands move by what is left of the light's
// periods.
func TestFlicker(t *testing.T) {
	p := grey(120, 128, 128)
	e := Flicker{Hertz: 50, Depth: 0.4, Readout: 0.020}
	f := apply(e, p, 0)
	row := func(f *Frame, y int) float64 { return mean(f.Y, f.W, 0, y, f.W, y+1) }
	for y := range testH {
		swing := 1 + 0.4*math.Sin(2*math.Pi*2*float64(y)/testH) // two swells in 20 ms
		near(t, "row", row(f, y), 120*math.Pow(swing, 1/2.2), 1)
	}
	if g := apply(e, p, 100*time.Millisecond); !bytes.Equal(f.Y, g.Y) {
		t.Error("100 Hz moves at 10 frames a second")
	}
	e.Hertz = 50.5 // 101 Hz: a tenth of a swell, 12 rows, a frame
	f = apply(e, p, 0)
	g := apply(e, p, 100*time.Millisecond)
	for y := range testH - 12 {
		near(t, "row moved", row(g, y), row(f, y+12), 2.5)
	}
	e.Exposure = 0.0099 // a swell, nearly
	g = apply(e, p, 0)
	for y := range testH {
		near(t, "row, long exposure", row(g, y), 120, 1)
	}
}

func TestNoise(t *testing.T) {
	p := grey(120, 128, 128)
	deviation := func(a, b []byte) float64 {
		sum := 0.0
		for i := range a {
			d := float64(a[i]) - float64(b[i])
			sum += d * d
		}
		return math.Sqrt(sum / float64(len(a)))
	}
	e := &Noise{Seed: 1, Grey: 6, Colour: 3}
	f := apply(e, p, 0)
	near(t, "mean", f.mean(), 120, 0.2)
	near(t, "grey", deviation(f.Y, p.Y), 6, 0.2)
	near(t, "blue", deviation(f.Cb, p.Cb), 3, 0.2)
	g := apply(e, p, 100*time.Millisecond)
	near(t, "from frame to frame", deviation(f.Y, g.Y), 6*math.Sqrt2, 0.4)

	// White noise nearly vanishes in blocks of 8x8, grain does not.
	blocks := func(f *Frame) float64 {
		sum := 0.0
		for y := 0; y < testH; y += 8 {
			for x := 0; x < testW; x += 8 {
				d := mean(f.Y, f.W, x, y, x+8, y+8) - 120
				sum += d * d
			}
		}
		return math.Sqrt(sum / (testW * testH / 64))
	}
	near(t, "blocks", blocks(f), 6.0/8, 0.1)
	grainy := apply(&Noise{Seed: 1, Grey: 6, Grain: 3}, p, 0)
	near(t, "grey, grainy", deviation(grainy.Y, p.Y), 6, 0.4)
	if b := blocks(grainy); b < 2 {
		t.Errorf("blocks of grain deviate by %.2f", b)
	}

	rows := apply(&Noise{Seed: 1, Rows: 2}, p, 0)
	sum := 0.0
	for y := range testH {
		d := mean(rows.Y, testW, 0, y, testW, y+1) - 120
		sum += d * d
	}
	near(t, "rows", math.Sqrt(sum/testH), 2, 0.3)
}

func TestIRCut(t *testing.T) {
	p := grey(100, 110, 160)
	e := &IRCut{Stops: -0.5, Every: 5 * s, Settle: 500 * time.Millisecond}
	middle := func(f *Frame) float64 { return mean(f.Y, testW, 150, 110, 170, 130) }
	night := apply(e, p, 4900*time.Millisecond)
	for i := range night.Cb {
		if night.Cb[i] != 128 || night.Cr[i] != 128 {
			t.Fatalf("colour %d, %d at night", night.Cb[i], night.Cr[i])
		}
	}
	red := 100 + 26.0 // ten sixteenths of 32, and six of 18: reflects infrared
	near(t, "middle", middle(night), red*math.Exp2(-0.5/2.2), 1)
	if corner := float64(night.Y[0]); corner > middle(night)*0.75 {
		t.Errorf("corner %.0f, middle %.0f", corner, middle(night))
	}
	near(t, "at once", middle(apply(e, p, 0)), red*math.Exp2(0.5/2.2), 1)
	day := apply(e, p, 9900*time.Millisecond)
	near(t, "day again", day.mean(), 100, 0.5)
	if day.Cb[0] != 110 || day.Cr[0] != 160 {
		t.Errorf("colour %d, %d by day", day.Cb[0], day.Cr[0])
	}
}
