package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/v4l2"
	"signet/capture/v4l2/device"
	"signet/internal/hint"
	"signet/internal/wait"
)

// A device that has just come may not be ready: udev has yet to say who may use it and to make its links, its driver may
// still look at it.
const (
	ready      = 1500 * time.Millisecond
	retryAfter = 50 * time.Millisecond
)

// openDevice finds the device under whatever node it has by now, and opens it.
func (s *Source) openDevice(ctx context.Context) (capture.Camera, error) {
	var until time.Time
	if s.came {
		until, s.came = time.Now().Add(ready), false
	}
	for {
		c, err := s.try(ctx)
		if err == nil || hangs(err) || !time.Now().Before(until) {
			return c, err
		}
		if err := wait.For(ctx, retryAfter); err != nil {
			return nil, err
		}
	}
}

func (s *Source) try(ctx context.Context) (capture.Camera, error) {
	s.sight = s.root.See() // before looking closer, so that what comes meanwhile is noticed
	if s.isAuto() {
		return s.openAuto(ctx)
	}
	d, err := s.find()
	if err != nil {
		return nil, err
	}
	c, err := s.openNode(ctx, d)
	if err == nil {
		s.known, s.moved = &d, ""
	}
	return c, err
}

// find returns the device that is named. The number of a node is followed when its device comes back under another one.
func (s *Source) find() (device.Device, error) {
	name, err := device.ParseName(s.spec)
	if err != nil {
		return device.Device{}, err
	}
	d, err := name.Find(s.root.ListNamed(name))
	if s.known == nil || !strings.HasPrefix(filepath.Base(name.Path()), "video") {
		return d, err
	}
	if err == nil && d.USB == nil {
		if _, same := device.Same(*s.known, []device.Device{d}); same { // which is told by its bus, so it is the only one
			return d, nil
		}
	}
	again, there := device.Same(*s.known, s.root.ListLike(*s.known))
	switch {
	case there && (err != nil || again.Path != d.Path):
		if again.Path != s.known.Path {
			s.warnMoved(again, "camera has another node now", "named", s.spec, "device", again.Path, "name", again.Name)
		}
		return again, nil
	case !there && err == nil && d.Name != "":
		s.warnMoved(d, "another camera has the node now", "device", d.Path, "name", d.Name, "before", s.known.Name)
	}
	return d, err
}

// warnMoved says where a camera is by now, once until it is opened or is elsewhere again: it may take many tries.
func (s *Source) warnMoved(d device.Device, msg string, args ...any) {
	if s.moved != d.Path {
		s.moved = d.Path
		s.log.Warn(msg, args...)
	}
}

// openAuto opens the camera of before where that is there, else the first that gives pictures.
func (s *Source) openAuto(ctx context.Context) (capture.Camera, error) {
	if s.known != nil {
		if d, there := device.Same(*s.known, s.root.ListLike(*s.known)); there {
			return s.openNode(ctx, d)
		}
	}
	devices := s.root.List()
	if len(devices) == 0 {
		return nil, hint.With(errors.New("no camera found"), fmt.Sprintf("plug one in, or source = %q plays a scene", Generated))
	}
	var failed []error
	for _, d := range candidates(devices) {
		c, err := s.openNode(ctx, d)
		if ctx.Err() != nil {
			return nil, errors.Join(ctx.Err(), closeAll(c))
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		s.chosen(d, failed)
		return c, nil
	}
	err := failed[0]
	for _, e := range failed[1:] {
		err = fmt.Errorf("%w; %w", err, e)
	}
	return nil, err
}

// candidates leaves out what cannot be taken whatever one does, unless there is nothing else.
func candidates(devices []device.Device) []device.Device {
	unfit := func(d device.Device) bool { return d.Err != nil && !ofKernel(d.Err) }
	if c := slices.DeleteFunc(slices.Clone(devices), unfit); len(c) > 0 {
		return c
	}
	return devices[:1]
}

// ofKernel says whether err is a kernel's answer, another one of which may be better.
func ofKernel(err error) bool {
	_, ok := errors.AsType[unix.Errno](err)
	return ok
}

// chosen says what auto passed by.
func (s *Source) chosen(d device.Device, failed []error) {
	for _, err := range failed {
		s.log.Warn("camera passed by", "err", err, "hint", hint.Own(err))
	}
	if s.known == nil {
		s.known = &d
	} else {
		s.log.Warn("the camera is gone, another one is taken", "gone", s.known.Name, "device", d.Path, "name", d.Name)
	}
}

func closeAll(c capture.Camera) error {
	if c == nil {
		return nil
	}
	return c.Close()
}

// openNode opens the camera at a node and sets its controls.
func (s *Source) openNode(ctx context.Context, d device.Device) (capture.Camera, error) {
	// Whoever names a part may have put the camera together with media-ctl.
	part := errors.Is(d.Err, device.ErrParts) && !s.isAuto()
	if d.Err != nil && !ofKernel(d.Err) && !part {
		return nil, fmt.Errorf("open camera %s: %w", d.Path, d.Err)
	}
	c, err := s.open(ctx, d.Path, v4l2.Options{
		Format: s.o.Format, Width: s.o.Width, Height: s.o.Height, FPS: s.o.FPS, Log: s.log,
	})
	if err = s.count(d, err); err != nil {
		if part {
			err = hint.With(err, d.Err.Error())
		}
		return nil, err
	}
	return s.withControls(ctx, c, d.Path), nil
}

// hangsBeforeReset is how often a device may be opened in vain because it hangs before it is reset.
const hangsBeforeReset = 2

// count resets a USB device that hangs again and again, and adds advice to err where that may not be. Where a reset does
// not help, the next is due after as many hangs as there were before, 2, 4, 8, …: it has the device come anew, which is
// opened without a pause, and whatever else the device is goes with it. Only a picture ends the count.
func (s *Source) count(d device.Device, err error) error {
	if d.USB == nil {
		return err
	}
	which := fmt.Sprint(d.USB.Port, d.USB.ID(), d.USB.Serial) // the node may be another one after a reset
	if err == nil {
		delete(s.hangs, which)
	}
	if !hangs(err) {
		return err
	}
	if !s.o.USBReset {
		return hint.With(err, "unplug it and plug it in again; usb_reset = true has the agent try to do as much")
	}
	s.hangs[which]++
	if n := s.hangs[which]; n >= hangsBeforeReset && n&(n-1) == 0 {
		s.reset(d)
	}
	return err
}

func (s *Source) reset(d device.Device) {
	switch err := s.root.Reset(d); {
	case err == nil:
		s.log.Warn("camera hangs: its USB device was reset", "device", d.Path, "usb", d.USB.ID(), "port", d.USB.Port)
	case !errors.Is(err, fs.ErrPermission):
		s.log.Warn("camera hangs, and cannot be reset", "err", err)
	case !s.barred:
		s.barred = true
		s.log.Warn("camera hangs, and may not be reset", "err", err, "hint", hint.Own(err))
	}
}

// hangs says whether err is of a device that is there and delivers nothing, or does not even answer.
func hangs(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, capture.ErrStalled) {
		return true
	}
	for _, e := range []unix.Errno{unix.EIO, unix.ETIMEDOUT, unix.EPROTO} {
		if errors.Is(err, e) || strings.HasSuffix(err.Error(), e.Error()) { // the library makes strings of some
			return true
		}
	}
	return false
}
