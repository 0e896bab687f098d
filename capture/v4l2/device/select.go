package device

import (
	"path/filepath"
	"slices"
)

// Opening a node may be costly: that of a codec starts it. Where sysfs tells which nodes cannot be meant, they are left alone.

// ListNamed returns the cameras that n may name, for [Name.Find], as List does. It opens no nodes of other devices.
func (r Root) ListNamed(n Name) []Device {
	if n.path == "" {
		return r.list(func(node string) bool { return n.matches(Device{USB: r.usb(node)}) })
	}
	named, err := filepath.EvalSymlinks(n.path)
	if err != nil {
		return nil
	}
	parent := r.parent(named)
	return r.list(func(node string) bool { return node == named || parent != "" && r.parent(node) == parent })
}

// ListLike returns the cameras that may be the one that was known before, for [Same], as List does. It opens no nodes of
// USB devices of other models; of a camera that is on no USB, none that are on one.
func (r Root) ListLike(was Device) []Device {
	return r.list(func(node string) bool {
		u := r.usb(node)
		if u == nil || was.USB == nil {
			return u == was.USB
		}
		return u.ID() == was.USB.ID() && u.Serial == was.USB.Serial
	})
}

// list returns the cameras among the nodes that may be meant.
func (r Root) list(may func(node string) bool) []Device {
	return r.look(slices.DeleteFunc(r.nodes(), func(node string) bool { return !may(node) }))
}
