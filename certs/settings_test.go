package certs_test

import (
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
	yes, no := true, false
	for _, want := range []certs.Settings{
		{},
		{
			Name: "House — Дом", Viewers: map[certs.KeyID]string{{1}: "Anna", {2}: "Berta", {0xff}: "Clara"},
			Cameras: map[uint8]certs.CameraSettings{0: {Name: "Door", Records: &yes, Clips: &no, Live: &no}, 3: {Clips: &yes}, 7: {Records: &no}},
		},
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
	for name, s := range map[string]certs.Settings{
		"a camera too many":             {Cameras: map[uint8]certs.CameraSettings{8: {Name: "x"}}},
		"a camera of which nothing set": {Cameras: map[uint8]certs.CameraSettings{0: {}}},
		"a name with a line end":        {Name: "a\nb"},
		"a camera's name of 257 bytes":  {Cameras: map[uint8]certs.CameraSettings{0: {Name: strings.Repeat("x", 257)}}},
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
