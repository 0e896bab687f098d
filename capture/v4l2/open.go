package v4l2

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/internal/hint"
)

// Options say what is asked of a camera. What it really does is in its Info.
type Options struct {
	Width, Height int     // pixels, at most where the camera has a choice; 0: 1280x720
	FPS           float64 // frames per second, at most; 0: 10
}

// buffers that the driver fills in turn. Four outlast a stall of a few frames; the library's own default
// is 256, which takes a small board's memory.
const buffers = 4

// Open opens the camera at path, sets it up and waits for a first frame, which is not delivered: it is
// often dark or torn. ctx bounds that wait.
func Open(ctx context.Context, path string, o Options) (*Camera, error) {
	return open(ctx, path, o, openNode)
}

func open(ctx context.Context, path string, o Options, node func(string) (stream, control, error)) (*Camera, error) {
	if o.Width <= 0 || o.Height <= 0 {
		o.Width, o.Height = 1280, 720
	}
	if o.FPS <= 0 {
		o.FPS = 10
	}
	s, ctl, err := node(path)
	if err != nil {
		return nil, explain(path, err)
	}
	c := &Camera{stream: s, control: ctl, path: path}
	if err := c.setUp(o); err != nil {
		c.Close()
		return nil, explain(path, err)
	}
	var first capture.Frame
	c.start()
	if err := c.Next(ctx, &first); err != nil {
		c.Close()
		return nil, fmt.Errorf("open camera %s: wait for the first frame: %w", path, err)
	}
	c.seq = 0
	return c, nil
}

// setUp chooses a mode, starts the stream, and reads back what came of it.
func (c *Camera) setUp(o Options) error {
	caps, err := c.control.capability()
	switch {
	case err != nil:
		return err
	case caps.caps()&capCapture == 0 && caps.caps()&capCaptureMplane != 0:
		return errors.New("it has multi-planar capture only, which is not supported")
	case caps.caps()&capCapture == 0:
		return errors.New("not a capture device")
	}
	name, err := chooseFormat(c.control.formats())
	if err != nil {
		return err
	}
	w, h := chooseSize(c.control.sizes(name), o.Width, o.Height)
	if _, _, _, err := c.stream.SetImageFormat(webcam.PixelFormat(fourCC(name)), uint32(w), uint32(h)); err != nil {
		return fmt.Errorf("set %s of %dx%d: %w", name, w, h, err)
	}
	_ = c.stream.SetFramerate(float32(o.FPS)) // not every driver has one to set; rate tells
	if err := c.stream.SetBufferCount(buffers); err != nil {
		return err
	}
	pix, err := c.control.pixFormat()
	if err != nil {
		return fmt.Errorf("read the format back: %w", err)
	}
	got, ok := formatOf(fourCCName(pix.fourCC))
	if !ok {
		return fmt.Errorf("asked for %s, the driver set %s", name, fourCCName(pix.fourCC))
	}
	if got != capture.MJPEG {
		if c.layout, err = layoutOf(got, pix); err != nil {
			return err
		}
	}
	c.info = capture.Info{
		Name:   text(caps.card[:]),
		Driver: text(caps.driver[:]),
		Path:   c.path,
		Format: got,
		Width:  int(pix.width),
		Height: int(pix.height),
		FPS:    o.FPS,
	}
	rate := c.control.rate()
	if rate > 0 && rate < o.FPS {
		c.info.FPS = rate
	}
	c.thin = rate == 0 || rate > 1.1*o.FPS
	if err := c.stream.StartStreaming(); err != nil {
		return fmt.Errorf("start the stream: %w", err)
	}
	return nil
}

// explain makes an error of the kernel one for a person.
func explain(path string, err error) error {
	wrap := func(why string) error { return fmt.Errorf("open camera %s: %s", path, why) }
	// The library makes strings of some errors.
	is := func(e unix.Errno) bool { return errors.Is(err, e) || strings.HasSuffix(err.Error(), e.Error()) }
	switch {
	case is(unix.ENOENT), is(unix.ENXIO), is(unix.ENODEV):
		advice := "no V4L2 capture device is connected"
		if devices := List(); len(devices) > 0 {
			advice = "there is " + devices[0].Path + " (" + devices[0].Name + ")"
		}
		return hint.With(wrap("no such device"), advice)
	case is(unix.EACCES), is(unix.EPERM):
		return hint.With(wrap("permission denied"), "add the user to the group of the device: usermod -aG video USER")
	case is(unix.EBUSY):
		return hint.With(wrap("in use by another program"), "fuser -v "+path+" tells which")
	}
	return fmt.Errorf("open camera %s: %w", path, err)
}
