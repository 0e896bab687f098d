package perturb

import (
	"math"
	"slices"
	"testing"
	"time"
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

func spread(v []float64) float64 { return slices.Max(v) - slices.Min(v) }
