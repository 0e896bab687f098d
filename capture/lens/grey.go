package lens

import (
	"slices"

	"signet/capture"
	"signet/capture/raw"
)

// maxWidth bounds the picture that is searched, in pixels: what is wider is halved until it fits. A code that fills half of a
// picture's height is as easily read then.
const maxWidth = 1280

// grey is a grey picture, row by row.
type grey struct {
	w, h int
	pix  []byte
}

func (g *grey) resize(w, h int) {
	g.w, g.h = w, h
	g.pix = slices.Grow(g.pix[:0], w*h)[:w*h]
}

// read takes the luma of a frame.
func (f *Finder) read(frame *capture.Frame) error {
	y, err := f.luma(frame)
	if err != nil {
		return err
	}
	f.grey.copy(y)
	for f.grey.w > maxWidth {
		f.grey.halve()
	}
	return nil
}

// luma returns the plane of luma. A JPEG is decoded to as small a picture as will do.
func (f *Finder) luma(frame *capture.Frame) (raw.Plane, error) {
	if frame.Format != capture.MJPEG {
		planes, _, err := raw.Planes(frame)
		return planes[0], err
	}
	width := frame.Width
	for width > maxWidth {
		width = (width + 1) / 2
	}
	if err := f.decoder.Small(&f.decoded, frame.Data, width); err != nil {
		return raw.Plane{}, err
	}
	s := &f.decoded.Planes[0]
	return raw.Plane{Data: s.Pix, Step: 1, Stride: s.Stride, W: s.W, H: s.H}, nil
}

func (g *grey) copy(p raw.Plane) {
	g.resize(p.W, p.H)
	for y := range p.H {
		row, to := p.Data[y*p.Stride:], g.pix[y*g.w:][:g.w]
		if p.Step == 1 {
			copy(to, row)
			continue
		}
		for x := range to {
			to[x] = row[x*p.Step]
		}
	}
}

// halve averages four pixels into one, in place.
func (g *grey) halve() {
	w, h := g.w/2, g.h/2
	for y := range h {
		a, b := g.pix[2*y*g.w:], g.pix[(2*y+1)*g.w:]
		to := g.pix[y*w:]
		for x := range w {
			to[x] = byte((int(a[2*x]) + int(a[2*x+1]) + int(b[2*x]) + int(b[2*x+1]) + 2) / 4)
		}
	}
	g.resize(w, h)
}

// mirror exchanges left and right, in place.
func (g *grey) mirror() {
	for y := range g.h {
		slices.Reverse(g.pix[y*g.w:][:g.w])
	}
}

// smooth sets g to what from shows, averaged over three by three pixels with the nearer ones counting more: noise goes.
func (g *grey) smooth(from *grey) {
	g.resize(from.w, from.h)
	w := g.w
	for y := range g.h {
		up, here, down := from.pix[max(y-1, 0)*w:][:w], from.pix[y*w:][:w], from.pix[min(y+1, g.h-1)*w:][:w]
		column := func(x int) int { return int(up[x]) + 2*int(here[x]) + int(down[x]) }
		to := g.pix[y*w:][:w]
		left, middle := column(0), column(0)
		for x := range to {
			right := column(min(x+1, w-1))
			to[x] = byte((left + 2*middle + right + 8) / 16)
			left, middle = middle, right
		}
	}
}

// double sets g to from at twice its size, with pixels between pixels: what is small is read better then.
func (g *grey) double(from *grey) {
	g.resize(2*from.w, 2*from.h)
	for y := range from.h {
		near := from.pix[y*from.w:][:from.w]
		for i, far := range [2]int{max(y-1, 0), min(y+1, from.h-1)} {
			other, to := from.pix[far*from.w:][:from.w], g.pix[(2*y+i)*g.w:][:g.w]
			row := func(x int) int { return 3*int(near[x]) + int(other[x]) }
			for x := range near {
				here := 3 * row(x)
				to[2*x] = byte((here + row(max(x-1, 0)) + 8) / 16)
				to[2*x+1] = byte((here + row(min(x+1, from.w-1)) + 8) / 16)
			}
		}
	}
}

// binarise sets g to black where from is darker than its surroundings, a square of side/n pixels around, by more than a little,
// else white: light that falls on one corner only does not hide what is there.
func (g *grey) binarise(from *grey, n int) {
	const little = 5
	g.resize(from.w, from.h)
	w, h, r := from.w, from.h, max(from.h/n, 4)
	columns := make([]int, w) // sums over the rows y-r to y+r
	add := func(y, sign int) {
		for x, v := range from.pix[y*w:][:w] {
			columns[x] += sign * int(v)
		}
	}
	for y := range min(r, h) {
		add(y, 1)
	}
	for y := range h {
		if y+r < h {
			add(y+r, 1)
		}
		if y-r-1 >= 0 {
			add(y-r-1, -1)
		}
		rows := min(y+r, h-1) - max(y-r, 0) + 1
		sum := 0
		for _, c := range columns[:min(r, w)] {
			sum += c
		}
		in, to := from.pix[y*w:][:w], g.pix[y*w:][:w]
		for x := range to {
			if x+r < w {
				sum += columns[x+r]
			}
			if x-r-1 >= 0 {
				sum -= columns[x-r-1]
			}
			area := rows * (min(x+r, w-1) - max(x-r, 0) + 1)
			to[x] = 0
			if (int(in[x])+little)*area > sum {
				to[x] = 255
			}
		}
	}
}
