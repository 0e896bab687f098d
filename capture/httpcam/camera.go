package httpcam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/pace"
)

// stallAfter is how long a camera may deliver nothing.
const stallAfter = 3 * time.Second

// Camera takes pictures from one stream. It implements capture.Camera and capture.Skipper.
type Camera struct {
	info  capture.Info
	stop  context.CancelFunc // of the request, and so of the reader
	timer *time.Timer        // of Next

	fresh chan struct{} // there is a picture that was not taken
	ended chan struct{} // the reader has ended, for the reason err
	err   error

	mu     sync.Mutex
	newest capture.Frame
	torn   atomic.Uint64
}

// Info describes the stream, with the size of its first picture.
func (c *Camera) Info() capture.Info { return c.info }

// Skipped returns what was passed over until now.
func (c *Camera) Skipped() capture.Skipped { return capture.Skipped{Torn: c.torn.Load()} }

// Next waits for the next picture; see capture.Camera. One that was lost, or was none, leaves a gap in Frame.Seq.
func (c *Camera) Next(ctx context.Context, f *capture.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.timer.Reset(stallAfter)
	defer c.timer.Stop()
	select {
	case <-c.fresh:
		c.take(f)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.timer.C:
		return fmt.Errorf("camera %s: %w for %v", c.info.Path, capture.ErrStalled, stallAfter)
	case <-c.ended:
		if c.pending() {
			c.take(f)
			return nil
		}
		return fmt.Errorf("camera %s: %w: %w", c.info.Path, capture.ErrGone, c.err)
	}
}

// pending tells whether a picture has come of which nobody has been told yet; it counts as told from then on.
func (c *Camera) pending() bool {
	select {
	case <-c.fresh:
		return true
	default:
		return false
	}
}

// take copies the newest picture into f.
func (c *Camera) take(f *capture.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending() // a newer one came after Next was woken: it is this one
	data := append(f.Data[:0], c.newest.Data...)
	*f = c.newest
	f.Data = data
}

// Close ends the request.
func (c *Camera) Close() error {
	c.stop()
	<-c.ended
	return nil
}

// read reads the stream until it ends or breaks, and closes it.
func (c *Camera) read(body io.ReadCloser, thinner pace.Thinner) {
	defer close(c.ended)
	defer body.Close()
	split := mjpeg.NewSplitter(body, 0)
	var seq uint64
	for {
		img, err := split.Next()
		if skipped := split.Skipped().Images(); skipped > c.torn.Load() {
			seq += skipped - c.torn.Load()
			c.torn.Store(skipped)
		}
		if err != nil {
			c.err = reason(err)
			return
		}
		now := capture.Now()
		// How many it left out itself cannot be told: it sends no numbers.
		if wanted, _ := thinner.Wanted(now); !wanted {
			continue
		}
		c.show(img, seq, now)
		seq++
	}
}

// show makes img the newest picture.
func (c *Camera) show(img []byte, seq uint64, now capture.Mono) {
	h, err := mjpeg.Parse(img)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil { // cannot be: the splitter has walked through it
		h.Width, h.Height = c.newest.Width, c.newest.Height
	}
	c.newest = capture.Frame{
		Seq: seq, Mono: now, Format: capture.MJPEG, Width: h.Width, Height: h.Height, Key: true,
		Data: append(c.newest.Data[:0], img...),
	}
	select {
	case c.fresh <- struct{}{}:
	default:
	}
}

// reason says in words why a stream ended.
func reason(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it has ended its stream")
	}
	return err
}
