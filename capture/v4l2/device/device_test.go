package device_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/device"
	"signet/capture/v4l2/device/devicetest"
	"signet/capture/v4l2/uapi"
	"signet/internal/hint"
)

const (
	c270  = "046d:0825"
	other = "0c45:6366"
)

// summary is a device in a line.
func summary(d device.Device) string {
	s := filepath.Base(d.Path) + " " + d.Name
	if d.USB != nil {
		s += " " + d.USB.ID() + " " + d.USB.Serial + " on " + d.USB.Port
	}
	if d.H264 != "" {
		s += " with " + filepath.Base(d.H264)
	}
	if d.Err != nil {
		s += ": " + d.Err.Error()
	}
	return s
}

// A Raspberry Pi with a webcam that has H.264 beside, and all that is no camera.
func TestList(t *testing.T) {
	m := devicetest.New(t)
	cam := devicetest.Webcam("1-1.2", c270, "5A3C9F10")
	m.Plug("video0", cam)
	meta := devicetest.Webcam("1-1.2", c270, "5A3C9F10")
	meta.Caps, meta.Index = 0x00800000|uapi.CapStreaming, 1
	m.Plug("video1", meta)
	h264 := devicetest.Webcam("1-1.2", c270, "5A3C9F10")
	h264.Modes, h264.Index = []devicetest.Mode{{Format: uapi.MakeFormat("H264", "H.264"), Sizes: devicetest.Sizes(1920, 1080)}}, 2
	m.Plug("video2", h264)
	codec := &devicetest.Node{Driver: "bcm2835-codec", Card: "bcm2835-codec-decode", Bus: "platform:bcm2835-codec", Caps: 0x4000 | uapi.CapStreaming}
	m.Plug("video10", codec)
	m.Plug("video12", devicetest.Webcam("2-1", other, ""))
	m.Plug("video14", &devicetest.Node{
		Driver: "bcm2835-isp", Card: "bcm2835-isp", Bus: "platform:bcm2835-isp", NoInput: true,
		Modes: []devicetest.Mode{{Format: uapi.MakeFormat("YUYV", "YUYV 4:2:2")}},
	})
	m.Plug("video3", &devicetest.Node{
		Driver: "unicam", Card: "unicam", Bus: "platform:fe801000.csi", Caps: uapi.CapCapture | uapi.CapStreaming | uapi.CapMediaController,
	})
	m.Plug("video4", &devicetest.Node{Driver: "x", Card: "Planes", Bus: "platform:x", Caps: uapi.CapCaptureMplane | uapi.CapStreaming})
	m.Plug("video5", &devicetest.Node{
		Driver: "y", Card: "Bayer", Bus: "platform:y", Modes: []devicetest.Mode{{Format: uapi.MakeFormat("RG10", "")}},
	})
	m.Plug("video6", &devicetest.Node{
		Driver: "z", Card: "Lone", Bus: "platform:z", Modes: []devicetest.Mode{{Format: uapi.MakeFormat("H264", "H.264")}},
	})
	locked := devicetest.Webcam("1-1.3", other, "")
	locked.Deny(unix.EACCES)
	m.Plug("video7", locked)
	lockedMeta := devicetest.Webcam("1-1.3", other, "")
	lockedMeta.Deny(unix.EACCES)
	lockedMeta.Index = 1
	m.Plug("video8", lockedMeta)
	dead := devicetest.Webcam("1-1.4", other, "")
	dead.Deny(unix.ENODEV)
	m.Plug("video9", dead)
	os.WriteFile(m.Path("video-codec"), nil, 0o600)
	link := m.Link("by-id", "usb-046d_0825_5A3C9F10-video-index0", "video0")

	want := []string{
		"video0 HD Webcam C270 046d:0825 5A3C9F10 on 1-1.2 with video2",
		"video12 HD Webcam C270 0c45:6366  on 2-1",
		"video3 unicam: it is a part of a camera that a program such as libcamera must put together, which is not supported",
		"video4 Planes: it has multi-planar capture only, which is not supported",
		"video5 Bayer: no usable picture format: the driver has RG10",
		"video6 Lone: it has H.264 alone, in which motion cannot be found",
		"video7 HD Webcam C270 0c45:6366  on 1-1.3: permission denied",
	}
	all := m.List()
	var got []string
	for _, d := range all {
		got = append(got, summary(d))
	}
	if !slices.Equal(got, want) {
		t.Errorf("is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	d := all[0]
	if !slices.Equal(d.Links, []string{link}) || d.Driver != "uvcvideo" || d.Bus != "usb-3f980000.usb-1-1.2" {
		t.Errorf("%+v", d)
	}
	if u := *d.USB; u.Interface != "1.0" || u.Bus != "001" || u.Device != "004" {
		t.Errorf("%+v", u)
	}
}

func TestDescribe(t *testing.T) {
	m := devicetest.New(t)
	cam := devicetest.Webcam("1-1.2", c270, "")
	cam.Modes = append(cam.Modes,
		devicetest.Mode{ // as sensors do
			Format: uapi.MakeFormat("RG10", "10-bit Bayer"),
			Sizes:  []uapi.FrameSize{{Kind: uapi.Stepwise, N: [6]uint32{32, 2592, 16, 32, 1944, 2}}},
			Intervals: []uapi.FrameInterval{{
				Kind: uapi.Stepwise, N: [3]uapi.Fraction{{Numerator: 1, Denominator: 90}, {Numerator: 1, Denominator: 1}, {Numerator: 1, Denominator: 1}},
			}},
		},
		devicetest.Mode{ // as vivid does
			Format: uapi.MakeFormat("YUYV", "YUYV 4:2:2"),
			Sizes:  []uapi.FrameSize{{Kind: uapi.Continuous, N: [6]uint32{2, 8192, 0, 1, 8192, 0}}},
			Intervals: []uapi.FrameInterval{{
				Kind: uapi.Continuous, N: [3]uapi.Fraction{{Numerator: 1001, Denominator: 30000}, {Numerator: 100, Denominator: 1}},
			}},
		})
	m.Plug("video0", cam)
	all, err := m.Describe(m.List()[0])
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range all.Formats {
		for _, s := range f.Sizes {
			got = append(got, fmt.Sprintf("%s %v: %v %v", f.FourCC, f.Usable, s, s.Rates))
		}
	}
	want := []string{
		"MJPG true: 640x480 30, 15/s", "MJPG true: 800x600 30, 15/s", "MJPG true: 1280x960 30, 15/s",
		"RG10 false: 32x32 to 2592x1944 in steps of 16x2 1 to 90/s",
		"YUYV true: 2x1 to 8192x8192 0.01 to 29.97/s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if k := all.Takes; k.Format != "MJPG" || k.Width != 800 || k.Height != 600 || k.Rates.Most() != 30 {
		t.Errorf("takes %+v", k)
	}
	if len(all.Controls) != 2 || all.Controls[1].Name != "power_line_frequency" {
		t.Errorf("controls %+v", all.Controls)
	}
	cam.Deny(unix.ENODEV)
	if _, err := m.Describe(device.Device{Path: m.Path("video0")}); err == nil {
		t.Error("what is gone was described")
	}
}

func TestNames(t *testing.T) {
	m := devicetest.New(t)
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, "A"))
	m.Plug("video2", devicetest.Webcam("1-1.3", c270, "B"))
	m.Plug("video4", devicetest.Webcam("1-1.4", other, "SN0001"))
	m.Plug("video6", devicetest.Webcam("2-1", other, "SN0001"))
	stereo := devicetest.Webcam("1-1.5", "32e4:9750", "")
	m.Plug("video8", stereo)
	second := devicetest.Webcam("1-1.5", "32e4:9750", "")
	second.USB.Interface = "1.2"
	m.Plug("video10", second)
	m.Plug("video12", &devicetest.Node{
		Driver: "vivid", Card: "vivid", Bus: "platform:vivid-000", Modes: []devicetest.Mode{{Format: uapi.MakeFormat("YUYV", "")}},
	})
	link := m.Link("by-path", "platform-vivid.0-video-index0", "video12")
	all := m.List()

	for name, want := range map[string]string{
		m.Path("video2"):     "video2",
		link:                 "video12",
		"usb:046d:0825:B":    "video2",
		"usb:046D:0825:A":    "video0",
		"usb-port:1-1.3":     "video2",
		"usb-port:2-1":       "video6",
		"usb:32e4:9750":      "video8",
		"usb-port:1-1.5":     "video8",
		"usb-port:1-1.5:1.2": "video10",
		os.DevNull:           "null",
	} {
		n, err := device.ParseName(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d, err := n.Find(all); err != nil || filepath.Base(d.Path) != want {
			t.Errorf("%s is %s, %v, want %s", name, d.Path, err, want)
		}
	}

	for name, want := range map[string]string{
		"usb:046d:0825": fmt.Sprintf("open camera usb:046d:0825: there are 2 such cameras: %s (usb-port:1-1.2), %s (usb-port:1-1.3)", m.Path("video0"), m.Path("video2")),
		"usb:0c45:6366:SN0001": fmt.Sprintf("open camera usb:0c45:6366:SN0001: there are 2 such cameras: %s (usb-port:1-1.4), %s (usb-port:2-1)",
			m.Path("video4"), m.Path("video6")),
		"usb:046d:0825:C":    "open camera usb:046d:0825:C: it is not connected",
		"usb-port:1-1":       "open camera usb-port:1-1: it is not connected",
		m.Path("video99"):    "open camera " + m.Path("video99") + ": no such device",
		"/dev/v4l/by-id/xyz": "open camera /dev/v4l/by-id/xyz: no such device",
	} {
		n, err := device.ParseName(name)
		if err == nil {
			_, err = n.Find(all)
		}
		if err == nil || err.Error() != want || hint.Own(err) == "" {
			t.Errorf("%s: %v, hint %q", name, err, hint.Own(err))
		}
	}

	for _, name := range []string{"usb:", "usb:46d:825", "usb:046d:0825:", "usb:046d", "usb:zzzz:0825", "usb-port:", "usb-port:1", "usb-port:1-1.2:x", "usb-port:1-1."} {
		if _, err := device.ParseName(name); err == nil || hint.Own(err) == "" {
			t.Errorf("%s is a name: %v", name, err)
		}
	}

	best := map[string]string{}
	for _, d := range all {
		best[filepath.Base(d.Path)] = d.Names(all)[0]
	}
	for node, want := range map[string]string{
		"video0": "usb:046d:0825:A", "video2": "usb:046d:0825:B", "video4": "usb-port:1-1.4", "video6": "usb-port:2-1",
		"video8": "usb:32e4:9750", "video10": "usb-port:1-1.5:1.2", "video12": link,
	} {
		if best[node] != want {
			t.Errorf("%s is called %s, want %s", node, best[node], want)
		}
	}
}

// Who is looked for among what sysfs tells is found as in the list of all, and nobody else is opened.
func TestListSome(t *testing.T) {
	m := devicetest.New(t)
	plug := func(node, port, id, serial string) {
		m.Plug(node, devicetest.Webcam(port, id, serial))
		h264 := devicetest.Webcam(port, id, serial)
		h264.Modes, h264.Index = []devicetest.Mode{{Format: uapi.MakeFormat("H264", "H.264")}}, 1
		m.Plug("video1"+node[len("video"):], h264)
	}
	plug("video0", "1-1.2", c270, "A")
	plug("video1", "1-1.3", c270, "B")
	plug("video2", "1-1.4", other, "")
	m.Plug("video30", &devicetest.Node{Driver: "bcm2835-codec", Card: "codec", Bus: "platform:codec", Caps: 0x4000 | uapi.CapStreaming})
	m.Plug("video31", &devicetest.Node{
		Driver: "vivid", Card: "vivid", Bus: "platform:vivid-000", Modes: []devicetest.Mode{{Format: uapi.MakeFormat("YUYV", "")}},
	})
	link := m.Link("by-id", "c270", "video1")
	all := m.List()

	var opened []string
	open := m.Root.Open
	m.Root.Open = func(path string) (device.Node, error) {
		opened = append(opened, filepath.Base(path))
		return open(path)
	}
	for name, want := range map[string]string{
		"usb:046d:0825:A":    "video0 video10",
		"usb:046d:0825":      "video0 video1 video10 video11",
		"usb-port:1-1.4":     "video2 video12",
		link:                 "video1 video11",
		m.Path("video2"):     "video2 video12",
		m.Path("video31"):    "video31",
		m.Path("video99"):    "",
		"usb:046d:0825:C":    "",
		os.DevNull:           "",
		"usb-port:1-1.2:1.7": "",
	} {
		opened = nil
		n, err := device.ParseName(name)
		if err != nil {
			t.Fatal(err)
		}
		some := m.ListNamed(n)
		if got := strings.Join(opened, " "); got != want {
			t.Errorf("%s: opened %s, not %s", name, got, want)
		}
		d, err := n.Find(some)
		e, err2 := n.Find(all)
		if summary(d) != summary(e) || fmt.Sprint(err) != fmt.Sprint(err2) {
			t.Errorf("%s: %s, %v; among all %s, %v", name, summary(d), err, summary(e), err2)
		}
	}
	for _, was := range all {
		opened = nil
		d, ok := device.Same(was, m.ListLike(was))
		want := map[string]string{
			"video0": "video0 video10", "video1": "video1 video11", "video2": "video2 video12", "video31": "video30 video31",
		}[filepath.Base(was.Path)]
		if got := strings.Join(opened, " "); !ok || summary(d) != summary(was) || got != want {
			t.Errorf("%s: found %s, opened %s, not %s", was.Path, summary(d), got, want)
		}
	}
}

// A USB device says of itself what it likes. Terminals and logs only show it, and it is in no name for a configuration.
func TestHostile(t *testing.T) {
	const evil = "\x1b]0;x\a\x9b2J\u009b\u202e\r\n[[camera]]\tZ"
	m := devicetest.New(t)
	cam := devicetest.Webcam("1-1.2", c270, "S"+evil)
	cam.Card, cam.Driver, cam.Bus = "C"+evil, "d\x1bx", "b\x1bx"
	cam.Modes[0].Format = uapi.MakeFormat("MJPG", "\x1b[2J")
	cam.Items[0x00980918][1].Name = "\x1b[2J"
	m.Plug("video0", cam)
	locked := devicetest.Webcam("1-1.3", other, "")
	locked.Card = "L\x1b[2J"
	locked.Deny(unix.EACCES)
	m.Plug("video2", locked)
	m.Plug("video4", devicetest.Webcam("1-1.4", c270, "Sérial"))
	m.Plug("video6", devicetest.Webcam("1-1.5", c270, `a "b" \ c`))
	m.Link("by-id", "usb-\x1b[2J", "video0")
	proc := filepath.Join(m.Proc, "812", "fd")
	os.MkdirAll(proc, 0o700)
	os.WriteFile(filepath.Join(proc, "../comm"), []byte("x\x1b[2J\n"), 0o600)
	os.Symlink(m.Path("video0"), filepath.Join(proc, "5"))

	all := m.List()
	what, err := m.Describe(all[0])
	if err != nil {
		t.Fatal(err)
	}
	texts := append(m.Holders()[m.Path("video0")], what.Formats[0].Description, what.Controls[1].Menu[1].Name)
	for _, d := range all {
		texts = append(texts, d.Name, d.Driver, d.Bus, d.USB.Serial)
		texts = append(texts, d.Links...)
		texts = append(texts, d.Names(all)...)
	}
	for _, s := range texts {
		if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q can do more than be read", s)
		}
	}
	if d := all[0]; !strings.HasPrefix(d.Name, "C\uFFFD]0;x\uFFFD") || !strings.HasPrefix(d.USB.Serial, "S\uFFFD") {
		t.Errorf("%q, %q", d.Name, d.USB.Serial)
	}
	for i, want := range []string{"usb-port:1-1.2", "usb-port:1-1.4", `usb:046d:0825:a "b" \ c`} {
		if got := all[i].Names(all)[0]; got != want {
			t.Errorf("called %s, want %s", got, want)
		}
	}
}

