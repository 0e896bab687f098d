package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"signet/capture"
	"signet/capture/httpcam"
	"signet/capture/v4l2/device"
	"signet/certs"
	"signet/internal/hint"
)

// auto is the source that takes the first device that works.
const auto = "auto"

// Camera says where pictures come from. A device has one or several.
type Camera struct {
	Source   string   `toml:"source"` // as of capture/source
	Name     string   `toml:"name"`   // for people; sealed
	FPS      float64  `toml:"fps"`    // at most, of a device; the pace of a recording; 0: its own
	Width    int      `toml:"width"`  // pixels, with Height; 0: 1280x720
	Height   int      `toml:"height"`
	Format   string   `toml:"format"`    // FourCC that is asked for first; empty: what suits best
	Controls Controls `toml:"controls"`  // those that are not named stay at their default
	USBReset bool     `toml:"usb_reset"` // of a camera that hangs
	Login    string   `toml:"login"`     // file with name:password, for a camera on the network
	Zones    []Zone   `toml:"zone"`      // none: the whole picture is watched
}

func defaultCamera() Camera { return Camera{Source: auto} }

// Limits of what is configured for a camera.
const (
	maxName     = 128 // bytes
	maxSide     = 8192
	maxControls = 64
	maxWord     = 64 // bytes of a control's name or value
)

// cameraRules checks each camera by itself and then all of them together.
func (c *Config) cameraRules() (all []rule) {
	for i := range c.Cameras {
		for _, r := range append(c.Cameras[i].rules(), c.differs(i)...) {
			r.nth = append([]int{i + 1}, r.nth...)
			all = append(all, r)
		}
	}
	return all
}

func (c *Camera) rules() []rule {
	return append([]rule{
		source(c.Source),
		{key: "camera.name", why: short(c.Name, maxName)},
		{key: "camera.fps", why: between(c.FPS, 0, 240)},
		{key: "camera.width", why: between(c.Width, 0, maxSide)},
		{key: "camera.height", why: between(c.Height, 0, maxSide)},
		{key: "camera.width", why: together(c.Width, c.Height, "camera.height")},
		{key: "camera.height", why: together(c.Height, c.Width, "camera.width")},
		{key: "camera.format", why: fourCC(c.Format)},
		{key: "camera.controls", why: c.Controls.check()},
		{key: "camera.login", why: c.loginRule()},
	}, c.zoneRules()...)
}

func (c *Camera) loginRule() string {
	switch {
	case c.Login == "":
		return ""
	case !httpcam.IsAddress(c.Source):
		return "is for a camera on the network, whose source begins with http:// or https://"
	}
	return absolute(c.Login)
}

// differs says what camera i has that only one camera may have, and one before it has.
func (c *Config) differs(i int) []rule {
	if i >= certs.MaxCameras {
		return []rule{{key: "camera", why: fmt.Sprintf("there are more than %d", certs.MaxCameras)}}
	}
	this := c.Cameras[i]
	for _, before := range c.Cameras[:i] {
		a, b := canonical(before.Source), canonical(this.Source)
		switch {
		case a == b && a != "generated": // which is no device: there is one for each
			return []rule{{key: "camera.source", why: fmt.Sprintf("another camera has %q already", httpcam.Redacted(this.Source))}}
		case a == auto && (device.Root{}).IsName(b), b == auto && (device.Root{}).IsName(a):
			return []rule{{key: "camera.source", why: `"auto" might take the device of the other camera: name its device too`}}
		case this.Name != "" && this.Name == before.Name:
			return []rule{{key: "camera.name", why: fmt.Sprintf("another camera is called %q already", this.Name)}}
		}
	}
	return nil
}

// nodeName is the name of a node without its folder, where people surely mean no file.
var nodeName = regexp.MustCompile(`^video[0-9]+$`)

// source refuses the name of a device that none can have. Whatever is no such name may be a path.
func source(s string) rule {
	r := rule{key: "camera.source"}
	if lower := strings.ToLower(s); strings.HasPrefix(lower, "usb:") && !strings.HasPrefix(s, "usb:") {
		r.why = fmt.Sprintf("must begin with usb:, is %q", s)
		return r
	}
	if nodeName.MatchString(s) {
		r.why = fmt.Sprintf("must be %q, is %q", "/dev/"+s, s)
		return r
	}
	if httpcam.IsAddress(s) {
		if err := httpcam.Check(s); err != nil {
			r.why, r.help = err.Error(), hint.Own(err)
		}
		return r
	}
	if !(device.Root{}).IsName(s) {
		return r
	}
	if _, err := device.ParseName(s); err != nil {
		r.why, r.help = err.Error(), hint.Own(err)
	}
	return r
}

// canonical spells a source in one way, as far as its text tells: two paths may still be links to one device.
func canonical(s string) string {
	if head, serial, _ := strings.Cut(s, ":"); head == "usb" && len(serial) >= len("046d:0825") {
		ids := len("046d:0825")
		return "usb:" + strings.ToLower(serial[:ids]) + serial[ids:]
	}
	if httpcam.IsAddress(s) {
		return s
	}
	return filepath.Clean(s)
}

func together(v, other int, name string) string {
	if v != 0 && other == 0 {
		return "needs " + name + " beside it"
	}
	return ""
}

// formats that pictures can be asked for in.
var formats = []string{
	string(capture.MJPEG), string(capture.YUYV), string(capture.UYVY), string(capture.NV12), string(capture.YU12), string(capture.GREY),
}

func fourCC(s string) string {
	switch {
	case s == "" || slices.Contains(formats, s):
		return ""
	case s == string(capture.H264):
		return "must be that of the pictures; H264 is taken beside them where a camera has it"
	}
	return fmt.Sprintf("must be one of %s, is %q", strings.Join(formats, ", "), s)
}

// Controls are settings of a device and their values: int64, bool or string.
type Controls map[string]any

// UnmarshalTOML reads a table, and names the first value that is of no such type.
func (c *Controls) UnmarshalTOML(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("must be a table, is %s", word(found, kind(v)))
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		switch v := table[name].(type) {
		case int64, bool, string:
		default:
			return fmt.Errorf("%s must be a whole number, true or false, or a string, is %s", name, word(found, kind(v)))
		}
	}
	if len(table) > 0 {
		*c = table
	}
	return nil
}

func (c Controls) check() string {
	if len(c) > maxControls {
		return fmt.Sprintf("must be at most %d, are %d", maxControls, len(c))
	}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if name == "" || len(name) > maxWord {
			return fmt.Sprintf("a control's name has 1 to %d bytes, not %d", maxWord, len(name))
		}
		if v, ok := c[name].(string); ok && len(v) > maxWord {
			return fmt.Sprintf("%s must have at most %d bytes, has %d", name, maxWord, len(v))
		}
	}
	return ""
}

// kind names the type of a decoded value as the TOML library does.
func kind(v any) string {
	switch v.(type) {
	case []any:
		return "[]any"
	case map[string]any:
		return "map[string]any"
	case []map[string]any:
		return "[]map[string]any"
	}
	return fmt.Sprintf("%T", v)
}
