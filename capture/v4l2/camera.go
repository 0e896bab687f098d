package v4l2

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/mjpeg"
)

const (
	stallAfter = 3 * time.Second       // without a frame, before ErrStalled
	retryAfter = 10 * time.Millisecond // when the driver says ready and has nothing
)

// Skipped counts frames that the driver gave and that were no pictures.
type Skipped struct {
	Torn   uint64 // broken off, or shorter than the format asks for
	Empty  uint64 // without a byte
	Errors uint64 // the driver's own transmission errors
}

// Camera captures from a device node. It implements capture.Camera.
type Camera struct {
	stream  stream
	control control
	path    string
	info    capture.Info
	layout  layout // of raw formats
	thin    bool   // the driver is faster than asked: leave frames out
	due     time.Time
	alive   time.Time // when there last was a good frame
	seq     uint64
	skipped Skipped
}

// Info describes the camera as it was set up.
func (c *Camera) Info() capture.Info { return c.info }

// Skipped returns what was passed over until now.
func (c *Camera) Skipped() Skipped { return c.skipped }

// Close stops the stream and frees the device.
func (c *Camera) Close() error { return errors.Join(c.stream.Close(), c.control.close()) }

func (c *Camera) start() { c.alive = time.Now() }

// Next waits for the next frame; see capture.Camera. It notices the end of ctx within a second. A torn frame
// leaves a gap in Frame.Seq.
func (c *Camera) Next(ctx context.Context, f *capture.Frame) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if silent := time.Since(c.alive); silent >= stallAfter {
			return fmt.Errorf("camera %s: %w for %v", c.path, capture.ErrStalled, silent.Round(time.Second))
		}
		err := c.stream.WaitForFrame(1)
		if timeout := (*webcam.Timeout)(nil); errors.As(err, &timeout) {
			continue
		} else if err != nil {
			return c.gone(err)
		}
		buf, index, err := c.stream.GetFrame()
		switch {
		case err == nil:
		case errors.Is(err, unix.EAGAIN):
			sleep(ctx, retryAfter)
			continue
		case errors.Is(err, unix.EIO): // a frame was lost on the bus
			c.skipped.Errors++
			c.seq++
			sleep(ctx, retryAfter)
			continue
		default:
			return c.gone(err)
		}
		now, mono := time.Now(), capture.Now()
		wanted := c.wanted(now)
		good := wanted && c.take(f, buf)
		if !wanted {
			c.alive = now
		}
		// Only now: the driver writes into a released buffer at once.
		if err := c.stream.ReleaseFrame(index); err != nil {
			return c.gone(err)
		}
		if wanted {
			f.Seq, f.Mono = c.seq, mono
			c.seq++
		}
		if good {
			c.alive = now
			return nil
		}
	}
}

// wanted says whether a frame of now is to be delivered: one for each interval of the asked rate.
func (c *Camera) wanted(now time.Time) bool {
	if !c.thin {
		return true
	}
	interval := time.Duration(float64(time.Second) / c.info.FPS)
	if now.Before(c.due) {
		return false
	}
	if c.due = c.due.Add(interval); c.due.Before(now) {
		c.due = now.Add(interval - interval/8) // the driver's frames need not fall on our beat
	}
	return true
}

// take copies the frame in buf into f. It says false, and counts why, if it is no picture.
func (c *Camera) take(f *capture.Frame, buf []byte) bool {
	f.Format, f.Key = c.info.Format, true
	f.Width, f.Height = c.info.Width, c.info.Height
	switch {
	case len(buf) == 0:
		c.skipped.Empty++
		return false
	case c.info.Format == capture.MJPEG:
		h, n, err := mjpeg.Check(buf)
		if err != nil {
			c.skipped.Torn++
			return false
		}
		f.Width, f.Height = h.Width, h.Height
		f.Data = append(f.Data[:0], buf[:n]...)
		return true
	}
	var ok bool
	if f.Data, ok = c.layout.pack(f.Data[:0], buf); !ok {
		c.skipped.Torn++
	}
	return ok
}

// gone is what every unexpected answer of the driver means: the camera is to be opened anew.
func (c *Camera) gone(err error) error {
	if errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("camera %s: %w", c.path, capture.ErrGone)
	}
	return fmt.Errorf("camera %s: %w: %w", c.path, capture.ErrGone, err)
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
