package v4l2

import (
	"errors"
	"fmt"
	"math"

	"github.com/blackjack/webcam"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/v4l2/uapi"
)

// setUp chooses a mode, starts the stream, and reads back what came of it.
func (c *Camera) setUp(o Options, video bool) error {
	caps, err := c.driver.Capability()
	switch {
	case err != nil:
		return err
	case caps.Caps()&uapi.CapCapture == 0 && caps.Caps()&uapi.CapCaptureMplane != 0:
		return errors.New("it has multi-planar capture only, which is not supported")
	case caps.Caps()&uapi.CapCapture == 0:
		return errors.New("not a capture device")
	}
	c.info = capture.Info{Name: caps.Card(), Driver: caps.Driver(), Path: c.path}
	asked, err := c.propose(o, video)
	if err != nil {
		return err
	}
	if err := c.readBack(asked, o.FPS); err != nil {
		return err
	}
	c.compare(o)
	if err := c.stream.StartStreaming(); err != nil {
		return fmt.Errorf("start the stream: %w", err)
	}
	return nil
}

// propose asks the driver for the nearest to what is wanted of what it says that it has, and returns that.
func (c *Camera) propose(o Options, video bool) (m Mode, err error) {
	if video {
		m = chooseMode(uapi.FourCC(string(capture.H264)), c.driver.Sizes, o)
	} else if m, err = Choose(c.driver.Formats(), c.driver.Sizes, o); err != nil {
		return m, err
	}
	_, _, _, err = c.stream.SetImageFormat(webcam.PixelFormat(uapi.FourCC(m.FourCC)), uint32(m.Width), uint32(m.Height))
	if err != nil {
		return m, fmt.Errorf("set %s of %dx%d: %w", m.FourCC, m.Width, m.Height, err)
	}
	_ = c.stream.SetFramerate(float32(o.FPS)) // not every driver has one to set; Rate tells
	return m, c.stream.SetBufferCount(buffers)
}

// readBack learns what the driver really set, which the library does not tell.
func (c *Camera) readBack(asked Mode, fps float64) error {
	pix, err := c.driver.PixFormat()
	if err != nil {
		return fmt.Errorf("read the format back: %w", err)
	}
	format, ok := formatOf(pix.FourCC)
	if !ok || (format == capture.H264) != (asked.Format == capture.H264) {
		return fmt.Errorf("asked for %s, the driver set %s", asked.FourCC, uapi.FourCCName(pix.FourCC))
	}
	if format != capture.MJPEG && format != capture.H264 {
		if c.layout, err = layoutOf(format, pix); err != nil {
			return err
		}
	}
	c.info.Format, c.info.Width, c.info.Height, c.info.FPS = format, int(pix.Width), int(pix.Height), fps
	rate := c.driver.Rate()
	if rate > 0 && (rate < fps || format == capture.H264) {
		c.info.FPS = rate
	}
	if format != capture.H264 && (rate == 0 || rate > 1.1*fps) {
		c.thinner.Interval = pace.Interval(fps)
	}
	return nil
}

// compare says where the camera is not as it was explicitly asked to be.
func (c *Camera) compare(o Options) {
	i := c.info
	if o.Format != "" && i.Format != o.Format {
		c.log.Warn("camera has not the format that was asked for", "device", c.path, "asked", o.Format, "set", i.Format)
	}
	if o.Width > 0 && o.Height > 0 && (i.Width != o.Width || i.Height != o.Height) {
		c.log.Warn("camera has not the size that was asked for", "device", c.path,
			"asked", fmt.Sprintf("%dx%d", o.Width, o.Height), "set", fmt.Sprintf("%dx%d", i.Width, i.Height))
	}
	if i.FPS < 0.95*o.FPS {
		c.log.Warn("camera is slower than was asked for", "device", c.path, "asked", o.FPS, "set", math.Round(10*i.FPS)/10)
	}
}
