// Package cameras lists the cameras of a machine for people and for programs: what they are, whether they can be used, and
// first of all how a configuration names them.
package cameras

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"syscall"

	"signet/capture/v4l2/control"
	"signet/capture/v4l2/device"
	"signet/internal/hint"
)

// seen is a camera, as it is printed.
type seen struct {
	Path   string   `json:"path"`
	Name   string   `json:"name"`
	Driver string   `json:"driver,omitempty"`
	Bus    string   `json:"bus,omitempty"`
	USB    *usb     `json:"usb,omitempty"`
	Source string   `json:"source"`           // the best of Names, for a configuration
	Names  []string `json:"names"`            // that a configuration can have for it
	Links  []string `json:"links"`            // that udev made
	H264   string   `json:"h264,omitempty"`   // node with H.264 beside the pictures
	InUse  []string `json:"in_use,omitempty"` // by these programs, "signet-agent (812)"
	Error  string   `json:"error,omitempty"`  // why it cannot be used
	Hint   string   `json:"hint,omitempty"`

	Takes    *device.Mode      `json:"takes,omitempty"`
	Formats  []device.Format   `json:"formats,omitempty"`
	Controls []control.Control `json:"controls,omitempty"`
}

type usb struct {
	Vendor    string `json:"vendor"`
	Product   string `json:"product"`
	Serial    string `json:"serial,omitempty"`
	Port      string `json:"port"`
	Interface string `json:"interface,omitempty"`
}

// Options say what is printed.
type Options struct {
	Root device.Root
	All  bool // formats, sizes, rates and controls too
	JSON bool // everything, for programs
}

// Print lists cameras. It is an error if there is none, or none that can be used; not so in JSON.
func Print(out io.Writer, o Options) error {
	devices, holders := o.Root.List(), o.Root.Holders()
	all := []seen{}
	for _, d := range devices {
		all = append(all, look(o.Root, d, devices, holders[d.Path]))
	}
	if o.JSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	if len(all) == 0 {
		return hint.With(errors.New("no camera found"), "is it plugged in, and does the kernel's log (dmesg) know it? source = \"generated\" plays a scene")
	}
	return printCameras(out, all, o.All)
}

func look(root device.Root, d device.Device, devices []device.Device, holders []string) seen {
	s := seen{
		Path: d.Path, Name: d.Name, Driver: d.Driver, Bus: d.Bus, Names: d.Names(devices), Links: d.Links, H264: d.H264, InUse: holders,
	}
	if s.Links == nil {
		s.Links = []string{}
	}
	s.Source = s.Names[0]
	if u := d.USB; u != nil {
		s.USB = &usb{u.Vendor, u.Product, u.Serial, u.Port, u.Interface}
	}
	err := d.Err
	if err == nil {
		var what device.Description
		if what, err = root.Describe(d); err == nil {
			s.Takes, s.Formats, s.Controls = &what.Takes, what.Formats, what.Controls
		}
	}
	s.Error, s.Hint = trouble(err)
	return s
}

// trouble says in words why a camera cannot be used, and what helps.
func trouble(err error) (text, help string) {
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, fs.ErrPermission):
		return "permission denied", "add the user to the group of the device: usermod -aG video USER, and log in again"
	case errors.Is(err, syscall.EBUSY):
		return "in use by another program, which lets nobody else look", "end that program"
	}
	return err.Error(), ""
}
