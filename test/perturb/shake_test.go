package perturb

import (
	"math"
	"slices"
	"testing"
	"time"
)

// shift finds by how many pixels q is p, moved, to a quarter of one: first to whole ones, then finer.
func shift(p, q *Picture) (dx, dy float64) {
	const w, h = testW / 2, testH / 2 // the upper left is enough
	from, to := crop(p, w, h), crop(q, w, h)
	m := shifter{mid: make([]byte, w*h)}
	best := math.Inf(1)
	try := func(x, y float64) {
		moved := slices.Clone(from)
		m.plane(moved, w, h, x, y)
		sum := 0.0
		for v := 8; v < h-8; v += 3 {
			for u := 8; u < w-8; u += 3 {
				d := float64(moved[v*w+u]) - float64(to[v*w+u])
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

func crop(p *Picture, w, h int) (pix []byte) {
	for y := range h {
		pix = append(pix, p.Y[y*p.W:][:w]...)
	}
	return pix
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
