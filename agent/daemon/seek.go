package daemon

import (
	"context"

	"signet/agent/claiming"
	"signet/capture"
	"signet/capture/lens"
	"signet/certs"
)

// finder looks for codes in the frames of one camera.
type finder interface {
	// Look takes the next frame, and says what stands in a code in it, or in one of the last, if anything does. It bounds by
	// itself what it costs.
	Look(f *capture.Frame) (text string, ok bool)
	// View returns what the frame shows, as a small JPEG.
	View(f *capture.Frame) ([]byte, error)
}

func newFinder() finder { return lens.New(lens.Config{Prefix: certs.ClaimPrefix}) }

// seek looks for a code in a camera's frames. What it needs for that it has while codes are looked for, and no longer.
func (d *Daemon) seek(ctx context.Context, c *camera, cam capture.Camera) error {
	if f := cam.Info().Format; f == capture.H264 {
		c.log.Warn("claim: this camera gives " + string(f) + " alone, in which no code is looked for")
		<-ctx.Done()
		return ctx.Err()
	}
	var in finder
	var f capture.Frame
	for {
		if err := cam.Next(ctx, &f); err != nil {
			return err
		}
		switch {
		case !d.claim.Looking():
			in = nil
			continue
		case f.Format == capture.H264:
			continue
		case in == nil:
			in = d.cfg.newFinder()
		}
		text, ok := in.Look(&f)
		if !ok {
			continue
		}
		view, err := in.View(&f)
		if err != nil {
			c.log.Warn("claim: the owner will not see what this camera sees", "err", err)
		}
		d.claim.Saw(claiming.Sighting{Text: text, View: view, Camera: c.number})
	}
}
