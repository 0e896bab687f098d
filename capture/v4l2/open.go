package v4l2

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/v4l2/uapi"
	"signet/internal/hint"
)

// Options say what is asked of a camera. What it really does is in its Info.
type Options struct {
	Format        capture.Format // that is taken first; "": MJPEG, else a raw format. H.264 is none of them: it comes beside
	Width, Height int            // pixels, at most where the camera has a choice; 0: 1280x720, of raw formats 640x480
	FPS           float64        // frames per second, at most; 0: 10
	Log           *slog.Logger   // nil: nobody is told
}

// buffers that the driver fills in turn. Four outlast a stall of a few frames; the library's own default
// is 256, which takes a small board's memory.
const buffers = 4

// Open opens the camera at path, sets it up and waits for a first frame, which is not delivered: it is often dark or torn.
// ctx bounds that wait. Where another node of the same device has H.264, that is opened beside it; of that nothing is left
// out, since its first frame may be the only one with the parameters that all others need.
// The error wraps capture.ErrStalled when the camera can be set up and then delivers nothing.
func Open(ctx context.Context, path string, o Options) (capture.Camera, error) {
	c, err := open(ctx, path, o, false, kernel)
	if err != nil {
		return nil, err
	}
	node := videoNode(path)
	if node == "" {
		return c, nil
	}
	o.Format, o.Width, o.Height = "", c.info.Width, c.info.Height
	video, err := open(ctx, node, o, true, kernel)
	if err != nil {
		c.log.Warn("doing without the camera's H.264", "err", err)
		return c, nil
	}
	return &Pair{Camera: c, video: video, wait: func(d time.Duration) (ready [2]bool, err error) {
		err = uapi.Wait(d, ready[:], c.driver.(uapi.Node), video.driver.(uapi.Node))
		return ready, err
	}}, nil
}

// open opens one node, for H.264 where it is the second one of a camera.
func open(ctx context.Context, path string, o Options, video bool, sys system) (*Camera, error) {
	if o.FPS <= 0 {
		o.FPS = 10
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s, d, err := sys.open(path)
	if err != nil {
		return nil, explain(path, err)
	}
	c := &Camera{stream: s, driver: d, path: path, log: o.Log, clock: sys.now}
	if err := c.setUp(o, video); err != nil {
		c.Close()
		return nil, explain(path, err)
	}
	c.started()
	var first capture.Frame
	if err := c.Next(ctx, &first); err != nil {
		c.Close()
		return nil, fmt.Errorf("open camera %s: wait for the first frame: %w", path, err)
	}
	if video {
		c.kept = &first
	} else {
		c.order.next = 0
	}
	return c, nil
}

// explain makes an error of the kernel one for a person.
func explain(path string, err error) error {
	wrap := func(why string) error { return fmt.Errorf("open camera %s: %s", path, why) }
	// The library makes strings of some errors.
	is := func(e unix.Errno) bool { return errors.Is(err, e) || strings.HasSuffix(err.Error(), e.Error()) }
	switch {
	case is(unix.ENOENT), is(unix.ENXIO), is(unix.ENODEV):
		return hint.With(wrap("no such device"), "signet-agent cameras lists those that are connected")
	case is(unix.EACCES), is(unix.EPERM):
		return hint.With(wrap("permission denied"), "add the user to the group of the device: usermod -aG video USER")
	case is(unix.EBUSY):
		return hint.With(wrap("in use by another program, or by another [[camera]]"), "signet-agent cameras tells which")
	case is(unix.ENOSPC):
		return hint.With(wrap("the USB bus has no room for its stream"), "ask for a smaller format, size or rate, or use another USB port")
	}
	return fmt.Errorf("open camera %s: %w", path, err)
}
