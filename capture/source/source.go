// Package source opens the camera that a configuration or a command line names.
package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
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
	Auto      = "auto"      // the first V4L2 capture device that gives pictures
	Generated = "generated" // the generated scene
)

// Options are those of all kinds of camera.
type Options struct {
	FPS           float64        // frames per second: at most, of a device; the pace, of a recording or scene; 0: their own
	Width, Height int            // pixels, at most, of a device; 0: as package v4l2 chooses
	Format        capture.Format // that a device is asked for first; "": as package v4l2 chooses
	Controls      map[string]any // of a device, by V4L2's names; see SetControls
	USBReset      bool           // a device that can be set up and delivers nothing may be reset
	Loop          bool           // play a recording again and again
	Pace          pace.Mode      // of a recording or scene
	Seed          uint64         // of the generated scene
	Log           *slog.Logger   // nil: nobody is told
}

// patience is how long a device may take to give its first picture when there is another choice.
const patience = 6 * time.Second

// Source opens one configured camera, again and again, under whatever node it has at the time. Its methods may be called
// concurrently, but only one camera at a time is open.
type Source struct {
	spec string
	o    Options

	mu       sync.Mutex
	controls map[string]any
}

// New returns the source that spec names:
//
//	"" or "auto"     the first V4L2 capture device that gives pictures
//	"generated"      the generated scene
//	/dev/…           that device
//	a folder         its JPEG files by name
//	*.mjpeg, *.mjpg  JPEG images one after another
//	another file     whatever ffmpeg reads
func New(spec string, o Options) *Source {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Source{spec: spec, o: o, controls: maps.Clone(o.Controls)}
}

// Open opens a camera once, as New(spec, o).Open(ctx) does.
func Open(ctx context.Context, spec string, o Options) (capture.Camera, error) {
	return New(spec, o).Open(ctx)
}

// Open opens the camera. An error is one line that names it and the reason; package hint may have advice for a second.
func (s *Source) Open(ctx context.Context) (capture.Camera, error) {
	o := s.o
	switch {
	case s.spec == "" || s.spec == Auto:
		return openAuto(ctx, o, v4l2.List())
	case s.spec == Generated:
		return asCamera(scene.New(scene.Options{Seed: o.Seed, FPS: o.FPS, Pace: o.Pace}))
	case isDevice(s.spec):
		return openDevice(ctx, s.spec, o)
	}
	c, err := asCamera(replay.Open(ctx, s.spec, replay.Options{FPS: o.FPS, Loop: o.Loop, Pace: o.Pace}))
	if err != nil && hint.Own(err) == "" && errors.Is(err, fs.ErrNotExist) {
		err = hint.With(err, fmt.Sprintf("a camera is a file, a folder, a device, %q or %q", Auto, Generated))
	}
	return c, err
}

// Wait waits as long as d, or until a device may have appeared that was not there when Open last failed, and says so. It
// returns ctx.Err() when ctx ends.
func (s *Source) Wait(ctx context.Context, d time.Duration) (came bool, err error) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// SetControls sets a device's controls: at once where it is open, and at every opening.
func (s *Source) SetControls(controls map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.controls = maps.Clone(controls)
	return nil
}

func openDevice(ctx context.Context, path string, o Options) (capture.Camera, error) {
	return v4l2.Open(ctx, path, v4l2.Options{Format: o.Format, Width: o.Width, Height: o.Height, FPS: o.FPS, Log: o.Log})
}

func openAuto(ctx context.Context, o Options, devices []v4l2.Device) (capture.Camera, error) {
	for _, d := range devices {
		c, err := try(ctx, d.Path, o)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		o.Log.Warn("camera does not work, trying the next", "device", d.Path, "name", d.Name, "err", err)
	}
	if len(devices) > 0 {
		return nil, hint.With(errors.New("no camera works"), "signet-agent cameras lists what there is")
	}
	return nil, hint.With(errors.New("no camera found"), fmt.Sprintf("plug one in; source = %q plays a scene", Generated))
}

// try gives a device a limited time for its first picture.
func try(ctx context.Context, path string, o Options) (capture.Camera, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return openDevice(ctx, path, o)
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
