package perturb

import (
	"math"
	"time"
)

// Sway is a camera on a mast in the wind, or on a bracket beside a machine: it swings with a frequency of
// its own, now more, now less.
type Sway struct {
	Seed   uint64
	Pixels float64 // farthest
	Hertz  float64

	shift shifter
}

// Apply implements Effect.
func (e *Sway) Apply(f *Frame) {
	t := f.At.Seconds()
	much := e.Pixels * (0.6 + 0.4*wobble(e.Seed, t/3))
	turn := 2 * math.Pi * e.Hertz * t
	e.shift.move(&f.Picture, much*math.Sin(turn), 0.6*much*math.Sin(1.31*turn))
}

// Wander is a camera whose aim walks about at random, held back to where it was: cables, thermals, a hand.
type Wander struct {
	Seed   uint64
	Pixels float64 // farthest
	Hertz  float64 // how often it turns round, about

	shift shifter
}

// Apply implements Effect.
func (e *Wander) Apply(f *Frame) {
	t := 2 * e.Hertz * f.At.Seconds()
	k := e.Pixels * ease(t)
	e.shift.move(&f.Picture, k*wander(e.Seed, t), k*wander(e.Seed+9, t))
}

// Knocks are doors and lorries: the camera is thrown aside, and swings back and forth until it is at rest
// again, or nearly so.
type Knocks struct {
	Seed   uint64
	Pixels float64       // the first swing
	Every  time.Duration // from knock to knock; the first one at the start
	Hertz  float64       // of swinging
	Rest   time.Duration // until it is still, a time constant
	Stays  float64       // pixels that the camera is turned by afterwards, at most

	shift shifter
}

// Apply implements Effect.
func (e *Knocks) Apply(f *Frame) {
	n, t := int64(f.At/e.Every), f.At%e.Every
	swing := e.Pixels * math.Exp(-float64(t)/float64(e.Rest)) * math.Sin(2*math.Pi*e.Hertz*t.Seconds())
	way := 2 * math.Pi * chance(e.Seed, n, 0)
	dx, dy := swing*math.Cos(way), swing*math.Sin(way)
	if e.Stays != 0 {
		dx += e.Stays * (2*chance(e.Seed, n, 1) - 1)
		dy += e.Stays * (2*chance(e.Seed, n, 2) - 1)
	}
	e.shift.move(&f.Picture, dx, dy)
}

// shifter moves pictures by parts of pixels.
type shifter struct{ mid []byte }

// move moves what is in the picture to the right and down. Between pixels it interpolates by a cubic
// (Catmull and Rom), which keeps edges and noise as sharp as a lens would; at the borders it repeats the
// last pixel.
func (s *shifter) move(p *Picture, dx, dy float64) {
	if len(s.mid) < len(p.Y) {
		s.mid = make([]byte, len(p.Y))
	}
	w, h := p.chroma()
	s.plane(p.Y, p.W, p.H, dx, dy)
	s.plane(p.Cb, w, h, dx/2, dy/2)
	s.plane(p.Cr, w, h, dx/2, dy/2)
}

func (s *shifter) plane(pix []byte, w, h int, dx, dy float64) {
	nx, kx := taps(dx)
	ny, ky := taps(dy)
	mid := s.mid[:w*h]
	for y := range h {
		from, to := pix[y*w:][:w], mid[y*w:][:w]
		for x := range w {
			if a := x + nx; a >= 1 && a+2 < w {
				q := from[a-1 : a+3 : a+3]
				to[x] = byteOf((kx[0]*int(q[0]) + kx[1]*int(q[1]) + kx[2]*int(q[2]) + kx[3]*int(q[3]) + 512) >> 10)
				continue
			}
			sum := 512
			for i, k := range kx {
				sum += k * int(from[min(max(x+nx+i-1, 0), w-1)])
			}
			to[x] = byteOf(sum >> 10)
		}
	}
	for y := range h {
		var rows [4][]byte
		for i := range rows {
			rows[i] = mid[min(max(y+ny+i-1, 0), h-1)*w:][:w]
		}
		to, a, b, c, d := pix[y*w:][:w], rows[0], rows[1], rows[2], rows[3]
		for x := range to {
			to[x] = byteOf((ky[0]*int(a[x]) + ky[1]*int(b[x]) + ky[2]*int(c[x]) + ky[3]*int(d[x]) + 512) >> 10)
		}
	}
}

// taps returns where a sample moved by d comes from: the whole pixels, and the weights, x1024, of the pixel
// before, that one and the two after.
func taps(d float64) (n int, k [4]int) {
	whole := math.Floor(-d)
	t := -d - whole
	k[0] = int(math.Round(512 * (-t + 2*t*t - t*t*t)))
	k[2] = int(math.Round(512 * (t + 4*t*t - 3*t*t*t)))
	k[3] = int(math.Round(512 * (-t*t + t*t*t)))
	k[1] = 1024 - k[0] - k[2] - k[3]
	return int(whole), k
}
