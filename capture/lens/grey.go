package lens

import (
	"slices"

	"signet/capture"
	"signet/capture/raw"
)

// maxPixels bounds the picture that is searched: what is larger is halved until it fits. A code that fills half of a picture's height
// is as easily read then.
const maxPixels = 1280 * 1024

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
	for f.grey.w*f.grey.h > maxPixels {
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
	width, height := frame.Width, frame.Height
	for width*height > maxPixels {
		width, height = width/2, height/2
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
