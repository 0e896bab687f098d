package perturb

import (
	"math"

	"signet/capture/luma"
)

// Picture is an image in JPEG's colours, with chroma at half size in both directions, rounded up.
type Picture struct {
	W, H      int
	Y, Cb, Cr []byte // rows follow each other without padding
	data      []byte // the three, as a frame of YU12 has them
}

// resize makes room for w x h pixels. What is in them is undefined.
func (p *Picture) resize(w, h int) {
	if p.W == w && p.H == h {
		return
	}
	n, c := w*h, (w+1)/2*((h+1)/2)
	p.W, p.H, p.data = w, h, make([]byte, n+2*c)
	p.Y, p.Cb, p.Cr = p.data[:n:n], p.data[n:n+c:n+c], p.data[n+c:]
}

// copy sets p to q.
func (p *Picture) copy(q *Picture) {
	p.resize(q.W, q.H)
	copy(p.data, q.data)
}

// chroma returns the size of Cb and Cr.
func (p *Picture) chroma() (w, h int) { return (p.W + 1) / 2, (p.H + 1) / 2 }

// set takes a decoded JPEG of any subsampling. Chroma of more rows or columns is averaged, of fewer repeated.
func (p *Picture) set(s *luma.Picture) {
	y := &s.Planes[0]
	p.resize(y.W, y.H)
	for row := range y.H {
		copy(p.Y[row*y.W:][:y.W], y.Pix[row*y.Stride:])
	}
	if s.N == 1 {
		for i := range p.Cb {
			p.Cb[i], p.Cr[i] = 128, 128
		}
		return
	}
	w, h := p.chroma()
	halve(p.Cb, w, h, &s.Planes[1])
	halve(p.Cr, w, h, &s.Planes[2])
}

// halve brings a plane to w x h samples, each the average of those it covers.
func halve(dst []byte, w, h int, s *luma.Samples) {
	if s.W == w && s.H == h {
		for y := range h {
			copy(dst[y*w:][:w], s.Pix[y*s.Stride:])
		}
		return
	}
	for y := range h {
		y0 := y * s.H / h
		y1 := max(y0+1, (y+1)*s.H/h)
		for x := range w {
			x0 := x * s.W / w
			x1 := max(x0+1, (x+1)*s.W/w)
			sum := 0
			for v := y0; v < y1; v++ {
				for u := x0; u < x1; u++ {
					sum += int(s.Pix[v*s.Stride+u])
				}
			}
			n := (x1 - x0) * (y1 - y0)
			dst[y*w+x] = byte((sum + n/2) / n)
		}
	}
}

// gamma is how pictures are coded: a value is the light to the power of 1/gamma.
const gamma = 2.2

// gain is the factor of coded values, luma and chroma alike, for a change of the light by so many stops.
func gain(stops float64) float64 { return math.Exp2(stops / gamma) }

// byteOf rounds to what a sample can hold.
func byteOf(v int) byte { return byte(min(max(v, 0), 255)) }

// scale multiplies the brightness of the whole picture.
func (p *Picture) scale(factor float64) {
	var y, c [256]byte
	for i := range 256 {
		y[i] = byteOf(int(math.Round(float64(i) * factor)))
		c[i] = byteOf(128 + int(math.Round(float64(i-128)*factor)))
	}
	through(p.Y, &y)
	through(p.Cb, &c)
	through(p.Cr, &c)
}

func through(pix []byte, table *[256]byte) {
	for i, v := range pix {
		pix[i] = table[v]
	}
}
