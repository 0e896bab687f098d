package control

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/uapi"
)

// driver plays one: it keeps values, refuses what drivers refuse, and lets an automatic control move another.
type driver struct {
	controls []uapi.ControlInfo
	menus    map[uint32][]uapi.MenuItem
	values   map[uint32]int32
	clamps   map[uint32]int32 // greater values become this
	slaves   map[uint32]slave // inactive while their master is not at manual
	refuse   map[uint32]error // to set
	lax      bool             // lets inactive controls be set, without effect
	silent   bool             // does not tell which are inactive
	log      []string         // what was set
}

type slave struct {
	master uint32
	manual int32
}

func (d *driver) Controls() []uapi.ControlInfo {
	if d.silent {
		return d.controls
	}
	return d.now()
}

func (d *driver) now() []uapi.ControlInfo {
	all := slices.Clone(d.controls)
	for i, c := range all {
		if s, ok := d.slaves[c.ID]; ok && d.values[s.master] != s.manual {
			all[i].Flags |= uapi.FlagInactive
		}
	}
	return all
}

func (d *driver) Menu(c *uapi.ControlInfo) []uapi.MenuItem { return d.menus[c.ID] }

func (d *driver) Control(id uint32) (int32, error) {
	for _, c := range d.controls {
		if c.ID == id && c.Flags&uapi.FlagWriteOnly == 0 && c.Type != uapi.TypeButton {
			return d.values[id], nil
		}
	}
	return 0, unix.EINVAL
}

func (d *driver) SetControl(id uint32, value int32) error {
	for _, c := range d.now() {
		if c.ID != id {
			continue
		}
		d.log = append(d.log, fmt.Sprintf("%s=%d", Name(c.Name()), value))
		switch {
		case d.refuse[id] != nil:
			return d.refuse[id]
		case c.Flags&uapi.FlagInactive != 0 && !d.lax, c.Flags&uapi.FlagReadOnly != 0:
			return unix.EACCES
		}
		if most, ok := d.clamps[id]; ok && value > most {
			value = most
		}
		d.values[id] = value
		return nil
	}
	return unix.EINVAL
}

const (
	brightness = 0x00980900 + iota
	contrast
	temperature
	whiteAuto
	powerLine
	sharpness
	reset
	rotate
	leds
	exposureAuto = 0x009a0901
	exposure     = 0x009a0902
	speed        = 0x009a0903
	zoom         = 0x009a090d
	inject       = 0x00f0f000
	drop         = 0x00f0f001
)

