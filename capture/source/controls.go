package source

import (
	"context"
	"errors"
	"maps"
	"strings"

	"signet/capture"
	"signet/capture/v4l2/control"
	"signet/capture/v4l2/device"
)

// SetControls says what controls of a device are to be, by the names that signet-agent cameras lists: numbers, true and
// false, or the names of menu items. They are set at once where the camera is open, and at every opening; controls that
// are not named any more go back to their defaults. The error joins what could not be set, one each; the rest is set.
func (s *Source) SetControls(controls map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.controls
	s.controls = maps.Clone(control.Set(controls))
	if s.node == nil {
		return nil
	}
	if _, err := s.node.Capability(); err != nil {
		return nil // it has just gone; they are set when it is back
	}
	changes, err := s.controls.ApplyAfter(context.Background(), s.node, before)
	s.changed(changes)
	return err
}

// withControls sets the controls of a camera that has just been opened. What cannot be set is logged, and no reason to do
// without the camera.
func (s *Source) withControls(c capture.Camera, path string) capture.Camera {
	n, err := s.root.OpenNode(path)
	if err != nil {
		s.log.Warn("controls are not set", "device", path, "err", err)
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.node = n
	changes, err := s.controls.Apply(context.Background(), n)
	s.changed(changes)
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range all.Unwrap() {
			s.log.Warn("control not set", "device", path, "err", err)
		}
	}
	return &opened{c, s, n}
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
	node   device.Node
}

// Skipped returns what the camera passed over.
func (o *opened) Skipped() capture.Skipped {
	if s, ok := o.Camera.(capture.Skipper); ok {
		return s.Skipped()
	}
	return capture.Skipped{}
}

// Close frees the camera.
func (o *opened) Close() error {
	o.source.mu.Lock()
	if o.source.node == o.node {
		o.source.node = nil
	}
	o.source.mu.Unlock()
	return errors.Join(o.node.Close(), o.Camera.Close())
}