func TestSame(t *testing.T) {
	at := func(node, port, id, serial string) device.Device {
		return device.Device{Path: node, USB: &device.USB{Vendor: id[:4], Product: id[5:], Serial: serial, Port: port, Interface: "1.0"}}
	}
	vivid := device.Device{Path: "v", Driver: "vivid", Name: "vivid", Bus: "platform:vivid-000"}
	vivid1 := device.Device{Path: "w", Driver: "vivid", Name: "vivid", Bus: "platform:vivid-001"}
	was := at("x", "1-1.2", c270, "A")
	for _, c := range []struct {
		what string
		was  device.Device
		all  []device.Device
		want string
	}{
		{"another port", was, []device.Device{vivid, at("a", "1-1.3", c270, "A")}, "a"},
		{"another serial number", was, []device.Device{at("a", "1-1.2", c270, "B")}, ""},
		{"another model at its port", was, []device.Device{at("a", "1-1.2", other, "A")}, ""},
		{"one of two that say the same", was, []device.Device{at("a", "1-1.3", c270, "A"), at("b", "1-1.2", c270, "A")}, "b"},
		{"none of two that say the same", was, []device.Device{at("a", "1-1.3", c270, "A"), at("b", "1-1.4", c270, "A")}, ""},
		{"no serial number, at its port", at("x", "1-1.2", c270, ""), []device.Device{at("a", "1-1.2", c270, "")}, "a"},
		{"no serial number, at another port", at("x", "1-1.2", c270, ""), []device.Device{at("a", "1-1.3", c270, "")}, ""},
		{"on no USB", vivid, []device.Device{at("a", "1-1.3", c270, "A"), vivid1, vivid}, "v"},
		{"on no USB, gone", vivid, []device.Device{vivid1}, ""},
		{"of which nothing is known", device.Device{Path: "/dev/null"}, []device.Device{{Path: "/dev/zero"}}, ""},
	} {
		d, ok := device.Same(c.was, c.all)
		if d.Path != c.want || ok != (c.want != "") {
			t.Errorf("%s: %s, %v", c.what, d.Path, ok)
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"usb:046d:0825:x", "usb-port:1-1.2:1.0", "/dev/video0", "usb:"} {
		f.Add(s)
	}
	u := &device.USB{Vendor: "046d", Product: "0825", Serial: "x", Port: "1-1.2", Interface: "1.0"}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 {
			return
		}
		n, err := device.ParseName(s)
		if err != nil || n.Path() != "" {
			return
		}
		if d, err := n.Find([]device.Device{{Path: "/dev/video0", USB: u}}); err == nil && d.Path != "/dev/video0" {
			t.Errorf("%q finds %+v", s, d)
		}
	})
}

