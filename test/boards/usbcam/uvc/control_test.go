package uvc

import (
	"bytes"
	"testing"
)

// selectors of the units, as a host uses them (UVC A.9.4, A.9.5).
const (
	ctExposureMode = 0x02
	ctExposureTime = 0x04
	ctFocus        = 0x06
	ctFocusAuto    = 0x08
	puBrightness   = 0x02
	puContrast     = 0x03
	puPowerLine    = 0x05
)

func TestControlsGet(t *testing.T) {
	for _, c := range []struct {
		name     string
		request  byte
		unit     byte
		selector byte
		want     []byte
	}{
		{"least brightness", GetMin, idProcessing, puBrightness, []byte{0xC0, 0xFF}},
		{"most brightness", GetMax, idProcessing, puBrightness, []byte{64, 0}},
		{"contrast's default", GetDef, idProcessing, puContrast, []byte{32, 0}},
		{"contrast", GetCur, idProcessing, puContrast, []byte{32, 0}},
		{"exposure modes", GetRes, idCamera, ctExposureMode, []byte{9}},
		{"exposure time", GetMax, idCamera, ctExposureTime, []byte{0xFF, 7, 0, 0}},
		{"exposure time is held", GetInfo, idCamera, ctExposureTime, []byte{7}},
		{"its length", GetLen, idCamera, ctExposureTime, []byte{4, 0}},
		{"focus step", GetRes, idCamera, ctFocus, []byte{5, 0}},
		{"power line", GetInfo, idProcessing, puPowerLine, []byte{3}},
	} {
		got, fault := NewControls().Get(c.request, c.unit, c.selector)
		if fault != OK || !bytes.Equal(got, c.want) {
			t.Errorf("%s: % x, fault %d; want % x", c.name, got, fault, c.want)
		}
	}
}

func TestControlsSet(t *testing.T) {
	c := NewControls()
	set := func(unit, selector byte, data ...byte) Fault { return c.Set(unit, selector, data) }
	for _, step := range []struct {
		name string
		got  Fault
		want Fault
	}{
		{"brightness", set(idProcessing, puBrightness, 0xE0, 0xFF), OK},
		{"too much of it", set(idProcessing, puBrightness, 65, 0), OutOfRange},
		{"too few bytes", set(idProcessing, puBrightness, 1), InvalidRequest},
		{"power line", set(idProcessing, puPowerLine, 2), OK},
		{"no such power line", set(idProcessing, puPowerLine, 3), OutOfRange},
		{"exposure time while automatic", set(idCamera, ctExposureTime, 100, 0, 0, 0), WrongState},
		{"no such mode", set(idCamera, ctExposureMode, 2), OutOfRange},
		{"two modes", set(idCamera, ctExposureMode, 9), OutOfRange},
		{"manual", set(idCamera, ctExposureMode, exposureManual), OK},
		{"exposure time", set(idCamera, ctExposureTime, 100, 0, 0, 0), OK},
		{"too long a time", set(idCamera, ctExposureTime, 0, 0, 0, 0x80), OutOfRange},
		{"focus while automatic", set(idCamera, ctFocus, 5, 0), WrongState},
		{"manual focus", set(idCamera, ctFocusAuto, 0), OK},
		{"focus", set(idCamera, ctFocus, 105, 0), OK},
		{"between steps", set(idCamera, ctFocus, 103, 0), OutOfRange},
		{"no such control", set(idCamera, 0x0B, 1), InvalidControl},
		{"no such unit", set(9, puBrightness, 1, 0), InvalidUnit},
	} {
		if step.got != step.want {
			t.Errorf("%s: fault %d, want %d", step.name, step.got, step.want)
		}
	}
	v := c.Values()
	for name, want := range map[string]int{
		"brightness": -32, "power_line_frequency": 2, "auto_exposure": 1,
		"exposure_time_absolute": 100, "focus_automatic_continuous": 0, "focus_absolute": 105,
	} {
		if v[name] != want {
			t.Errorf("%s is %d, want %d", name, v[name], want)
		}
	}
	if got, _ := c.Get(GetCur, idProcessing, puBrightness); !bytes.Equal(got, []byte{0xE0, 0xFF}) {
		t.Errorf("brightness reads % x", got)
	}
}

// TestFaultIsTold: after a STALL the host asks why.
func TestFaultIsTold(t *testing.T) {
	c := NewControls()
	why := func() Fault {
		b, fault := c.Get(GetCur, 0, errorSelector)
		if fault != OK || len(b) != 1 {
			t.Fatalf("% x, %d", b, fault)
		}
		return Fault(b[0])
	}
	if got := why(); got != OK {
		t.Errorf("at first %d", got)
	}
	c.Set(idProcessing, puContrast, []byte{200, 0})
	if got := why(); got != OutOfRange {
		t.Errorf("after contrast 200: %d", got)
	}
	if got := why(); got != OutOfRange {
		t.Errorf("asked again: %d", got)
	}
	if _, fault := c.Get(GetMin, idCamera, ctExposureMode); fault != InvalidRequest || why() != InvalidRequest {
		t.Errorf("least exposure mode: %d, %d", fault, why())
	}
	c.Set(idProcessing, puContrast, []byte{20, 0})
	if got := why(); got != OK {
		t.Errorf("after contrast 20: %d", got)
	}
}

// TestControlBits: what the descriptors name is what requests are answered for.
func TestControlBits(t *testing.T) {
	if b := controlBits(idCamera, 3); !bytes.Equal(b, []byte{0b101010, 0, 0b10}) {
		t.Errorf("camera %b", b)
	}
	if b := controlBits(idProcessing, 2); !bytes.Equal(b, []byte{0b11, 0b100}) {
		t.Errorf("processing %b", b)
	}
}
