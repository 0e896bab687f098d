package command

import (
	"cmp"
	"fmt"

	"signet/certs"
)

// cameras are those that facts tell of: by device and number what they call themselves.
type cameras map[certs.DeviceID]map[uint64]string

func (c cameras) add(id certs.DeviceID, f *certs.Facts) {
	if f == nil || f.Camera == nil {
		return
	}
	if c[id] == nil {
		c[id] = map[uint64]string{}
	}
	c[id][f.Camera.Number] = printable(f.Camera.Name)
}

// twin says whether another camera of the device has the same name.
func (c cameras) twin(id certs.DeviceID, number uint64) bool {
	for n, name := range c[id] {
		if n != number && name == c[id][number] {
			return true
		}
	}
	return false
}

// cameraName returns what to call a camera: the owner's name of its device, its own, or the device's id. Of a device with
// several, its own name or number is always there.
func (s *session) cameraName(id certs.DeviceID, f *certs.Facts, all cameras) string {
	device := printable(s.names[id])
	if f == nil || f.Camera == nil {
		return cmp.Or(device, fmt.Sprintf("camera %.8s", id))
	}
	own, number := printable(f.Camera.Name), f.Camera.Number
	if number == 0 && len(all[id]) < 2 {
		return cmp.Or(device, own, fmt.Sprintf("camera %.8s", id))
	}
	if own == "" || all.twin(id, number) {
		own = fmt.Sprintf("%s %d", cmp.Or(own, "camera"), number+1)
	}
	if device != "" {
		return device + ", " + own
	}
	return own
}
