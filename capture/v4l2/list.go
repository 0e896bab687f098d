package v4l2

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"signet/capture/v4l2/uapi"
)

// Device is a node that pictures can be captured from.
type Device struct {
	Path   string // "/dev/video0"
	Name   string // "Logitech C270"
	Driver string // "uvcvideo"
	Bus    string // "usb-0000:01:00.0-1.2"
}

// List returns the machine's capture devices in the order of their numbers. Nodes for metadata, output or
// codecs, and those that cannot be opened, are left out.
func List() []Device {
	paths, _ := filepath.Glob("/dev/video*")
	slices.SortFunc(paths, func(a, b string) int { return number(a) - number(b) })
	var devices []Device
	for _, path := range paths {
		if d, ok := query(path); ok {
			devices = append(devices, d)
		}
	}
	return devices
}

func query(path string) (Device, bool) {
	n, err := uapi.Open(path)
	if err != nil {
		return Device{}, false
	}
	defer n.Close()
	c, err := n.Capability()
	if err != nil || c.Caps()&uapi.CapCapture == 0 || c.Caps()&uapi.CapStreaming == 0 {
		return Device{}, false
	}
	return Device{Path: path, Name: c.Card(), Driver: c.Driver(), Bus: c.Bus()}, true
}

// number of a node; those without one come last.
func number(path string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(path), "video"))
	if err != nil {
		return 1 << 20
	}
	return n
}
