package perturb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"signet/capture"
	"signet/capture/compress"
)

// Options say how a stream is disturbed.
type Options struct {
	Effect  Effect
	From    time.Duration // since the first frame; until then frames pass as they are
	Held    bool          // until From the effect is there as in its first moment: dark before the sun rises
	Quality int           // of the JPEGs, 1 to 100; 0: 80. Effects may change it

	Pictures *Pictures // that were decoded before; nil: the camera's own
}

// Camera disturbs another camera's frames. It implements capture.Camera.
type Camera struct {
	capture.Camera
	o        Options
	started  bool
	first    capture.Mono
	firstSeq uint64

	decoder decoder
	frame   Frame
	encoder compress.Encoder
}

// New disturbs what cam delivers, which must be JPEG. Closing it closes cam.
func New(cam capture.Camera, o Options) *Camera {
	o.Quality = cmp.Or(o.Quality, 80)
	o.Pictures = cmp.Or(o.Pictures, &Pictures{})
	return &Camera{Camera: cam, o: o}
}

// Next waits for a frame and disturbs it. Dropped frames leave a gap in f.Seq. Beside the errors of the
// other camera there are those of capture/luma, for pictures that cannot be decoded.
func (c *Camera) Next(ctx context.Context, f *capture.Frame) error {
	for {
		if err := c.Camera.Next(ctx, f); err != nil {
			return err
		}
		if !c.started {
			c.started, c.first, c.firstSeq = true, f.Mono, f.Seq
		}
		at := f.Mono.Sub(c.first) - c.o.From
		if c.o.Effect == nil || at < 0 && !c.o.Held {
			return nil
		}
		dropped, err := c.disturb(f, max(at, 0))
		if err != nil {
			return fmt.Errorf("disturb frame %d: %w", f.Seq, err)
		}
		if !dropped {
			return nil
		}
	}
}

func (c *Camera) disturb(f *capture.Frame, at time.Duration) (dropped bool, err error) {
	p, err := c.o.Pictures.get(&c.decoder, f.Data)
	if err != nil {
		return false, err
	}
	g := &c.frame
	g.copy(p)
	g.N, g.At, g.Quality, g.Dropped = f.Seq-c.firstSeq, at, c.o.Quality, false
	if c.o.Effect.Apply(g); g.Dropped {
		return true, nil
	}
	from := capture.Frame{Format: capture.YU12, Width: g.W, Height: g.H, Data: g.data}
	f.Data, err = c.encoder.Append(f.Data[:0], &from, g.Quality)
	f.Width, f.Height = g.W, g.H
	return false, err
}

// Write writes frames of a camera to dst, JPEG after JPEG, until frames of them are written or the camera
// ends, and returns how many there were. A recorder, a benchmark of other programs can use such a file.
func Write(ctx context.Context, dst io.Writer, cam capture.Camera, frames int) (n int, err error) {
	var f capture.Frame
	for ; n < frames; n++ {
		err := cam.Next(ctx, &f)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if _, err := dst.Write(f.Data); err != nil {
			return n, fmt.Errorf("write frame %d: %w", f.Seq, err)
		}
	}
	return n, nil
}
