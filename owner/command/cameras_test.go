package command

import (
	"testing"

	"signet/certs"
)

func TestCameraName(t *testing.T) {
	id := certs.DeviceID{0xab, 0xcd}
	of := func(name string, number uint64) *certs.Facts {
		return &certs.Facts{Camera: &certs.CameraFacts{Name: name, Number: number}}
	}
	both := cameras{}
	both.add(id, of("Front", 0))
	both.add(id, of("Yard", 1))
	twins := cameras{}
	twins.add(id, of("C270", 0))
	twins.add(id, of("C270", 1))
	alone := cameras{}
	alone.add(id, of("Front", 0))
	for _, c := range []struct {
		device string
		facts  *certs.Facts
		known  cameras
		want   string
	}{
		{"", nil, nil, "camera abcd0000"},
		{"Home", nil, nil, "Home"},
		{"", of("Front", 0), alone, "Front"},
		{"Home", of("Front", 0), alone, "Home"},
		{"", of("", 0), alone, "camera abcd0000"},
		{"", of("Front", 0), both, "Front"},
		{"Home", of("Front", 0), both, "Home, Front"},
		{"Home", of("Yard", 1), nil, "Home, Yard"},
		{"", of("", 1), both, "camera 2"},
		{"", of("C270", 0), twins, "C270 1"},
		{"Home", of("C270", 1), twins, "Home, C270 2"},
		{"", of("a\x1bb", 1), both, printable("a\x1bb")},
	} {
		s := &session{names: map[certs.DeviceID]string{id: c.device}}
		if got := s.cameraName(id, c.facts, c.known); got != c.want {
			t.Errorf("device %q, %+v: %q, want %q", c.device, c.facts, got, c.want)
		}
	}
}
