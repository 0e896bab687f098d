package device

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"signet/internal/hint"
)

// A Name says which device is meant, in one of these ways:
//
//	/dev/video0                a node, whose number may be another one's after the next start or replug
//	/dev/v4l/by-id/…           a link that udev makes
//	usb:046d:0825              the USB camera of this vendor and product
//	usb:046d:0825:5A3C9F10     and this serial number
//	usb-port:1-1.2             the camera on this USB port
//	usb-port:1-1.2:1.2         its interface, where one USB device is several cameras
type Name struct {
	text string
	path string

	vendor, product, serial string
	port, iface             string
}

const (
	usbPrefix  = "usb:"
	portPrefix = "usb-port:"
)

var (
	usbName  = regexp.MustCompile(`^usb:([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?$`)
	portName = regexp.MustCompile(`^usb-port:(\d+-\d+(?:\.\d+)*)(?::(\d+\.\d+))?$`)
)

// IsName says whether text is meant as the name of a device, rightly or wrongly written.
func (r Root) IsName(text string) bool {
	return strings.HasPrefix(text, usbPrefix) || strings.HasPrefix(text, portPrefix) || strings.HasPrefix(text, r.dev()+"/")
}

// ParseName reads a name. Whatever is no USB name is a path.
func ParseName(text string) (Name, error) {
	n := Name{text: text}
	switch {
	case strings.HasPrefix(text, usbPrefix):
		m := usbName.FindStringSubmatch(text)
		if m == nil {
			return n, hint.With(fmt.Errorf("%s: not usb:VENDOR:PRODUCT or usb:VENDOR:PRODUCT:SERIAL", text), lists)
		}
		n.vendor, n.product, n.serial = strings.ToLower(m[1]), strings.ToLower(m[2]), m[3]
	case strings.HasPrefix(text, portPrefix):
		m := portName.FindStringSubmatch(text)
		if m == nil {
			return n, hint.With(fmt.Errorf("%s: not usb-port:BUS-PORT such as usb-port:1-1.2", text), lists)
		}
		n.port, n.iface = m[1], m[2]
	default:
		n.path = text
	}
	return n, nil
}

const lists = "signet-agent cameras lists the names of those that are connected"

// Path is the path that was named; "" if it was no path.
func (n Name) Path() string { return n.path }

func (n Name) String() string { return n.text }

// matches says whether a USB name is d's.
func (n Name) matches(d Device) bool {
	u := d.USB
	switch {
	case u == nil:
		return false
	case n.port != "":
		return u.Port == n.port && (n.iface == "" || u.Interface == n.iface)
	}
	return u.Vendor == n.vendor && u.Product == n.product && (n.serial == "" || u.Serial == n.serial)
}

// Find returns which of the devices n names. Where one USB device is several cameras, it is the first of them. A path that
// is there is taken even if it is none of the devices.
func (n Name) Find(devices []Device) (Device, error) {
	if n.path != "" {
		return findPath(n.path, devices)
	}
	var found []Device
	for _, d := range devices {
		if n.matches(d) && !slices.ContainsFunc(found, d.sameUSB) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return Device{}, hint.With(fmt.Errorf("open camera %s: it is not connected", n), lists)
	case 1:
		return found[0], nil
	}
	var where []string
	for _, d := range found {
		where = append(where, fmt.Sprintf("%s (usb-port:%s)", d.Path, d.USB.Port))
	}
	return Device{}, hint.With(
		fmt.Errorf("open camera %s: there are %d such cameras: %s", n, len(found), strings.Join(where, ", ")),
		"name the one by its port, or by its serial number where they have different ones")
}

// sameUSB says whether both are cameras of one USB device.
func (d Device) sameUSB(e Device) bool {
	return d.USB != nil && e.USB != nil && d.USB.Port == e.USB.Port
}

func findPath(path string, devices []Device) (Device, error) {
	node, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Device{}, hint.With(fmt.Errorf("open camera %s: no such device", path), lists)
	}
	if i := slices.IndexFunc(devices, func(d Device) bool { return d.Path == node }); i >= 0 {
		return devices[i], nil
	}
	return Device{Path: node}, nil
}

// Same returns which of the devices is the camera that was known before, whatever its node is called now: the one of the
// same USB ids and serial number, and if there are several, at the same port. One without a serial number is known by its
// port alone: at another it may be a twin. Elsewhere it is the one of the same name on the same bus.
func Same(was Device, devices []Device) (Device, bool) {
	var found []Device
	for _, d := range devices {
		if d.same(was) {
			found = append(found, d)
		}
	}
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(d Device) bool { return was.USB == nil || d.USB.Port != was.USB.Port })
	}
	if len(found) == 0 {
		return Device{}, false
	}
	return found[0], true
}

func (d Device) same(e Device) bool {
	if d.USB == nil || e.USB == nil {
		return d.USB == e.USB && d.Bus != "" && d.Driver == e.Driver && d.Bus == e.Bus && d.Name == e.Name
	}
	if d.USB.Serial == "" && d.USB.Port != e.USB.Port {
		return false
	}
	return d.USB.ID() == e.USB.ID() && d.USB.Serial == e.USB.Serial && d.USB.Interface == e.USB.Interface
}

// Names returns the names that d, one of the devices, can have in a configuration, the one that lasts longest first. They
// are printable ASCII: a serial number that is not is in none.
func (d Device) Names(devices []Device) []string {
	var names []string
	add := func(text string) {
		n, err := ParseName(text)
		if err != nil {
			return
		}
		if found, err := n.Find(devices); err == nil && found.Path == d.Path {
			names = append(names, text)
		}
	}
	if u := d.USB; u != nil {
		if u.Serial != "" && nameable(u.Serial) {
			add(usbPrefix + u.ID() + ":" + u.Serial)
		}
		add(usbPrefix + u.ID())
		add(portPrefix + u.Port)
		if len(names) == 0 {
			add(portPrefix + u.Port + ":" + u.Interface)
		}
	}
	names = append(names, d.Links...)
	return append(names, d.Path)
}
