package moment

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"signet/capture"
	"signet/capture/motion"
)

// A thumbnail is at most ThumbWidth pixels wide and, but for pictures of pure noise, at most
// thumbBytes long.
const (
	ThumbWidth = 320
	thumbBytes = 15 << 10
)

// picker keeps a copy of the best frame of an event and makes the thumbnail of it.
type picker struct {
	best    float64
	frame   capture.Frame // a copy, in memory that is reused
	regions []motion.Region
	made    Thumbnail // of frame, if made.JPEG is not nil

	pictures pictures
}

func (p *picker) reset() {
	p.best = 0
	p.made = Thumbnail{}
}

// offer shows the picker a readable frame in which something moves.
func (p *picker) offer(f *capture.Frame, r *motion.Result) {
	q := worth(f, r)
	if q <= p.best*1.05 { // a little more is not worth a copy
		return
	}
	p.best = q
	p.made = Thumbnail{}
	data := append(p.frame.Data[:0], f.Data...)
	p.frame = *f
	p.frame.Data = data
	p.regions = append(p.regions[:0], r.Regions...)
}

// worth says how good a picture of the event a frame is: much to be seen, near the middle, not cut
// off by the picture's edge.
func worth(f *capture.Frame, r *motion.Result) float64 {
	best := 0.0
	for _, g := range r.Regions {
		dx := (float64(g.X)+float64(g.W)/2)/float64(r.W) - 0.5
		dy := (float64(g.Y)+float64(g.H)/2)/float64(r.H) - 0.5
		q := g.Score * (1 - math.Hypot(dx, dy))
		if g.X == 0 || g.X+g.W == r.W { // walking in or out
			q *= 0.7
		}
		best = max(best, q)
	}
	return best
}

// thumbnail makes the picture of the best frame. It is empty when there was none. When the frame
// cannot be read after all, the error says why and the next one offered is taken.
func (p *picker) thumbnail(e *Event) (Thumbnail, error) {
	if p.best == 0 {
		return Thumbnail{}, nil
	}
	if p.made.JPEG == nil {
		if err := p.make(); err != nil {
			p.best = 0
			return Thumbnail{}, fmt.Errorf("make thumbnail of frame %d: %w", p.frame.Seq, err)
		}
	}
	t := p.made
	t.JPEG = bytes.Clone(t.JPEG)
	t.Frame = p.frame.Seq
	t.At = e.offset(p.frame.Mono)
	t.Boxes = appendBoxes(nil, t.At, &p.frame, p.regions)
	return t, nil
}

func (p *picker) make() (err error) {
	p.made, err = p.still(&p.frame)
	return err
}

// still makes a small picture of any frame.
func (p *picker) still(f *capture.Frame) (Thumbnail, error) {
	jpeg, small, err := p.pictures.make(f, ThumbWidth, thumbBytes)
	if err != nil {
		return Thumbnail{}, err
	}
	return Thumbnail{JPEG: bytes.Clone(jpeg), Width: small.Width, Height: small.Height}, nil
}

// appendBoxes converts regions of 8x8 pixels to parts of the picture.
func appendBoxes(to []Box, at time.Duration, f *capture.Frame, regions []motion.Region) []Box {
	for _, g := range regions {
		x0, x1 := fraction(g.X, f.Width), fraction(g.X+g.W, f.Width)
		y0, y1 := fraction(g.Y, f.Height), fraction(g.Y+g.H, f.Height)
		to = append(to, Box{At: at, X: x0, Y: y0, W: x1 - x0, H: y1 - y0})
	}
	return to
}

// fraction is a cell's edge in ten-thousandths of a side of pixels.
func fraction(cell, pixels int) int {
	return min(10000, cell*8*10000/max(pixels, 1))
}