func TestReset(t *testing.T) {
	m := devicetest.New(t)
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	m.Plug("video1", &devicetest.Node{Driver: "vivid", Card: "vivid", Bus: "b", Modes: []devicetest.Mode{{Format: uapi.MakeFormat("YUYV", "")}}})
	all := m.List()
	if err := m.Reset(all[0]); err != nil {
		t.Error(err)
	}
	if got := m.Resets(unix.EACCES); len(got) != 1 || got[0] != m.Path("bus/usb/001/004") {
		t.Errorf("reset %q", got)
	}
	if err := m.Reset(all[0]); !errors.Is(err, os.ErrPermission) ||
		!strings.Contains(hint.Own(err), `ATTR{idVendor}=="046d", ATTR{idProduct}=="0825"`) {
		t.Errorf("%v, hint %q", err, hint.Own(err))
	}
	if err := m.Reset(all[1]); !errors.Is(err, device.ErrNotUSB) {
		t.Error(err)
	}
	// The real kernel, as far as it goes without a USB device.
	m.ResetUSB = nil
	if err := os.MkdirAll(m.Path("bus/usb/001"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.Path("bus/usb/001/004"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.Reset(all[0]); !errors.Is(err, unix.ENOTTY) {
		t.Error(err)
	}
}

func TestHolders(t *testing.T) {
	m := devicetest.New(t)
	path := m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	for _, p := range []struct{ pid, fd, target string }{
		{"812", "5", path},
		{"812", "6", path},
		{"812", "7", os.DevNull},
		{"900", "3", m.Path("media0")},
		{fmt.Sprint(os.Getpid()), "3", path},
		{"self", "3", path},
	} {
		dir := filepath.Join(m.Proc, p.pid)
		os.MkdirAll(filepath.Join(dir, "fd"), 0o700)
		os.WriteFile(filepath.Join(dir, "comm"), []byte("signet-agent\n"), 0o600)
		os.Symlink(p.target, filepath.Join(dir, "fd", p.fd))
	}
	if got := m.Holders(); len(got) != 1 || !slices.Equal(got[path], []string{"signet-agent (812)"}) {
		t.Errorf("%v", got)
	}
}
