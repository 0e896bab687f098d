package uvc

// Requests of the class (UVC A.8).
const (
	SetCur  = 0x01
	GetCur  = 0x81
	GetMin  = 0x82
	GetMax  = 0x83
	GetRes  = 0x84
	GetLen  = 0x85
	GetInfo = 0x86
	GetDef  = 0x87
)

// Fault is why a request was refused (UVC 4.2.1.2). The host asks for it after a STALL.
type Fault byte

// Faults.
const (
	OK             Fault = 0
	WrongState     Fault = 2
	OutOfRange     Fault = 4
	InvalidUnit    Fault = 5
	InvalidControl Fault = 6
	InvalidRequest Fault = 7
)

// What GET_INFO says of a control (UVC 4.1.2).
const (
	canGet   = 1 << 0
	canSet   = 1 << 1
	disabled = 1 << 2 // by an automatic one
)

// Values of the automatic exposure mode, one bit each.
const (
	exposureManual           = 1
	exposureAperturePriority = 8
)

// setting is a control of a unit and its value.
type setting struct {
	name         string // as V4L2 names it
	unit         int
	selector     byte
	bit          int // in the unit's bitmap of controls
	size         int // bytes
	signed       bool
	lo, hi, step int  // a bitmap if step is of it; see isBitmap
	isBitmap     bool // one bit of step's at a time; it has no lowest and no highest
	initial      int
	value        int
	needs        string // the control that must have the value needed for this one to be set
	needed       int
}

// Controls are a camera's settings and what they were set to. They are not for concurrent use.
type Controls struct {
	settings []setting
	last     Fault
}

// NewControls returns those of every camera here, at their defaults.
func NewControls() *Controls {
	c := &Controls{settings: settings()}
	for i := range c.settings {
		c.settings[i].value = c.settings[i].initial
	}
	return c
}

// settings is the table of controls (UVC 4.2.2).
func settings() []setting {
	return []setting{
		{
			name: "auto_exposure", unit: idCamera, selector: 0x02, bit: 1, size: 1, isBitmap: true,
			step: exposureManual | exposureAperturePriority, initial: exposureAperturePriority,
		},
		{ // in 100 µs
			name: "exposure_time_absolute", unit: idCamera, selector: 0x04, bit: 3, size: 4,
			lo: 3, hi: 2047, step: 1, initial: 250, needs: "auto_exposure", needed: exposureManual,
		},
		{
			name: "focus_absolute", unit: idCamera, selector: 0x06, bit: 5, size: 2,
			lo: 0, hi: 250, step: 5, initial: 0, needs: "focus_automatic_continuous", needed: 0,
		},
		{
			name: "focus_automatic_continuous", unit: idCamera, selector: 0x08, bit: 17, size: 1,
			lo: 0, hi: 1, step: 1, initial: 1,
		},
		{
			name: "brightness", unit: idProcessing, selector: 0x02, bit: 0, size: 2, signed: true,
			lo: -64, hi: 64, step: 1, initial: 0,
		},
		{
			name: "contrast", unit: idProcessing, selector: 0x03, bit: 1, size: 2,
			lo: 0, hi: 64, step: 1, initial: 32,
		},
		{ // off, 50 Hz, 60 Hz
			name: "power_line_frequency", unit: idProcessing, selector: 0x05, bit: 10, size: 1,
			lo: 0, hi: 2, step: 1, initial: 1,
		},
	}
}

// controlBits is the bitmap of a unit's controls.
func controlBits(unit, size int) []byte {
	bits := make([]byte, size)
	for _, s := range settings() {
		if s.unit == unit {
			bits[s.bit/8] |= 1 << (s.bit % 8)
		}
	}
	return bits
}

// Values returns what each control is set to, by its name.
func (c *Controls) Values() map[string]int {
	v := make(map[string]int, len(c.settings))
	for _, s := range c.settings {
		v[s.name] = s.value
	}
	return v
}

// errorSelector is that of the control interface's last fault.
const errorSelector = 0x02

// Get answers a request of the host to read: unit 0 is the control interface itself. A fault means STALL.
func (c *Controls) Get(request, unit, selector byte) ([]byte, Fault) {
	if unit == 0 && selector == errorSelector {
		switch request {
		case GetCur:
			return []byte{byte(c.last)}, OK
		case GetInfo:
			return []byte{canGet}, OK
		}
		return nil, c.refuse(InvalidRequest)
	}
	s, fault := c.find(unit, selector)
	if fault != OK {
		return nil, c.refuse(fault)
	}
	v := 0
	switch request {
	case GetCur:
		v = s.value
	case GetMin:
		v = s.lo
	case GetMax:
		v = s.hi
	case GetRes:
		v = s.step
	case GetDef:
		v = s.initial
	case GetLen:
		c.last = OK
		return []byte{byte(s.size), 0}, OK
	case GetInfo:
		info := byte(canGet | canSet)
		if !c.allowed(s) {
			info |= disabled
		}
		c.last = OK
		return []byte{info}, OK
	default:
		return nil, c.refuse(InvalidRequest)
	}
	if s.isBitmap && (request == GetMin || request == GetMax) {
		return nil, c.refuse(InvalidRequest)
	}
	c.last = OK
	b := make([]byte, s.size)
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
	return b, OK
}

// Set answers a request of the host to write. A fault means STALL.
func (c *Controls) Set(unit, selector byte, data []byte) Fault {
	s, fault := c.find(unit, selector)
	switch {
	case fault != OK:
		return c.refuse(fault)
	case len(data) != s.size:
		return c.refuse(InvalidRequest)
	case !c.allowed(s):
		return c.refuse(WrongState)
	}
	v := s.decode(data)
	if !s.takes(v) {
		return c.refuse(OutOfRange)
	}
	s.value = v
	c.last = OK
	return OK
}

func (c *Controls) refuse(f Fault) Fault {
	c.last = f
	return f
}

func (c *Controls) find(unit, selector byte) (*setting, Fault) {
	fault := InvalidUnit
	for i := range c.settings {
		s := &c.settings[i]
		if s.unit != int(unit) {
			continue
		}
		fault = InvalidControl
		if s.selector == selector {
			return s, OK
		}
	}
	return nil, fault
}

// allowed says whether no automatic control holds s.
func (c *Controls) allowed(s *setting) bool {
	for i := range c.settings {
		if o := &c.settings[i]; o.name == s.needs {
			return o.value == s.needed
		}
	}
	return true
}

func (s *setting) decode(data []byte) int {
	v := 0
	for i, b := range data {
		v |= int(b) << (8 * i)
	}
	if s.signed && data[len(data)-1]&0x80 != 0 {
		v -= 1 << (8 * len(data))
	}
	return v
}

func (s *setting) takes(v int) bool {
	if s.isBitmap {
		return v != 0 && v&(v-1) == 0 && v&^s.step == 0
	}
	return v >= s.lo && v <= s.hi && (v-s.lo)%s.step == 0
}
