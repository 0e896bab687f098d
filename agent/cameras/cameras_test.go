package cameras

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/device/devicetest"
	"signet/capture/v4l2/uapi"
	"signet/internal/hint"
)

// print returns what people read, with the machine's folder taken for the root.
func print(t *testing.T, m *devicetest.Tree, o Options) (string, error) {
	t.Helper()
	o.Root = m.Root
	var b bytes.Buffer
	err := Print(&b, o)
	return strings.ReplaceAll(b.String(), filepath.Dir(m.Dev), ""), err
}

// desk is a machine with all sorts of cameras.
func desk(t *testing.T) *devicetest.Tree {
	m := devicetest.New(t)
	cam := devicetest.Webcam("1-1.2", "046d:0825", "5A3C9F10")
	cam.Info = append(cam.Info,
		uapi.MakeControl(uapi.ControlInfo{ID: 0x0098090c, Type: uapi.TypeBoolean, Max: 1, Default: 1, Flags: uapi.FlagInactive}, "White Balance, Automatic"),
		uapi.MakeControl(uapi.ControlInfo{ID: 0x00980941, Type: uapi.TypeButton}, "Reset"),
		uapi.MakeControl(uapi.ControlInfo{ID: 0x00980942, Type: uapi.TypeInteger, Max: 90, Step: 10}, "Angle"))
	m.Plug("video0", cam)
	h264 := devicetest.Webcam("1-1.2", "046d:0825", "5A3C9F10")
	h264.Modes, h264.Index = []devicetest.Mode{{Format: uapi.MakeFormat("H264", "H.264"), Sizes: devicetest.Sizes(1920, 1080)}}, 2
	m.Plug("video2", h264)
	m.Plug("video4", &devicetest.Node{
		Driver: "vivid", Card: "vivid", Bus: "platform:vivid-000",
		Modes: []devicetest.Mode{
			{Format: uapi.MakeFormat("YUYV", "YUYV 4:2:2"), Sizes: devicetest.Sizes(320, 180, 640, 360)},
			{Format: uapi.MakeFormat("RGB3", "24-bit RGB 8-8-8"), Sizes: devicetest.Sizes(320, 180)},
		},
	})
	m.Link("by-id", "usb-046d_0825_5A3C9F10-video-index0", "video0")
	for _, n := range []string{"video20", "video21"} {
		m.Plug(n, &devicetest.Node{Driver: "unicam", Card: "unicam", Bus: "csi", Caps: uapi.CapCapture | uapi.CapStreaming | uapi.CapMediaController})
	}
	locked := devicetest.Webcam("1-1.3", "0c45:6366", "")
	locked.Deny(unix.EACCES)
	m.Plug("video8", locked)
	dir := filepath.Join(m.Proc, "812", "fd")
	os.MkdirAll(dir, 0o700)
	os.WriteFile(filepath.Join(m.Proc, "812", "comm"), []byte("motion\n"), 0o600)
	os.Symlink(m.Path("video0"), filepath.Join(dir, "5"))
	return m
}

func TestTable(t *testing.T) {
	const want = `NODE         CAMERA          PICTURES                    SOURCE
/dev/video0  HD Webcam C270  MJPG 800x600, 30/s, H264    usb:046d:0825:5A3C9F10
/dev/video4  vivid           YUYV 640x360                /dev/video4
/dev/video0 is in use by motion (812)

In the configuration, for each that is to record:

[[camera]]
source = "usb:046d:0825:5A3C9F10"

[[camera]]
source = "/dev/video4"

Not usable:
/dev/video8, HD Webcam C270: permission denied
/dev/video20 /dev/video21, unicam: it is a part of a camera that a program such as libcamera must put together, which is not supported
hint: add the user to the group of the device: usermod -aG video USER, and log in again
`
	got, err := print(t, desk(t), Options{})
	if err != nil || squeeze(got) != squeeze(want) {
		t.Errorf("%v\n%s", err, got)
	}
}

// squeeze makes one blank of many.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return strings.Join(lines, "\n")
}

