package device

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/v4l2"
	"signet/capture/v4l2/control"
	"signet/capture/v4l2/uapi"
	"signet/internal/order"
)

// Root is where the kernel shows its devices. The zero Root is this machine; tests have trees of their own.
type Root struct {
	Dev  string // "/dev"
	Sys  string // "/sys"
	Proc string // "/proc"

	Open     func(path string) (Node, error) // nil: the kernel; tests play a driver
	ResetUSB func(path string) error         // of a node below /dev/bus/usb; nil: the kernel
}

// Node is what is asked of an open device (uapi.Node).
type Node interface {
	control.Node
	Capability() (uapi.Capability, error)
	HasInput() bool
	Formats() []uapi.FormatDesc
	Sizes(fourCC uint32) []uapi.FrameSize
	Intervals(fourCC, width, height uint32) []uapi.FrameInterval
	Close() error
}

// Device is a camera, or a node that looks like one and has an Err. Its texts may be printed: what could be a command to a
// terminal is replaced.
type Device struct {
	Path   string   // "/dev/video0"
	Links  []string // to it, below /dev/v4l/by-id and by-path, where udev made them
	Name   string   // "HD Webcam C270"
	Driver string   // "uvcvideo"
	Bus    string   // "usb-0000:01:00.0-1.2"
	USB    *USB     // nil: on no USB
	H264   string   // node of the same device with H.264 beside the pictures; ""
	Err    error    // why it cannot be looked at or taken: a person may need permission, or the agent cannot use it
}

// Errors of devices that cannot be taken.
var (
	ErrMultiPlanar = errors.New("it has multi-planar capture only, which is not supported")
	ErrParts       = errors.New("it is a part of a camera that a program such as libcamera must put together, which is not supported")
)

func (r Root) dev(elem ...string) string {
	return filepath.Join(append([]string{cmp.Or(r.Dev, "/dev")}, elem...)...)
}

func (r Root) sys(elem ...string) string {
	return filepath.Join(append([]string{cmp.Or(r.Sys, "/sys")}, elem...)...)
}

// OpenNode opens a node for questions and controls.
func (r Root) OpenNode(path string) (Node, error) {
	if r.Open != nil {
		return r.Open(path)
	}
	n, err := uapi.Open(path)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// List returns the cameras in the order of their nodes' numbers, those with an Err last.
func (r Root) List() []Device { return r.look(r.nodes()) }

// look opens nodes and returns the cameras among them.
func (r Root) look(nodes []string) []Device {
	links := r.links()
	var all, video []Device // video: of H.264 alone
	for _, path := range nodes {
		d, kind := r.lookAt(path)
		d.Links = links[path]
		switch kind {
		case pictures:
			all = append(all, d)
		case h264:
			video = append(video, d)
		}
	}
	for _, v := range video {
		beside := slices.IndexFunc(all, func(d Device) bool { return d.Err == nil && r.parent(d.Path) == r.parent(v.Path) })
		if beside < 0 {
			all = append(all, v) // with its Err
		} else if all[beside].H264 == "" {
			all[beside].H264 = v.Path
		}
	}
	order.StablyBy(all, func(a, b Device) int {
		return cmp.Or(cmp.Compare(unfit(a), unfit(b)), number(a.Path)-number(b.Path))
	})
	return all
}

func unfit(d Device) int {
	if d.Err != nil {
		return 1
	}
	return 0
}

// kind is what a node is for.
type kind int

const (
	other kind = iota
	pictures
	h264 // alone
)

// lookAt opens a node and asks what it is.
func (r Root) lookAt(path string) (Device, kind) {
	d := Device{Path: path, Name: r.attribute(path, "name"), USB: r.usb(path)}
	n, err := r.OpenNode(path)
	if err != nil {
		d.Err = err
		return d, r.guess(path, err)
	}
	defer n.Close()
	c, err := n.Capability()
	if err != nil {
		return d, other
	}
	d.Name, d.Driver, d.Bus = plain(c.Card()), plain(c.Driver()), plain(c.Bus())
	caps := c.Caps()
	switch {
	case caps&(uapi.CapCapture|uapi.CapCaptureMplane) == 0, caps&uapi.CapStreaming == 0, !n.HasInput():
		return d, other
	case caps&uapi.CapMediaController != 0:
		d.Err = ErrParts
	case caps&uapi.CapCapture == 0:
		d.Err = ErrMultiPlanar
	default:
		formats := n.Formats()
		_, d.Err = v4l2.Choose(formats, n.Sizes, v4l2.Options{})
		if d.Err != nil && hasH264(formats) {
			return d, h264
		}
	}
	return d, pictures
}

// guess says what a node is for that cannot be opened. A webcam's first node is the one with pictures.
func (r Root) guess(path string, err error) kind {
	index := r.attribute(path, "index")
	gone := errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENOENT)
	if gone || index != "" && index != "0" {
		return other
	}
	return pictures
}

func hasH264(formats []uapi.FormatDesc) bool {
	return slices.ContainsFunc(formats, func(f uapi.FormatDesc) bool { return uapi.FourCCName(f.FourCC) == string(capture.H264) })
}

// nodes returns the video nodes in the order of their numbers.
func (r Root) nodes() []string {
	paths, _ := filepath.Glob(r.dev("video*"))
	paths = slices.DeleteFunc(paths, func(p string) bool { return number(p) < 0 })
	order.By(paths, func(a, b string) int { return number(a) - number(b) })
	return paths
}

// number of a node; below zero if it is none.
func number(path string) int {
	n, err := strconv.ParseUint(strings.TrimPrefix(filepath.Base(path), "video"), 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// links returns what udev made for each node: names by id and by path. udev writes what is not plain as \x1b.
func (r Root) links() map[string][]string {
	found := map[string][]string{}
	for _, dir := range linkDirs {
		entries, _ := os.ReadDir(r.dev(dir))
		for _, e := range entries {
			if !nameable(e.Name()) {
				continue
			}
			link := r.dev(dir, e.Name())
			if target, err := os.Readlink(link); err == nil {
				node := r.dev(filepath.Base(target))
				found[node] = append(found[node], link)
			}
		}
	}
	return found
}

var linkDirs = []string{"v4l/by-id", "v4l/by-path"}
