package source

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/v4l2/control"
	"signet/capture/v4l2/device"
)

// SetControls says what controls of a device are to be, by the names that signet-agent cameras lists: numbers, true and
// false, or the names of menu items. They are set at once where the camera is open, and at every opening; controls that
// are not named any more go back to their defaults. The error joins what could not be set, one each; the rest is set.
// A camera that hangs delays it as [control.Set.Apply] says, but never its Close.
func (s *Source) SetControls(controls map[string]any) error {
	s.setting.Lock()
	defer s.setting.Unlock()
	now := maps.Clone(control.Set(controls))
	s.mu.Lock()
	before, n := s.controls, s.node
	s.controls = now
	if n != nil {
		n.users.Add(1)
	}
	s.mu.Unlock()
	if n == nil {
		return nil
	}
	defer n.release()
	if _, err := n.Capability(); err != nil {
		return nil // it has just gone; they are set when it is back
	}
	changes, err := now.ApplyAfter(n.ctx, n, before)
	s.changed(changes)
	if n.ctx.Err() != nil || errors.Is(err, unix.ENODEV) {
		return nil // it went meanwhile
	}
	return err
}

// withControls sets the controls of a camera that has just been opened. What cannot be set is logged, and no reason to do
// without the camera.
func (s *Source) withControls(ctx context.Context, c capture.Camera, path string) capture.Camera {
	dev, err := s.root.OpenNode(path)
	if err != nil {
		s.log.Warn("controls are not set", "device", path, "err", err)
		return c
	}
	n := newNode(dev)
	s.setting.Lock()
	defer s.setting.Unlock()
	s.mu.Lock()
	s.node = n
	controls := s.controls
	s.mu.Unlock()
	changes, err := controls.Apply(ctx, n)
	s.changed(changes)
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			s.log.Warn("control not set", "device", path, "err", err)
		}
	}
	return &opened{c, s, n}
}

// node is a descriptor to set controls of an open camera by. The last of its users frees it, not always the camera: the
// kernel lets nobody interrupt a question to a camera that hangs, and another file soon has the number of a descriptor
// that was closed.
type node struct {
	device.Node
	ctx   context.Context // ends when the camera is closed
	end   context.CancelFunc
	users atomic.Int32 // the camera, and who sets controls; up only under Source.mu while it is Source.node
}

func newNode(dev device.Node) *node {
	n := &node{Node: dev}
	n.ctx, n.end = context.WithCancel(context.Background())
	n.users.Store(1)
	return n
}

func (n *node) release() error {
	if n.users.Add(-1) > 0 {
		return nil
	}
	return n.Close()
}

func (s *Source) changed(changes []control.Change) {
	var all []string
	for _, c := range changes {
		all = append(all, c.Name+"="+c.Set)
		if c.Set != c.Asked {
			s.log.Warn("the driver set a control otherwise", "control", c.Name, "asked", c.Asked, "set", c.Set)
		}
	}
	if len(all) > 0 {
		s.log.Info("camera's controls set", "to", strings.Join(all, " "))
	}
}

// opened is a device's camera with a descriptor for its controls. It implements capture.Skipper.
type opened struct {
	capture.Camera
	source *Source
	node   *node
}

// Skipped returns what the camera passed over.
func (o *opened) Skipped() capture.Skipped {
	if s, ok := o.Camera.(capture.Skipper); ok {
		return s.Skipped()
	}
	return capture.Skipped{}
}

// Close frees the camera. It does not wait for controls that are being set.
func (o *opened) Close() error {
	o.source.mu.Lock()
	if o.source.node == o.node {
		o.source.node = nil
	}
	o.source.mu.Unlock()
	o.node.end()
	return errors.Join(o.node.release(), o.Camera.Close())
}
