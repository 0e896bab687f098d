package v4l2

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/v4l2/uapi"
	"signet/internal/wait"
)

const (
	retryAfter  = 10 * time.Millisecond // when the driver says ready and has nothing
	maxFailures = 5                     // of the driver in a row, then the stream is started anew
	oldest      = 10 * time.Second      // a frame that is said to be older was not stamped by our clock
)

// fetch takes what the driver has into f. It says false where that is no frame to be delivered.
func (c *Camera) fetch(ctx context.Context, f *capture.Frame) (bool, error) {
	c.ask()
	buf, index, err := c.stream.GetFrame()
	switch {
	case err == nil:
		c.failures = 0
	case errors.Is(err, unix.EAGAIN):
		wait.For(ctx, retryAfter)
		return false, nil
	case errors.Is(err, unix.EIO):
		return false, c.failed(ctx)
	default:
		return false, c.gone(err)
	}
	got := c.take(f, buf, c.answer(index))
	// Only now: the driver writes into a released buffer at once.
	if err := c.stream.ReleaseFrame(index); err != nil {
		return false, c.gone(err)
	}
	return got, nil
}

// failed deals with an error of the stream: one frame was lost on the bus, or everything is until a new start.
func (c *Camera) failed(ctx context.Context) error {
	c.marked.Add(1)
	c.order.next++
	if c.failures++; c.failures >= maxFailures && c.restarts {
		c.restarts = false
		c.log.Warn("the driver reports errors: starting the camera's stream anew", "device", c.path)
		return c.restart()
	}
	wait.For(ctx, retryAfter)
	return nil
}

// ask lets the driver tell of its buffers while it still knows which are broken: once a buffer has been taken it no
// longer says so, and the library that takes it does not look.
func (c *Camera) ask() {
	for i := range c.told {
		b, err := c.driver.Buffer(uint32(i))
		if err != nil {
			b = uapi.Buffer{}
		}
		c.told[i] = b
	}
}

// answer is what was told of a buffer that has been taken. One that was filled after ask is asked for again.
func (c *Camera) answer(index uint32) uapi.Buffer {
	if index < buffers && c.told[index].Flags&uapi.BufDone != 0 {
		return c.told[index]
	}
	b, err := c.driver.Buffer(index)
	if err != nil {
		return uapi.Buffer{Sequence: c.order.driver + 1}
	}
	return b
}

// take makes f of a buffer, and counts what is none.
func (c *Camera) take(f *capture.Frame, buf []byte, b uapi.Buffer) bool {
	f.Mono = c.when(b)
	lost := c.order.lost(b.Sequence)
	wanted, missed := c.thinner.Wanted(f.Mono)
	if !wanted {
		if !c.bad { // nobody looks at this one; it is taken to be like the last
			c.alive = time.Now()
		}
		return false
	}
	if c.thinner.Interval > 0 {
		lost = min(lost, missed) // what would have been left out anyway is no loss
	}
	f.Seq = c.order.next + lost
	c.order.next = f.Seq + 1
	if c.bad = !c.picture(f, buf, b); c.bad {
		return false
	}
	c.alive, c.restarts, c.last = time.Now(), true, f.Mono
	return true
}

// when returns the moment of exposure, which the driver tells, or the present where it does not or that cannot be.
func (c *Camera) when(b uapi.Buffer) capture.Mono {
	now := c.clock()
	if d, ok := b.Mono(); ok {
		if m := capture.Mono(d); m > c.last && m <= now && now.Sub(m) < oldest {
			return m
		}
	}
	return now
}

// picture copies the picture in buf into f. It says false, and counts why, if there is none.
func (c *Camera) picture(f *capture.Frame, buf []byte, b uapi.Buffer) bool {
	f.Format, f.Key = c.info.Format, true
	f.Width, f.Height = c.info.Width, c.info.Height
	ok := true
	switch {
	case b.Flags&uapi.BufError != 0:
		c.marked.Add(1)
		return false
	case len(buf) == 0:
		c.empty.Add(1)
		return false
	case c.info.Format == capture.MJPEG:
		img, h, err := mjpeg.Find(buf)
		if ok = err == nil; ok {
			f.Width, f.Height = h.Width, h.Height
			f.Data = append(f.Data[:0], img...)
		}
	case c.info.Format == capture.H264:
		f.Key = b.Flags&uapi.BufKey != 0
		if ok = annexB(buf); ok {
			f.Data = append(f.Data[:0], buf...)
		}
	default:
		f.Data, ok = c.layout.pack(f.Data[:0], buf)
	}
	if !ok {
		c.torn.Add(1)
	}
	return ok
}

// annexB says whether b begins as H.264 does that is no MP4: with a start code (H.264, annex B).
func annexB(b []byte) bool {
	return len(b) > 4 && b[0] == 0 && b[1] == 0 && (b[2] == 1 || b[2] == 0 && b[3] == 1)
}

// gone is what every unexpected answer of the driver means: the camera is to be opened anew.
func (c *Camera) gone(err error) error {
	if errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("camera %s: %w", c.path, capture.ErrGone)
	}
	return fmt.Errorf("camera %s: %w: %w", c.path, capture.ErrGone, err)
}
