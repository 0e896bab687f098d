package v4l2

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/blackjack/webcam"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/v4l2/uapi"
)

// stallAfter is how long a camera may deliver nothing.
const stallAfter = 3 * time.Second

// Camera captures from one device node. It implements capture.Camera and capture.Skipper.
type Camera struct {
	stream stream
	driver driver
	path   string
	log    *slog.Logger
	clock  func() capture.Mono
	info   capture.Info
	layout layout // of raw formats

	told    [buffers]uapi.Buffer // what the driver said of its buffers, by index, when there last was one
	thinner pace.Thinner
	order   order
	last    capture.Mono // of the newest frame

	alive    time.Time      // when there last was a good frame, or the stream was started
	bad      bool           // the last frame that was looked at was no picture
	kept     *capture.Frame // the first frame of H.264, until it is delivered
	restarts bool           // a stream that stalls is started anew, once; then it is ErrStalled
	failures int            // of the driver, in a row

	marked, empty, torn atomic.Uint64
}

// Info describes the camera as it was set up.
func (c *Camera) Info() capture.Info { return c.info }

// Skipped returns what was passed over until now.
func (c *Camera) Skipped() capture.Skipped {
	return capture.Skipped{Marked: c.marked.Load(), Empty: c.empty.Load(), Torn: c.torn.Load()}
}

// Close stops the stream and frees the device.
func (c *Camera) Close() error { return errors.Join(c.stream.Close(), c.driver.Close()) }

// Next waits for the next frame; see capture.Camera. It notices the end of ctx within a second. A frame that was lost or
// is no picture leaves a gap in Frame.Seq.
func (c *Camera) Next(ctx context.Context, f *capture.Frame) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := c.stream.WaitForFrame(1)
		if err == nil {
			var got bool
			if got, err = c.fetch(ctx, f); got || err != nil {
				return err
			}
		} else if _, timeout := errors.AsType[*webcam.Timeout](err); !timeout {
			return c.gone(err)
		}
		// Only now: frames may have waited for whoever takes them.
		if err := c.stalled(); err != nil {
			return err
		}
	}
}

// stalled starts a stream anew that delivers nothing, and gives up when that did not help.
func (c *Camera) stalled() error {
	silent := time.Since(c.alive)
	switch {
	case silent < stallAfter:
		return nil
	case c.restarts:
		c.restarts = false
		c.log.Warn("camera delivers no pictures: starting its stream anew", "device", c.path, "silent", silent.Round(time.Second))
		return c.restart()
	}
	return fmt.Errorf("camera %s: %w for %v", c.path, capture.ErrStalled, silent.Round(time.Second))
}

func (c *Camera) restart() error {
	if err := c.stream.StopStreaming(); err != nil {
		return c.gone(err)
	}
	if err := c.stream.StartStreaming(); err != nil {
		return c.gone(err)
	}
	c.started()
	return nil
}

func (c *Camera) started() {
	c.alive, c.failures = time.Now(), 0
	c.order.restarted()
}
