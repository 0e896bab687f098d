package certs_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

func TestSettings(t *testing.T) {
	o, stranger := certstest.NewOwner(t), certstest.NewOwner(t)
	camera := ok(certs.NewSettingsKey())(t)
	key := ok(certs.X25519Public(camera.Recipient().String()))(t)
	yes, no, least := true, false, uint64(0)
	zones := []certs.Zone{
		{Name: "Path", Watch: true, Points: []certs.Point{{X: 0, Y: 10000}, {X: 5000, Y: 4000}, {X: 10000, Y: 10000}}},
		{Name: "Tree — дерево", Points: []certs.Point{{}, {X: 1}, {Y: 1}, {X: 1, Y: 1}}},
	}
	for _, want := range []certs.Settings{
		{},
		{
			Name: "House — Дом", Viewers: map[certs.KeyID]string{{1}: "Anna", {2}: "Berta", {0xff}: "Clara"},
			Cameras: map[uint8]certs.CameraSettings{0: {Name: "Door", Records: &yes, Clips: &no, Live: &no}, 3: {Clips: &yes}, 7: {Records: &no}},
		},
		{Cameras: map[uint8]certs.CameraSettings{
			0: {Name: "Door", Sensitivity: 1, Zones: zones, MinSize: &least, MaxSize: 1},
			1: {Sensitivity: 10}, 2: {Zones: zones[:1]}, 3: {MinSize: &least}, 4: {MaxSize: 10000},
		}},
	} {
		b := ok(want.Seal(key, o.Recipient))(t)
		for _, id := range []*certs.Owner{o, {Identity: camera}} {
			if got := ok(certs.OpenSettings(b, id.Identity))(t); !reflect.DeepEqual(*got, want) {
				t.Errorf("got %+v\nwant %+v", *got, want)
			}
		}
		if _, err := certs.OpenSettings(b, stranger.Identity); err == nil {
			t.Error("a stranger opens settings")
		}
		if strings.Contains(string(b), "Door") {
			t.Error("settings show what is in them")
		}
	}
}

func TestSealSettingsRefuses(t *testing.T) {
	o := certstest.NewOwner(t)
	camera := ok(certs.X25519Public(ok(certs.NewSettingsKey())(t).Recipient().String()))(t)
	many := map[certs.KeyID]string{}
	for i := range byte(17) {
		many[certs.KeyID{i}] = "x"
	}
	over, least := uint64(10001), uint64(2)
	for name, s := range map[string]certs.Settings{
		"a camera too many":             {Cameras: map[uint8]certs.CameraSettings{8: {Name: "x"}}},
		"a camera of which nothing set": {Cameras: map[uint8]certs.CameraSettings{0: {}}},
		"a name with a line end":        {Name: "a\nb"},
		"a camera's name of 257 bytes":  {Cameras: map[uint8]certs.CameraSettings{0: {Name: strings.Repeat("x", 257)}}},
		"of a camera no zones":          of(certs.CameraSettings{Zones: []certs.Zone{}}),
		"sensitivity 11":                of(certs.CameraSettings{Sensitivity: 11}),
		"a least size over the whole":   of(certs.CameraSettings{MinSize: &over}),
		"a greatest size over it":       of(certs.CameraSettings{MaxSize: over}),
		"sizes the wrong way round":     of(certs.CameraSettings{MinSize: &least, MaxSize: least - 1}),
		"17 zones":                      zones(17, 3),
		"a zone without a name":         zone(func(z *certs.Zone) { z.Name = "" }),
		"a zone's name with a line end": zone(func(z *certs.Zone) { z.Name = "a\nb" }),
		"a zone of two corners":         zones(1, 2),
		"a zone of 33 corners":          zones(1, 33),
		"a corner beyond the right":     zone(func(z *certs.Zone) { z.Points[2].X = over }),
		"a corner beyond the bottom":    zone(func(z *certs.Zone) { z.Points[0].Y = over }),
		"two zones of one name":         of(certs.CameraSettings{Zones: append(zones(1, 3).Cameras[0].Zones, zones(1, 4).Cameras[0].Zones...)}),
		"a viewer without a name":       {Viewers: map[certs.KeyID]string{{1}: ""}},
		"17 viewers":                    {Viewers: many},
	} {
		if _, err := s.Seal(camera, o.Recipient); err == nil {
			t.Errorf("sealed %s", name)
		}
	}
	var s certs.Settings
	for name, to := range map[string]string{"nobody": "", "a hybrid key": ok(o.Hybrid())(t).Recipient().String()} {
		if _, err := s.Seal(camera, to); err == nil {
			t.Errorf("sealed to the camera and %s", name)
		}
	}
	if _, err := s.Seal([32]byte{}, o.Recipient); err == nil {
		t.Error("sealed to no camera")
	}
}

// of returns settings of one camera.
func of(c certs.CameraSettings) certs.Settings {
	return certs.Settings{Cameras: map[uint8]certs.CameraSettings{0: c}}
}

// zones returns the settings of a camera with n zones of so many corners, each of which takes the most bytes.
func zones(n, corners int) certs.Settings {
	var all []certs.Zone
	for i := range n {
		z := certs.Zone{Name: fmt.Sprint("zone ", i), Watch: i%2 == 0}
		for j := range corners {
			z.Points = append(z.Points, certs.Point{X: 10000 - uint64(j), Y: 300 * uint64(j)})
		}
		all = append(all, z)
	}
	return of(certs.CameraSettings{Zones: all})
}

// zone returns settings with one zone that is spoiled.
func zone(spoil func(*certs.Zone)) certs.Settings {
	s := zones(1, 3)
	spoil(&s.Cameras[0].Zones[0])
	return s
}

// All zones that one camera may have fit, with names of ordinary length, and those of all eight do not.
func TestZonesFit(t *testing.T) {
	o := certstest.NewOwner(t)
	camera := ok(certs.X25519Public(ok(certs.NewSettingsKey())(t).Recipient().String()))(t)
	s := zones(certs.MaxZones, certs.MaxPoints)
	b := ok(s.Seal(camera, o.Recipient))(t)
	if got := ok(certs.OpenSettings(b, o.Identity))(t); !reflect.DeepEqual(*got, s) {
		t.Errorf("got %+v", got)
	}
	for i := range uint8(certs.MaxCameras) {
		s.Cameras[i] = s.Cameras[0]
	}
	_, err := s.Seal(camera, o.Recipient)
	if err == nil || !strings.Contains(err.Error(), "bytes are more than 16384: fewer zones, fewer corners or shorter names fit") {
		t.Errorf("the zones of eight cameras: %v", err)
	}
}
