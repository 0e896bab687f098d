// Package clip has the clips that motion detectors are measured on: recordings with a known truth from a folder,
// the generated scene, and empty rooms under disturbances.
//
// A recording NAME.mjpeg is JPEG images one after another. Its truth lies beside it, in one or both of
//
//	NAME.truth     text; # begins a comment. "fps 10" says how fast the frames follow one another, "moving 60-203"
//	               in which frames (from 0, the last one included) something moves, "ignore 0-69" which ones are not
//	               to be judged. Without any "moving" nothing moves, unless there are cells.
//	NAME.cells.gz  for each frame a byte a cell of 8x8 pixels, row by row: 0 still, 1 moving, 2 not to be judged. The
//	               visits follow from them where NAME.truth names none; see score.FromCells.
//
// A recording without fps is passed over and named; so is one of the two recordings whose truth is known here,
// when it has another number of frames.
package clip

import (
	"context"
	"sync"

	"signet/capture"
	"signet/capture/luma"
	"signet/test/benchmotion/score"
)

// Group is the kind of a clip.
type Group string

// The kinds of clips.
const (
	Footage   Group = "recording"
	Generated Group = "generated scene"
	Disturbed Group = "empty room, disturbed"
)

// Clip is a sequence of frames at a steady pace, and what is true of them.
type Clip struct {
	Name   string
	Group  Group
	W, H   int      // pixels
	Frames [][]byte // JPEGs
	Truth  score.Truth

	once   sync.Once
	planes *score.Cells
	err    error
}

// Source makes a clip when it is needed: all of them at once would not fit a small machine.
type Source struct {
	Name  string
	Group Group
	Load  func(context.Context) (*Clip, error)
}

// Planes returns the 1/8-scale grey pictures of the frames, 8 bits a cell, as libjpeg's scaled decoder gives them.
// They are made once; the caller must not change them.
func (c *Clip) Planes() (*score.Cells, error) {
	c.once.Do(func() { c.planes, c.err = planes(c) })
	return c.planes, c.err
}

func planes(c *Clip) (*score.Cells, error) {
	var d luma.Decoder
	var p luma.Plane
	out := &score.Cells{}
	for _, img := range c.Frames {
		f := capture.Frame{Format: capture.MJPEG, Width: c.W, Height: c.H, Data: img}
		if err := d.Decode(&p, &f); err != nil {
			return nil, err
		}
		out.W, out.H = p.W, p.H
		for _, v := range p.Pix {
			out.Data = append(out.Data, byte(min(max((int(v)+4)>>3+128, 0), 255)))
		}
	}
	return out, nil
}