// webcam plays a usual one. Its white balance and exposure are automatic, its mains menu has a hole.
func webcam() *driver {
	d := &driver{
		menus: map[uint32][]uapi.MenuItem{
			powerLine:    {{Value: 0, Name: "Disabled"}, {Value: 1, Name: "50 Hz"}, {Value: 3, Name: "Auto"}},
			exposureAuto: {{Value: 1, Name: "Manual Mode"}, {Value: 3, Name: "Aperture Priority Mode"}},
			speed:        {{Value: 0, Name: "100"}, {Value: 1, Name: "250"}},
		},
		values: map[uint32]int32{},
		slaves: map[uint32]slave{temperature: {whiteAuto, 0}, exposure: {exposureAuto, 1}},
	}
	add := func(id, kind uint32, name string, least, most, step, normal int32, flags uint32) {
		d.controls = append(d.controls, uapi.MakeControl(uapi.ControlInfo{
			ID: id, Type: kind, Min: least, Max: most, Step: step, Default: normal, Flags: flags,
		}, name))
		d.values[id] = normal
	}
	add(brightness, uapi.TypeInteger, "Brightness", -64, 64, 1, 0, 0)
	add(contrast, uapi.TypeInteger, "Contrast", 0, 100, 10, 50, 0)
	add(temperature, uapi.TypeInteger, "White Balance Temperature", 2800, 6500, 1, 4600, 0)
	add(whiteAuto, uapi.TypeBoolean, "White Balance, Automatic", 0, 1, 1, 1, 0)
	add(powerLine, uapi.TypeMenu, "Power Line Frequency", 0, 3, 1, 1, 0)
	add(sharpness, uapi.TypeInteger, "Sharpness", 0, 7, 1, 3, uapi.FlagReadOnly)
	add(reset, uapi.TypeButton, "Reset", 0, 0, 0, 0, 0)
	add(rotate, uapi.TypeInteger, "Noise", 0, 9, 1, 4, uapi.FlagVolatile)
	add(leds, uapi.TypeBitmask, "LEDs", 0, 5, 0, 1, 0)
	add(exposureAuto, uapi.TypeMenu, "Auto Exposure", 0, 3, 1, 3, 0)
	add(exposure, uapi.TypeInteger, "Exposure Time, Absolute", 3, 2047, 1, 250, 0)
	add(speed, uapi.TypeIntegerMenu, "ISO Speed", 0, 1, 1, 0, 0)
	add(zoom, uapi.TypeInteger, "Zoom, Continuous", -1, 1, 1, 0, uapi.FlagWriteOnly)
	add(inject, uapi.TypeButton, "Disconnect", 0, 0, 0, 0, 0)
	add(drop, uapi.TypeInteger, "Percentage of Dropped Buffers", 0, 100, 1, 0, 0)
	return d
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		"Power Line Frequency":        "power_line_frequency",
		"Exposure Time, Absolute":     "exposure_time_absolute",
		"  Integer (32 Bits) ":        "integer_32_bits",
		"White Balance, Automatic":    "white_balance_automatic",
		"power_line_frequency":        "power_line_frequency",
		"Focus, Automatic Continuous": "focus_automatic_continuous",
		"–":                           "",
		"":                            "",
	} {
		if got := Name(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestList(t *testing.T) {
	all := List(webcam())
	c := byName(all, "power_line_frequency")
	if c.Type != "menu" || *c.Value != 1 || len(c.Menu) != 3 || c.Menu[2] != (Item{3, "Auto"}) || c.Text(*c.Value) != `"50 Hz"` {
		t.Errorf("%+v", c)
	}
	if c := byName(all, "white_balance_temperature"); !slices.Equal(c.Flags, []string{"inactive"}) || *c.Value != 4600 {
		t.Errorf("%+v", c)
	}
	for _, name := range []string{"reset", "zoom_continuous"} {
		if c := byName(all, name); c.Value != nil {
			t.Errorf("%s has a value, %d", name, *c.Value)
		}
	}
}

// What the configuration names is set, all else is put to its default, and what is right already is left alone.
func TestApply(t *testing.T) {
	d := webcam()
	d.values[brightness], d.values[contrast], d.values[rotate], d.values[drop] = 20, 90, 7, 50
	changes, err := Set{"power_line_frequency": "auto", "Brightness": int64(-3), "leds": 4}.Apply(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(d.log)
	if got := strings.Join(d.log, " "); got != "brightness=-3 contrast=50 leds=4 power_line_frequency=3" {
		t.Errorf("set %s", got)
	}
	if !slices.Contains(changes, Change{"power_line_frequency", `"Auto"`, `"Auto"`}) || len(changes) != 4 {
		t.Errorf("%+v", changes)
	}
	d.log = nil
	if changes, err := (Set{"power_line_frequency": 3, "brightness": -3, "leds": 4}).Apply(t.Context(), d); err != nil || len(changes)+len(d.log) > 0 {
		t.Errorf("the second time it sets %q, %+v, %v", d.log, changes, err)
	}
}

// While the camera works, only what the configuration named before goes back; a driver's own controls do so too.
func TestApplyAfter(t *testing.T) {
	d := webcam()
	before := Set{"brightness": 10, "percentage_of_dropped_buffers": 5, "contrast": 20, "nonsense": 1}
	if _, err := before.Apply(t.Context(), d); err == nil {
		t.Fatal("nonsense is a control")
	}
	d.values[leds], d.log = 5, nil
	if _, err := (Set{"contrast": 30}).ApplyAfter(t.Context(), d, before); err != nil {
		t.Fatal(err)
	}
	slices.Sort(d.log)
	if got := strings.Join(d.log, " "); got != "brightness=0 contrast=30 percentage_of_dropped_buffers=0" {
		t.Errorf("set %s", got)
	}
}

// All bits of a bitmask count, the highest too.
func TestHighestBit(t *testing.T) {
	d := webcam()
	for i := range d.controls {
		if d.controls[i].ID == leds {
			d.controls[i].Max, d.controls[i].Default = -0x7fbfdff0, -0x7fffe000 // 0x80402010 and 0x80002000
		}
	}
	if c := byName(List(d), "leds"); c.Max != 0x80402010 || c.Text(c.Default) != "0x80002000" {
		t.Errorf("%+v", c)
	}
	if _, err := (Set{"leds": int64(0x80000010)}).Apply(t.Context(), d); err != nil || uint32(d.values[leds]) != 0x80000010 {
		t.Errorf("%#x, %v", uint32(d.values[leds]), err)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"brightness", 300, "brightness: 300 is not within -64 to 64 (default 0)"},
		{"brightness", -65, "brightness: -65 is not within -64 to 64 (default 0)"},
		{"brightness", "high", `brightness: "high" is not a whole number within -64 to 64 (default 0)`},
		{"brightness", true, "brightness: true is not a whole number within -64 to 64 (default 0)"},
		{"brightness", 1.5, "brightness: 1.5 is not a whole number within -64 to 64 (default 0)"},
		{"brightness", int64(1) << 40, "brightness: 1099511627776 is not within -64 to 64 (default 0)"},
		{"contrast", 55, "contrast: 55 is between its steps of 10: take 50 or 60 (default 50)"},
		{"white_balance_automatic", 2, "white_balance_automatic: 2 is not true or false (default true)"},
		{"white_balance_automatic", "on", `white_balance_automatic: "on" is not true or false (default true)`},
		{"power_line_frequency", 2, `power_line_frequency: 2 is not one of 0 "Disabled", 1 "50 Hz", 3 "Auto" (default "50 Hz")`},
		{"power_line_frequency", "60 Hz", `power_line_frequency: "60 Hz" is not one of 0 "Disabled", 1 "50 Hz", 3 "Auto" (default "50 Hz")`},
		{"power_line_frequency", true, `power_line_frequency: true is not one of 0 "Disabled", 1 "50 Hz", 3 "Auto" (default "50 Hz")`},
		{"leds", 2, "leds: 2 is not a number of bits within 0x5 (default 0x1)"},
		{"reset", 1, "reset: is a button, which does something once and cannot be set"},
		{"sharpness", 5, "sharpness: can be read only"},
		{"powerline_frequency", 1, "powerline_frequency: the camera has no such control; did you mean power_line_frequency?"},
		{"xyzzy", 1, "xyzzy: the camera has no such control; signet-agent cameras --all lists those it has"},
		{
			"exposure_time_absolute", 100,
			`exposure_time_absolute: has no effect while auto_exposure is "Aperture Priority Mode"; auto_exposure = "Manual Mode" switches it`,
		},
		{
			"white_balance_temperature", 3000,
			"white_balance_temperature: has no effect while white_balance_automatic is true; white_balance_automatic = false switches it",
		},
	} {
		d := webcam()
		_, err := Set{c.name: c.v, "contrast ": 20}.Apply(t.Context(), d)
		if c.name == "contrast" {
			_, err = Set{c.name: c.v}.Apply(t.Context(), d)
		} else if d.values[contrast] != 20 {
			t.Errorf("%s: what is good was not set", c.name)
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%s = %v:\n%v\nwant\n%s", c.name, c.v, err, c.want)
		}
	}
}

// A control that an automatic moves: set after the automatic was switched off, however the camera was left; and with the
// automatic left on, that is said even by drivers that take the value.
func TestAutomatic(t *testing.T) {
	for _, lax := range []bool{false, true} {
		d := webcam()
		d.lax = lax
		s := Set{"exposure_time_absolute": 100, "auto_exposure": "Manual Mode"}
		if _, err := s.Apply(t.Context(), d); err != nil || d.values[exposure] != 100 || d.values[exposureAuto] != 1 {
			t.Errorf("lax %v: exposure %d, %v", lax, d.values[exposure], err)
		}
		// Now it is left in manual mode, and the configuration wants the automatic again.
		if _, err := (Set{"exposure_time_absolute": 200}).Apply(t.Context(), d); err == nil || d.values[exposureAuto] != 3 || d.values[exposure] != 100 {
			t.Errorf("lax %v: mode %d, exposure %d, %v", lax, d.values[exposureAuto], d.values[exposure], err)
		}
	}
}

// A number that is taken out of the configuration together with the switch that let it be set goes to its default before
// the automatic holds it fast.
func TestRemovedWithItsSwitch(t *testing.T) {
	d := webcam()
	before := Set{"exposure_time_absolute": 77, "auto_exposure": "Manual Mode"}
	if _, err := before.Apply(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := (Set{}).ApplyAfter(t.Context(), d, before); err != nil || d.values[exposure] != 250 || d.values[exposureAuto] != 3 {
		t.Errorf("exposure %d, mode %d, %v", d.values[exposure], d.values[exposureAuto], err)
	}
}

// A driver that does not tell what is inactive, and refuses it.
func TestSilent(t *testing.T) {
	d := webcam()
	d.silent = true
	_, err := Set{"exposure_time_absolute": 100, "brightness": 3}.Apply(t.Context(), d)
	if err == nil || !strings.HasPrefix(err.Error(), "exposure_time_absolute: has no effect") || d.values[brightness] != 3 {
		t.Errorf("brightness %d, %v", d.values[brightness], err)
	}
	if _, err := (Set{"exposure_time_absolute": 100, "auto_exposure": 1}).Apply(t.Context(), d); err != nil || d.values[exposure] != 100 {
		t.Errorf("exposure %d, %v", d.values[exposure], err)
	}
}

// A value that the automatic has found meanwhile is not taken for the one that was asked for.
func TestAutomaticMoved(t *testing.T) {
	d := webcam()
	d.values[exposure] = 100
	moves := &mover{d}
	if _, err := (Set{"exposure_time_absolute": 100, "auto_exposure": 1}).Apply(t.Context(), moves); err != nil || d.values[exposure] != 100 {
		t.Errorf("exposure %d, %v", d.values[exposure], err)
	}
}

// mover is a camera whose exposure jumps when it is switched to manual.
type mover struct{ *driver }

func (m *mover) SetControl(id uint32, v int32) error {
	if id == exposureAuto {
		m.values[exposure] = 999
	}
	return m.driver.SetControl(id, v)
}

// What the driver made of it is told.
func TestClamped(t *testing.T) {
	d := webcam()
	d.clamps = map[uint32]int32{brightness: 32}
	changes, err := Set{"brightness": 60}.Apply(t.Context(), d)
	if err != nil || len(changes) != 1 || changes[0] != (Change{"brightness", "60", "32"}) {
		t.Errorf("%+v, %v", changes, err)
	}
}

// What the kernel refuses is said in words, once each.
func TestKernelRefuses(t *testing.T) {
	d := webcam()
	d.refuse = map[uint32]error{brightness: unix.EBUSY, contrast: unix.ERANGE, leds: unix.EIO}
	_, err := Set{"brightness": 1, "contrast": 10, "leds": 4}.Apply(t.Context(), d)
	want := "brightness: cannot be changed while the camera works, or another program holds it\n" +
		"contrast: the driver does not take 10\nleds: set 0x4: input/output error"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
