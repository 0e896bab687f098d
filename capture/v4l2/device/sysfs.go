package device

import (
	"os"
	"path/filepath"
	"strings"
)

// USB is what sysfs tells of the USB device that a camera is.
type USB struct {
	Vendor    string // "046d"
	Product   string // "0825"
	Serial    string // as the device says it, made plain; often "", and not always of one device alone
	Port      string // where it is plugged in: bus, then the ports of hubs, "1-1.2"
	Interface string // of the device that the node belongs to, "1.0"
	Bus       string // numbers of its node below /dev/bus/usb, "001"
	Device    string // "004"
}

// ID names the model: "046d:0825".
func (u *USB) ID() string { return u.Vendor + ":" + u.Product }

// attribute reads a file of a node in sysfs; "" if there is none.
func (r Root) attribute(node, name string) string {
	return read(r.sys("class/video4linux", filepath.Base(node), name))
}

// maxAttribute bounds what is read of sysfs, whose files hold one page.
const maxAttribute = 4096

func read(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, maxAttribute)
	n, _ := f.Read(b)
	return plain(strings.TrimSpace(string(b[:n])))
}

// parent returns the folder of the device that a node belongs to; nodes of one device share it.
func (r Root) parent(node string) string {
	dir, err := filepath.EvalSymlinks(r.sys("class/video4linux", filepath.Base(node), "device"))
	if err != nil {
		return ""
	}
	return dir
}

// usb looks up the USB device of a node; nil if it is of none.
func (r Root) usb(node string) *USB {
	dir := r.parent(node) // of a webcam the interface, …/1-1.2/1-1.2:1.0
	for up := dir; len(up) > len(r.sys()); up = filepath.Dir(up) {
		vendor := read(filepath.Join(up, "idVendor"))
		if vendor == "" {
			continue
		}
		u := &USB{
			Vendor: strings.ToLower(vendor), Product: strings.ToLower(read(filepath.Join(up, "idProduct"))),
			Serial: read(filepath.Join(up, "serial")), Port: filepath.Base(up),
			Bus: padded(read(filepath.Join(up, "busnum"))), Device: padded(read(filepath.Join(up, "devnum"))),
		}
		_, u.Interface, _ = strings.Cut(filepath.Base(dir), ":")
		return u
	}
	return nil
}

// padded writes a number as /dev/bus/usb does, with three digits.
func padded(n string) string {
	if n == "" || len(n) >= 3 {
		return n
	}
	return strings.Repeat("0", 3-len(n)) + n
}
