package perturb

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"slices"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
)

// Effects are measured on pixels: what goes in is known, and what comes out is compared with it.

const testW, testH = 320, 240

// grey returns a picture of one colour.
func grey(level, cb, cr byte) *Picture {
	p := &Picture{}
	p.resize(testW, testH)
	fill(p.Y, level)
	fill(p.Cb, cb)
	fill(p.Cr, cr)
	return p
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

// textured returns a picture with structure at all places, from 60 to 190.
func textured() *Picture {
	p := grey(0, 110, 150)
	for y := range testH {
		for x := range testW {
			a := math.Sin(float64(x)*0.21+0.05*float64(y)) + math.Sin(float64(y)*0.17-0.03*float64(x))
			p.Y[y*testW+x] = byte(125 + 32*a)
		}
	}
	return p
}

// apply returns p as the effect shows it at the time, as frame n of ten a second.
func apply(e Effect, p *Picture, at time.Duration) *Frame {
	f := &Frame{At: at, N: uint64(at / (100 * time.Millisecond)), Quality: 80}
	f.copy(p)
	e.Apply(f)
	return f
}

// mean is that of a part of a plane.
func mean(pix []byte, stride, x0, y0, x1, y1 int) float64 {
	sum := 0
	for y := y0; y < y1; y++ {
		for _, v := range pix[y*stride+x0 : y*stride+x1] {
			sum += int(v)
		}
	}
	return float64(sum) / float64((x1-x0)*(y1-y0))
}

func (p *Picture) mean() float64 { return mean(p.Y, p.W, 0, 0, p.W, p.H) }

// left and right are the means of the outer thirds.
func (p *Picture) left() float64  { return mean(p.Y, p.W, 0, 0, p.W/3, p.H) }
func (p *Picture) right() float64 { return mean(p.Y, p.W, p.W-p.W/3, 0, p.W, p.H) }

// near fails unless got is within tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: %.3f, want %.3f +- %.3f", what, got, want, tolerance)
	}
}

const s = time.Second

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

func spread(v []float64) float64 { return slices.Max(v) - slices.Min(v) }

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

// shift finds by how many pixels q is p, moved, to a quarter of one: first to whole ones, then finer.
func shift(p, q *Picture) (dx, dy float64) {
	m := shifter{mid: make([]byte, len(p.Y))}
	best := math.Inf(1)
	try := func(x, y float64) {
		moved := slices.Clone(p.Y)
		m.plane(moved, p.W, p.H, x, y)
		sum := 0.0
		for v := 8; v < p.H-8; v += 3 {
			for u := 8; u < p.W-8; u += 3 {
				d := float64(moved[v*p.W+u]) - float64(q.Y[v*p.W+u])
				sum += d * d
			}
		}
		if sum < best {
			best, dx, dy = sum, x, y
		}
	}
	for i := range 121 {
		try(float64(i%11-5), float64(i/11-5))
	}
	x, y := dx, dy
	for i := range 49 {
		try(x+float64(i%7-3)/4, y+float64(i/7-3)/4)
	}
	return dx, dy
}

func TestShifter(t *testing.T) {
	at := func(x, y float64) float64 { return 125 + 40*math.Sin(0.2*x)*math.Cos(0.15*y) }
	for _, d := range [][2]float64{{1, 0}, {0, -2}, {0.5, 0.5}, {-1.25, 3.75}} {
		p := grey(0, 128, 128)
		for i := range p.Y {
			p.Y[i] = byte(math.Round(at(float64(i%testW), float64(i/testW))))
		}
		var m shifter
		m.move(p, d[0], d[1])
		for y := 8; y < testH-8; y++ {
			for x := 8; x < testW-8; x++ {
				if got, want := float64(p.Y[y*testW+x]), at(float64(x)-d[0], float64(y)-d[1]); math.Abs(got-want) > 1.6 {
					t.Fatalf("moved by %v: %v at %d, %d, want %.1f", d, got, x, y, want)
				}
			}
		}
	}
}

