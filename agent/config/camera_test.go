package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestCameras(t *testing.T) {
	c, err := Parse("f", []byte(`
[[camera]]
source = "usb:046D:0825:ABC:1"
name = "Front"
width = 640
height = 480
format = "YUYV"
usb_reset = true
[camera.controls]
brightness = 3
auto_exposure = "manual"
flip = true
[[camera]]
source = "/dev/v4l/by-id/usb-x"
[[camera]]
source = "generated"
[[camera]]
source = "generated"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Camera{
		{
			Source: "usb:046D:0825:ABC:1", Name: "Front", Width: 640, Height: 480, Format: "YUYV", USBReset: true,
			Controls: Controls{"brightness": int64(3), "auto_exposure": "manual", "flip": true},
		},
		{Source: "/dev/v4l/by-id/usb-x"},
		{Source: "generated"},
		{Source: "generated"},
	}
	if !reflect.DeepEqual(c.Cameras, want) {
		t.Errorf("cameras are\n%+v, want\n%+v", c.Cameras, want)
	}
	for _, text := range []string{"", "[[camera]]\n", "[[camera]]\nsource = \"\"\n", "[[camera]]\n[camera.controls]\n", "camera = []\n"} {
		c, err := Parse("f", []byte(text))
		if err != nil || !reflect.DeepEqual(c.Cameras, Default().Cameras) {
			t.Errorf("%q: %+v, %v", text, c.Cameras, err)
		}
	}
}

func TestCameraErrors(t *testing.T) {
	const old = "there may be several: each begins with [[camera]], in two pairs of brackets"
	two := "[[camera]]\nsource = \"generated\"\nfps = 5\n\n[[camera]]\nsource = \"/dev/video2\"\n"
	for name, c := range map[string]struct{ text, want, hint string }{
		"one table, as it was": {"\n[camera]\nfps = 5\n", "f.toml:2: camera: must be a list of tables, is a table", old},
		"dotted":               {"camera.fps = 5\n", "f.toml:1: camera: must be a list of tables, is a table", old},
		"a number":             {"camera = 5\n", "f.toml:1: camera: must be a list of tables, is a number", old},
		"a list of numbers":    {"camera = [5]\n", "f.toml:1: camera: must be a table, is a number", old},
		"unknown key":          {two + "fpss = 3\n", "f.toml:7: camera.fpss: unknown key", "did you mean camera.fps?"},
		"second of two":        {two + "fps = 600\n", "f.toml:7: camera.fps: must be between 0 and 240, is 600", ""},
		"first of two":         {strings.Replace(two, "5", "500", 1) + "fps = 5\n", "f.toml:3: camera.fps: must be between 0 and 240, is 500", ""},
		"type, second":         {two + "fps = \"5\"\n", "f.toml:7: camera.fps: must be a number, is a string", ""},
		"type, first":          {strings.Replace(two, "5", `"5"`, 1) + "fps = 5\n", "f.toml:3: camera.fps: must be a number, is a string", ""},
		"inline":               {"x = 1\n\ncamera = [{fps = 5}, {source = \"x\", fps = 600}]\n", "f.toml:1: x: unknown key", ""},
		"inline value":         {"\n\ncamera = [{source = \"a\"}, {source = \"x\", fps = 600}]\n", "f.toml:3: camera.fps: must be between", ""},
		"same source":          {two + two[strings.Index(two, "\n\n")+2:], `f.toml:8: camera.source: another camera has "/dev/video2" already`, ""},
		"same path":            {two + "[[camera]]\nsource = \"/dev//video2\"\n", `f.toml:8: camera.source: another camera has "/dev//video2" already`, ""},
		"same USB ids":         {"[[camera]]\nsource = \"usb:046d:0825\"\n[[camera]]\nsource = \"usb:046D:0825\"\n", "f.toml:4: camera.source: another camera", ""},
		"two of auto":          {"[[camera]]\n[[camera]]\n", `f.toml:2: camera.source: another camera has "auto" already`, ""},
		"auto beside a device": {two + "[[camera]]\nsource = \"auto\"\n", `f.toml:8: camera.source: "auto" might take the device of the other camera`, ""},
		"a device beside auto": {"[[camera]]\n[[camera]]\nsource = \"usb:046d:0825\"\n", `f.toml:3: camera.source: "auto" might take`, ""},
		"same name":            {strings.ReplaceAll(two, "source", "name = \"A\"\nsource"), `f.toml:7: camera.name: another camera is called "A" already`, ""},
		"too many":             {strings.Repeat("[[camera]]\nsource = \"generated\"\n", 9), "f.toml:17: camera: there are more than 8", ""},
		"USB ids":              {"[[camera]]\nsource = \"usb:46d:0825\"\n", "f.toml:2: camera.source: usb:46d:0825: not usb:", "signet-agent cameras lists the names of those that are connected"},
		"USB port":             {"[[camera]]\nsource = \"usb-port:1\"\n", "f.toml:2: camera.source: usb-port:1: not usb-port:BUS-PORT", ""},
		"a port beside auto":   {"[[camera]]\n[[camera]]\nsource = \"usb-port:1-1.2\"\n", `f.toml:3: camera.source: "auto" might take`, ""},
		"USB serial":           {"[[camera]]\nsource = \"usb:046d:0825:\"\n", "f.toml:2: camera.source: usb:046d:0825:: not usb:", ""},
		"width alone":          {"[[camera]]\nwidth = 640\n", "f.toml:2: camera.width: needs camera.height beside it", ""},
		"height alone":         {"[[camera]]\nheight = 640\n", "f.toml:2: camera.height: needs camera.width beside it", ""},
		"format":               {"[[camera]]\nformat = \"jpeg\"\n", `f.toml:2: camera.format: must be one of MJPG, YUYV, UYVY, NV12, YU12, GREY, is "jpeg"`, ""},
		"H.264":                {"[[camera]]\nformat = \"H264\"\n", "f.toml:2: camera.format: must be that of the pictures; H264 is taken beside them", ""},
		"node alone":           {"[[camera]]\nsource = \"video0\"\n", `f.toml:2: camera.source: must be "/dev/video0", is "video0"`, ""},
		"password in address":  {"[[camera]]\nsource = \"http://mia:hush@cam/\"\n", "f.toml:2: camera.source: http://cam/: name and password do not belong", "write name:password into a file that only the agent can read, and name it as login beside the source"},
		"same address":         {"[[camera]]\nsource = \"http://cam/?t=hush\"\n[[camera]]\nsource = \"http://cam/?t=hush\"\n", `f.toml:4: camera.source: another camera has "http://cam/" already`, ""},
		"login of a device":    {"[[camera]]\nlogin = \"/etc/signet/l\"\n", "f.toml:2: camera.login: is for a camera on the network", ""},
		"login somewhere":      {"[[camera]]\nsource = \"http://cam/\"\nlogin = \"l\"\n", `f.toml:3: camera.login: must be an absolute path, is "l"`, ""},
		"address of nobody":    {"[[camera]]\nsource = \"http:///stream?hush\"\n", "f.toml:2: camera.source: http:///stream: the address names no host", ""},
		"USB in capitals":      {"[[camera]]\nsource = \"USB:046d:0825\"\n", "f.toml:2: camera.source: must begin with usb:", ""},
		"cameras":              {"[[cameras]]\n", "f.toml:1: cameras: unknown key", "did you mean [[camera]]?"},
		"control":              {"[[camera]]\n[camera.controls]\ngain = 1.5\n", "f.toml:2: camera.controls: gain must be a whole number, true or false, or a string, is a number with a fraction", ""},
		"control, a table":     {"[[camera]]\n[camera.controls.gain]\nx = 1\n", "f.toml:2: camera.controls: gain must be a whole number, true or false, or a string, is a table", ""},
		"controls":             {"[[camera]]\ncontrols = 5\n", "f.toml:2: camera.controls: must be a table, is a number", ""},
		"USB reset":            {"[[camera]]\nusb_reset = 1\n", "f.toml:2: camera.usb_reset: must be true or false, is a number", ""},
		"long name":            {"[[camera]]\n\nname = \"" + strings.Repeat("x", 129) + "\"\n", "f.toml:3: camera.name: must have at most 128 bytes, has 129", ""},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, "f.toml", c.text, c.want, c.hint) })
	}
}

// refuses asserts that a file is refused with words that begin so, and with the hint, unless that is empty.
func refuses(t *testing.T, file, text, want, hint string) {
	t.Helper()
	_, err := Parse(file, []byte(text))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v", err)
	}
	if !strings.HasPrefix(e.Error(), want) || hint != "" && e.Hint() != hint {
		t.Errorf("error is  %q, hint %q\nwant      %q, hint %q", e, e.Hint(), want, hint)
	}
}

func TestChangedCameras(t *testing.T) {
	parse := func(text string) Config {
		t.Helper()
		c, err := Parse("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one := parse("[[camera]]\nsource = \"a\"\n")
	for text, want := range map[string][2][]string{
		"[[camera]]\nsource = \"a\"\n":                                     {},
		"[[camera]]\nsource = \"a\"\n[camera.controls]\ngain = 1\n":        {{"camera.controls"}, nil},
		"[[camera]]\nsource = \"a\"\nfps = 5\n[camera.controls]\ngain = 1": {{"camera.controls"}, {"camera.fps"}},
	} {
		now, restart := Changed(one, parse(text))
		if !reflect.DeepEqual([2][]string{now, restart}, want) {
			t.Errorf("%q: at once %q, after a restart %q", text, now, restart)
		}
	}
	now, restart := Changed(one, parse("[[camera]]\nsource = \"b\"\nname = \"x\"\n[[camera]]\nsource = \"a\"\n"))
	if len(now) != 0 || !reflect.DeepEqual(restart, []string{"camera"}) {
		t.Errorf("of another camera: at once %q, after a restart %q", now, restart)
	}
}
