// Package source opens the camera that a configuration or a command line names.
package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/replay"
	"signet/capture/scene"
	"signet/capture/v4l2"
	"signet/internal/hint"
)

// Names of cameras that are no paths.
const (
	Auto      = "auto"      // the first V4L2 capture device that works, else the generated scene
	Generated = "generated" // the generated scene
)

// Options are those of all kinds of camera.
type Options struct {
	FPS           float64      // frames per second: at most, of a device; the pace, of a recording or scene; 0: their own
	Width, Height int          // pixels, at most, of a device; 0: 1280x720
	Loop          bool         // play a recording again and again
	Pace          pace.Mode    // of a recording or scene
	Seed          uint64       // of the generated scene
	Log           *slog.Logger // which devices were tried in vain; nil: nobody is told
}

// patience is how long a device may take to give its first picture when there is another choice.
const patience = 6 * time.Second

// Open opens the camera that spec names:
//
//	"" or "auto"     the first V4L2 capture device that gives pictures, else the generated scene
//	"generated"      the generated scene
//	/dev/…           that device
//	a folder         its JPEG files by name
//	*.mjpeg, *.mjpg  JPEG images one after another
//	another file     whatever ffmpeg reads
//
// An error is one line that names spec and the reason; capture.Hint may have advice for a second one.
func Open(ctx context.Context, spec string, o Options) (capture.Camera, error) {
	switch {
	case spec == "" || spec == Auto:
		return openAuto(ctx, o, v4l2.List())
	case spec == Generated:
		return asCamera(scene.New(scene.Options{Seed: o.Seed, FPS: o.FPS, Pace: o.Pace}))
	case isDevice(spec):
		return asCamera(v4l2.Open(ctx, spec, v4l2.Options{Width: o.Width, Height: o.Height, FPS: o.FPS}))
	}
	c, err := asCamera(replay.Open(ctx, spec, replay.Options{FPS: o.FPS, Loop: o.Loop, Pace: o.Pace}))
	if err != nil && hint.Own(err) == "" && errors.Is(err, fs.ErrNotExist) {
		err = hint.With(err, fmt.Sprintf("a camera is a file, a folder, a device, %q or %q", Auto, Generated))
	}
	return c, err
}

func openAuto(ctx context.Context, o Options, devices []v4l2.Device) (capture.Camera, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	for _, d := range devices {
		c, err := try(ctx, d.Path, o)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		log.Warn("camera does not work, trying the next", "device", d.Path, "name", d.Name, "err", err)
	}
	return Open(ctx, Generated, o)
}

// try gives a device a limited time for its first picture.
func try(ctx context.Context, path string, o Options) (capture.Camera, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return Open(ctx, path, o)
}

// isDevice says whether path is, or would be, a device node.
func isDevice(path string) bool {
	if strings.HasPrefix(path, "/dev/") {
		return true
	}
	st, err := os.Stat(path)
	return err == nil && st.Mode()&fs.ModeCharDevice != 0
}

// asCamera keeps a nil pointer from becoming a camera.
func asCamera[C capture.Camera](c C, err error) (capture.Camera, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}