func TestShake(t *testing.T) {
	p := textured()
	far := func(e Effect, seconds float64) (most float64) {
		for i := range 12 {
			at := time.Duration(seconds * float64(i) / 12 * float64(s))
			dx, dy := shift(p, &apply(e, p, at).Picture)
			most = max(most, math.Hypot(dx, dy))
		}
		return most
	}
	if m := far(&Sway{Seed: 1, Pixels: 2, Hertz: 1.3}, 4); m < 0.8 || m > 2.6 {
		t.Errorf("sways by %.2f", m)
	}
	if m := far(&Wander{Seed: 1, Pixels: 3, Hertz: 0.5}, 10); m < 1 || m > 4.5 {
		t.Errorf("wanders by %.2f", m)
	}
	k := &Knocks{Seed: 1, Pixels: 4, Every: 5 * s, Hertz: 2.5, Rest: 400 * time.Millisecond}
	swing := func(e Effect, at time.Duration) float64 {
		dx, dy := shift(p, &apply(e, p, at).Picture)
		return math.Hypot(dx, dy)
	}
	near(t, "knock", swing(k, 100*time.Millisecond), 4*math.Exp(-0.25), 0.4)
	near(t, "at rest", swing(k, 4*s), 0, 0.01)
	k.Stays = 2
	if d := swing(k, 4*s); d == 0 || d > 3 {
		t.Errorf("knocked away by %.2f", d)
	}
}

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
	for at, want := range map[time.Duration]int{0: 0, 500 * time.Millisecond: 6, s: 0, 1500 * time.Millisecond: 6, 3 * s: 0} {
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
	if slices.Min(blue) < 108 || slices.Max(blue) > 148 || spread(blue) < 15 {
		t.Errorf("blue %v", blue)
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
	e := Chain{Gain{Stops: 1}, During{From: 2 * s, To: 4 * s, Effect: Ramp{Stops: -1, Over: s}}}
	for at, stops := range map[time.Duration]float64{s: 1, 2 * s: 1, 3 * s: 0, 4 * s: 1} {
		f := apply(e, p, at)
		near(t, at.String(), f.mean(), 100*math.Exp2(stops/2.2), 1)
		if f.At != at {
			t.Errorf("time is %v afterwards, was %v", f.At, at)
		}
	}
}

// The camera leaves the calm as it is, keeps time, counts what is dropped, and gives what Go's own decoder
// can read.
func TestCamera(t *testing.T) {
	newRoom := func() capture.Camera {
		room, err := scene.New(scene.Options{Pace: pace.Virtual, FirstWalk: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		return room
	}
	plain := newRoom()
	cam := New(newRoom(), Options{
		Effect: Chain{Gain{Stops: -1}, Drop{Share: 0.3}, Quality{Low: 40, High: 90, Every: s}},
		From:   2 * s,
	})
	if cam.Info().Width != scene.Width {
		t.Errorf("info %+v", cam.Info())
	}
	var f, g capture.Frame
	var bright float64
	sizes := map[bool][]float64{}
	dropped := 0
	for i := uint64(0); i < 100; i++ {
		if err := cam.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		for err := plain.Next(t.Context(), &g); ; err = plain.Next(t.Context(), &g) {
			if err != nil {
				t.Fatal(err)
			}
			if g.Seq == f.Seq {
				break
			}
			dropped++
			i++
		}
		if f.Mono != g.Mono || f.Format != capture.MJPEG {
			t.Fatalf("frame %d: at %v, want %v", f.Seq, f.Mono, g.Mono)
		}
		if f.Seq < 20 {
			if dropped > 0 || !bytes.Equal(f.Data, g.Data) {
				t.Fatalf("frame %d is disturbed", f.Seq)
			}
			bright = lumaMean(t, f.Data)
			continue
		}
		near(t, "darker", lumaMean(t, f.Data), bright*math.Exp2(-1/2.2), 1)
		poor := (f.Seq-20)/10%2 == 0
		sizes[poor] = append(sizes[poor], float64(len(f.Data)))
	}
	if dropped < 10 || dropped > 40 {
		t.Errorf("%d frames are dropped", dropped)
	}
	if a, b := slices.Max(sizes[true]), slices.Min(sizes[false]); a > 0.7*b {
		t.Errorf("frames of up to %v bytes in poor quality, of %v in good", a, b)
	}
}

func lumaMean(t *testing.T, img []byte) float64 {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(img))
	if err != nil {
		t.Fatal(err)
	}
	y := m.(*image.YCbCr)
	return mean(y.Y, y.YStride, 0, 0, y.Rect.Dx(), y.Rect.Dy())
}

// A held effect stands still until it begins, and the same seed makes the same stream.
func TestHeldAndSeed(t *testing.T) {
	stream := func(seed uint64) (all []byte) {
		loop, err := NewLoop("test", [][]byte{shot(t)}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cam := New(loop, Options{Effect: Chain{Clock{}, &Noise{Seed: seed, Grey: 3}, Rain{Seed: seed, Rate: 100, Speed: 500, Exposure: 0.02, Width: 2, Grey: 50}}})
		if n, err := Write(t.Context(), &out, cam, 5); n != 5 || err != nil {
			t.Fatal(n, err)
		}
		return out.Bytes()
	}
	if a := stream(1); !bytes.Equal(a, stream(1)) || bytes.Equal(a, stream(2)) {
		t.Error("the seed does not decide")
	}
	loop, err := NewLoop("test", [][]byte{shot(t)}, 10)
	if err != nil {
		t.Fatal(err)
	}
	cam := New(loop, Options{Effect: &Sunrise{Stops: 2, Over: s}, From: s, Held: true})
	var f capture.Frame
	for i := range 21 {
		if err := cam.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		m := lumaMean(t, f.Data)
		if dark, full := 125*math.Exp2(-2/2.2), 125.0; i <= 10 {
			near(t, "held", m, dark, 2)
		} else if i == 20 {
			near(t, "at last", m, full, 2)
		}
	}
}

// shot is a JPEG in 4:2:2 of an odd size.
func shot(t *testing.T) []byte {
	t.Helper()
	m := image.NewYCbCr(image.Rect(0, 0, 161, 93), image.YCbCrSubsampleRatio422)
	for i := range m.Y {
		m.Y[i] = byte(115 + i%21)
	}
	fill(m.Cb, 100)
	fill(m.Cr, 150)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLoop(t *testing.T) {
	var frames [][]byte
	for i := range 4 {
		frames = append(frames, append(shot(t), byte(i)))
	}
	loop, err := NewLoop("test", frames, 20)
	if err != nil {
		t.Fatal(err)
	}
	var order []byte
	var f capture.Frame
	for i := range 10 {
		if err := loop.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if f.Seq != uint64(i) || f.Mono != capture.Mono(i)*capture.Mono(50*time.Millisecond) || f.Width != 161 || f.Height != 93 {
			t.Errorf("frame %d: %d at %v, %dx%d", i, f.Seq, f.Mono, f.Width, f.Height)
		}
		order = append(order, f.Data[len(f.Data)-1])
	}
	if want := []byte{0, 1, 2, 3, 2, 1, 0, 1, 2, 3}; !bytes.Equal(order, want) {
		t.Errorf("order %v", order)
	}
	if _, err := NewLoop("test", nil, 10); err == nil {
		t.Error("plays nothing")
	}
	if _, err := NewLoop("test", [][]byte{{1, 2, 3}}, 10); err == nil {
		t.Error("plays what is no JPEG")
	}
}
