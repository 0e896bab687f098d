// Package source opens the camera that a configuration or a command line names, again and again: a recording, the generated
// scene, or a device, which may have gone and come back under another node, hang, or need its controls set.
package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"sync"
	"time"

	"signet/capture"
	"signet/capture/httpcam"
	"signet/capture/pace"
	"signet/capture/replay"
	"signet/capture/scene"
	"signet/capture/v4l2"
	"signet/capture/v4l2/control"
	"signet/capture/v4l2/device"
	"signet/internal/hint"
	"signet/internal/wait"
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
	Controls      map[string]any // of a device; see SetControls
	Login         string         // file with name:password, for a camera on the network
	USBReset      bool           // a USB device that hangs when it is opened again and again is reset
	Loop          bool           // play a recording again and again
	Pace          pace.Mode      // of a recording or scene
	Seed          uint64         // of the generated scene
	Log           *slog.Logger   // nil: nobody is told
}

// Source opens one configured camera, one at a time. Open and Wait are called by one goroutine; SetControls may be called
// concurrently with them and with the camera's Next.
type Source struct {
	spec string
	o    Options
	log  *slog.Logger
	root device.Root
	open func(ctx context.Context, path string, o v4l2.Options) (capture.Camera, error)

	// Of the goroutine that opens.
	sight  device.Sight   // what there was when Open looked last
	came   bool           // Wait saw something come
	known  *device.Device // the camera that was opened: auto's first one, a path's last one
	moved  string         // the node that the log has last named instead of known's; "" since known was opened
	hangs  map[string]int // since the last picture, by USB device
	barred bool           // that USB devices may not be reset was said

	setting sync.Mutex // controls of the camera, one after another; mu may be taken within

	mu       sync.Mutex // never held while a device is asked
	controls control.Set
	node     *node // of the open camera; nil: there is none
}

// New returns the source that spec names:
//
//	"" or "auto"                the first V4L2 capture device that gives pictures
//	/dev/…, usb:…, usb-port:…   that device; see device.Name
//	http://…, https://…         a camera on the network; see package httpcam
//	"generated"                 the generated scene
//	a folder                    its JPEG files by name
//	*.mjpeg, *.mjpg             JPEG images one after another
//	another file                whatever ffmpeg reads
func New(spec string, o Options) *Source { return newSource(spec, o, device.Root{}, v4l2.Open) }

func newSource(spec string, o Options, root device.Root, open func(context.Context, string, v4l2.Options) (capture.Camera, error)) *Source {
	s := &Source{
		spec: spec, o: o, log: o.Log, root: root, open: open,
		hangs: map[string]int{}, controls: maps.Clone(control.Set(o.Controls)),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Open opens a camera once, as New(spec, o).Open(ctx) does.
func Open(ctx context.Context, spec string, o Options) (capture.Camera, error) {
	return New(spec, o).Open(ctx)
}

// Open opens the camera. An error is one line that names it and the reason; package hint may have advice for a second.
// The camera before must be closed.
func (s *Source) Open(ctx context.Context) (capture.Camera, error) {
	if s.isDevice() {
		return s.openDevice(ctx)
	}
	if s.hasControls() {
		s.log.Warn("only devices have controls", "source", Redacted(s.spec))
	}
	if httpcam.IsAddress(s.spec) {
		return asCamera(httpcam.Open(ctx, s.spec, httpcam.Options{FPS: s.o.FPS, Login: s.o.Login, Log: s.log}))
	}
	if s.spec == Generated {
		return asCamera(scene.New(scene.Options{Seed: s.o.Seed, FPS: s.o.FPS, Pace: s.o.Pace}))
	}
	c, err := asCamera(replay.Open(ctx, s.spec, replay.Options{FPS: s.o.FPS, Loop: s.o.Loop, Pace: s.o.Pace}))
	if err != nil && hint.Own(err) == "" && errors.Is(err, fs.ErrNotExist) {
		err = hint.With(err, fmt.Sprintf("a camera is a file, a folder, a device, an address that begins with http://, %q or %q", Auto, Generated))
	}
	return c, err
}

// Wait waits as long as d, or until a device may have come that was not there when Open looked last, and says so. It
// returns ctx.Err() when ctx ends. For what is no device it only waits.
func (s *Source) Wait(ctx context.Context, d time.Duration) (came bool, err error) {
	if s.isDevice() {
		if s.sight == nil {
			s.sight = s.root.See()
		}
		s.came, err = s.root.Wait(ctx, d, s.sight)
		return s.came, err
	}
	return false, wait.For(ctx, d)
}

// hasControls says whether the configuration names any.
func (s *Source) hasControls() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.controls) > 0
}

// isDevice says whether the camera is, or would be, a device.
func (s *Source) isDevice() bool {
	if s.isAuto() || s.root.IsName(s.spec) {
		return true
	}
	st, err := os.Stat(s.spec)
	return err == nil && st.Mode()&fs.ModeCharDevice != 0
}

func (s *Source) isAuto() bool { return s.spec == "" || s.spec == Auto }

// Redacted returns the name of a camera as it may be told: addresses on the network may hold secrets.
func Redacted(spec string) string { return httpcam.Redacted(spec) }

// asCamera keeps a nil pointer from becoming a camera.
func asCamera[C capture.Camera](c C, err error) (capture.Camera, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}