// What a camera says of itself cannot command a terminal, nor write lines of its own.
func TestHostile(t *testing.T) {
	const evil = "\x1b]0;x\a\u009b2J\r\n\n[[camera]]\nsource = \"generated\""
	m := devicetest.New(t)
	cam := devicetest.Webcam("1-1.2", "046d:0825", "S"+evil)
	cam.Card, cam.Driver, cam.Bus = "C"+evil, "D\x1b[2J", "B\x1b[2J"
	m.Plug("video0", cam)
	locked := devicetest.Webcam("1-1.3", "0c45:6366", "")
	locked.Card = "L" + evil
	locked.Deny(unix.EACCES)
	m.Plug("video2", locked)
	for _, o := range []Options{{}, {All: true}, {JSON: true}} {
		got, err := print(t, m, o)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) || strings.Contains(got, "\nsource = \"generated\"") {
			t.Errorf("%+v: %q", o, got)
		}
		if !o.JSON && !strings.Contains(got, "\nsource = \"usb:046d:0825\"\n") {
			t.Errorf("%+v: not named for a configuration: %s", o, got)
		}
	}
}

func TestAll(t *testing.T) {
	const want = `HD Webcam C270
node /dev/video0
driver uvcvideo on usb-3f980000.usb-1-1.2
usb 046d:0825 on port 1-1.2, serial number 5A3C9F10
names usb:046d:0825:5A3C9F10
usb:046d:0825
usb-port:1-1.2
/dev/v4l/by-id/usb-046d_0825_5A3C9F10-video-index0
/dev/video0
H.264 /dev/video2
in use by motion (812)
pictures MJPG 800x600, 30/s, H264
MJPG Motion-JPEG
640x480: 30, 15/s
800x600: 30, 15/s
1280x960: 30, 15/s
controls
brightness 0 to 255; default 128, now 128
power_line_frequency 0 "Disabled", 1 "50 Hz", 2 "60 Hz"; default "60 Hz", now "60 Hz"
white_balance_automatic true or false; default true, now true; inactive
reset cannot be set (button)
angle 0 to 90, in steps of 10; default 0, now 0

vivid
node /dev/video4
driver vivid on platform:vivid-000
names /dev/video4
pictures YUYV 640x360
YUYV YUYV 4:2:2
320x180
640x360
RGB3 24-bit RGB 8-8-8 (not usable)
320x180

In the configuration`
	got, err := print(t, desk(t), Options{All: true})
	if err != nil || !strings.HasPrefix(squeeze(got), want) {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestJSON(t *testing.T) {
	got, err := print(t, desk(t), Options{JSON: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if err := json.Unmarshal([]byte(got), &all); err != nil || len(all) != 5 {
		t.Fatalf("%d cameras, %v\n%s", len(all), err, got)
	}
	for key, want := range map[string]any{
		"path": "/dev/video0", "source": "usb:046d:0825:5A3C9F10", "h264": "/dev/video2", "driver": "uvcvideo",
	} {
		if all[0][key] != want {
			t.Errorf("%s is %v", key, all[0][key])
		}
	}
	if c := all[0]["controls"].([]any); len(c) != 5 {
		t.Errorf("controls %v", c)
	}
	if all[2]["error"] != "permission denied" || all[2]["hint"] == nil || all[2]["usb"].(map[string]any)["port"] != "1-1.3" {
		t.Errorf("%v", all[2])
	}
	if got, err := print(t, devicetest.New(t), Options{JSON: true}); err != nil || got != "[]\n" {
		t.Errorf("nothing is %q, %v", got, err)
	}
}

func TestNone(t *testing.T) {
	m := devicetest.New(t)
	if got, err := print(t, m, Options{}); err == nil || err.Error() != "no camera found" || hint.Own(err) == "" || got != "" {
		t.Errorf("%q, %v", got, err)
	}
	cam := devicetest.Webcam("1-1.2", "046d:0825", "")
	cam.Deny(unix.EBUSY)
	m.Plug("video0", cam)
	got, err := print(t, m, Options{})
	if err == nil || err.Error() != "no camera can be used" || hint.Own(err) != "end that program" ||
		got != "Not usable:\n/dev/video0, HD Webcam C270: in use by another program, which lets nobody else look\n" {
		t.Errorf("%q, %v, hint %q", got, err, hint.Own(err))
	}
}
