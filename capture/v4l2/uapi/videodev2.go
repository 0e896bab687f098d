package uapi

//lint:file-ignore U1000 the structures are the kernel's: fields that nobody reads give them their size

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Flags of Capability.
const (
	CapCapture       = 0x00000001
	CapCaptureMplane = 0x00001000
	CapStreaming     = 0x04000000
	capDeviceCaps    = 0x80000000
)

// Flags of Buffer.
const (
	BufDone      = 0x00000004 // filled, and not taken yet
	BufKey       = 0x00000008 // of a compressed stream: decodable by itself
	BufError     = 0x00000040
	BufMonotonic = 0x00002000 // its time is of CLOCK_MONOTONIC
	bufClock     = 0x0000e000 // mask of the clocks
)

// Kinds of FrameSize and FrameInterval.
const (
	Discrete   = 1
	Continuous = 2
	Stepwise   = 3
)

// Types of ControlInfo that can be set as a number.
const (
	TypeInteger     = 1
	TypeBoolean     = 2
	TypeMenu        = 3
	TypeButton      = 4
	TypeClass       = 6 // a heading
	TypeBitmask     = 8
	TypeIntegerMenu = 9
)

// Flags of ControlInfo.
const (
	FlagDisabled  = 0x0001 // for ever
	FlagGrabbed   = 0x0002 // by another program or by streaming, for now
	FlagReadOnly  = 0x0004
	FlagInactive  = 0x0010 // without effect while another control is as it is
	FlagWriteOnly = 0x0040
	FlagVolatile  = 0x0080 // changes by itself
	flagNext      = 0x80000000
)

const bufTypeCapture, memoryMmap = 1, 1

// Capability is struct v4l2_capability.
type Capability struct {
	driver       [16]byte
	card         [32]byte
	busInfo      [32]byte
	version      uint32
	Capabilities uint32 // of the whole device
	DeviceCaps   uint32 // of this node, where Capabilities says so
	_            [3]uint32
}

// Caps are those of the node; one device may have several, some of them for metadata only.
func (c *Capability) Caps() uint32 {
	if c.Capabilities&capDeviceCaps != 0 {
		return c.DeviceCaps
	}
	return c.Capabilities
}

// Driver is the kernel's, "uvcvideo"; Card is for people, "HD Webcam C270"; Bus is where it is, "usb-0000:01:00.0-1.2".
func (c *Capability) Driver() string { return text(c.driver[:]) }
func (c *Capability) Card() string   { return text(c.card[:]) }
func (c *Capability) Bus() string    { return text(c.busInfo[:]) }

// MakeCapability is for tests that play a driver.
func MakeCapability(driver, card string, nodeCaps uint32) Capability {
	c := Capability{Capabilities: capDeviceCaps, DeviceCaps: nodeCaps}
	copy(c.driver[:], driver)
	copy(c.card[:], card)
	return c
}

// PixFormat is struct v4l2_pix_format.
type PixFormat struct {
	Width, Height uint32
	FourCC        uint32
	Field         uint32
	BytesPerLine  uint32
	SizeImage     uint32
	_             [6]uint32
}

// format is struct v4l2_format: a type and a union of 200 bytes that is aligned like a pointer.
type format struct {
	bufType uint32
	_       [0]uintptr
	pix     PixFormat
	_       [200 - unsafe.Sizeof(PixFormat{})]byte
}

// streamParm is struct v4l2_streamparm.
type streamParm struct {
	bufType                uint32
	capability             uint32
	mode                   uint32
	numerator, denominator uint32 // seconds per frame
	_                      [200 - 4*4]byte
}

// FormatDesc is struct v4l2_fmtdesc.
type FormatDesc struct {
	index       uint32
	bufType     uint32
	Flags       uint32
	description [32]byte
	FourCC      uint32
	_           [4]uint32
}

// Description is the driver's name of the format, "Motion-JPEG".
func (f *FormatDesc) Description() string { return text(f.description[:]) }

// FrameSize is struct v4l2_frmsizeenum.
type FrameSize struct {
	index  uint32
	fourCC uint32
	Kind   uint32
	N      [6]uint32 // discrete: width, height; else min, max, step of the width, then of the height
	_      [2]uint32
}

// FrameInterval is struct v4l2_frmivalenum.
type FrameInterval struct {
	index         uint32
	fourCC        uint32
	width, height uint32
	Kind          uint32
	N             [3]Fraction // discrete: the first one; else min, max, step
	_             [2]uint32
}

// Fraction is struct v4l2_fract, of seconds a frame.
type Fraction struct{ Numerator, Denominator uint32 }

// FPS are frames per second; 0 if the fraction makes no sense.
func (f Fraction) FPS() float64 {
	if f.Numerator == 0 {
		return 0
	}
	return float64(f.Denominator) / float64(f.Numerator)
}

// Buffer is struct v4l2_buffer.
type Buffer struct {
	Index     uint32
	bufType   uint32
	BytesUsed uint32
	Flags     uint32
	field     uint32
	Time      unix.Timeval
	_         [16]byte // time code
	Sequence  uint32   // counted by the driver; it may wrap
	memory    uint32
	_         uintptr // where it is
	length    uint32
	_         [2]uint32
}

// ControlInfo is struct v4l2_queryctrl.
type ControlInfo struct {
	ID      uint32
	Type    uint32
	name    [32]byte
	Min     int32
	Max     int32
	Step    int32
	Default int32
	Flags   uint32
	_       [2]uint32
}

// Name is for people, "Power Line Frequency".
func (c *ControlInfo) Name() string { return text(c.name[:]) }

// MakeControl is for tests that play a driver.
func MakeControl(c ControlInfo, name string) ControlInfo {
	copy(c.name[:], name)
	return c
}

// menuItem is struct v4l2_querymenu, which is packed: the value is not aligned.
type menuItem struct {
	id    uint32
	index uint32
	name  [32]byte // or, in an integer menu, a 64-bit number in the first eight
	_     uint32
}

// control is struct v4l2_control.
type control struct {
	id    uint32
	value int32
}

var (
	vidiocQuerycap       = request(2, 0, unsafe.Sizeof(Capability{}))
	vidiocEnumFmt        = request(3, 2, unsafe.Sizeof(FormatDesc{}))
	vidiocGFmt           = request(3, 4, unsafe.Sizeof(format{}))
	vidiocQuerybuf       = request(3, 9, unsafe.Sizeof(Buffer{}))
	vidiocGParm          = request(3, 21, unsafe.Sizeof(streamParm{}))
	vidiocGCtrl          = request(3, 27, unsafe.Sizeof(control{}))
	vidiocSCtrl          = request(3, 28, unsafe.Sizeof(control{}))
	vidiocQueryctrl      = request(3, 36, unsafe.Sizeof(ControlInfo{}))
	vidiocQuerymenu      = request(3, 37, unsafe.Sizeof(menuItem{}))
	vidiocEnumFramesizes = request(3, 74, unsafe.Sizeof(FrameSize{}))
	vidiocEnumIntervals  = request(3, 75, unsafe.Sizeof(FrameInterval{}))
)

// request makes the number of an ioctl of V4L2: direction (2 read, 3 both), number, size.
func request(dir, nr, size uintptr) uintptr { return dir<<30 | size<<16 | 'V'<<8 | nr }

// ioctl calls the driver with a structure of the kernel's.
func ioctl[T any](fd int, req uintptr, arg *T) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), req, uintptr(unsafe.Pointer(arg)))
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// FourCC packs a format's name as the kernel does. The name has four characters.
func FourCC(name string) uint32 {
	return uint32(name[0]) | uint32(name[1])<<8 | uint32(name[2])<<16 | uint32(name[3])<<24
}

// FourCCName unpacks it.
func FourCCName(c uint32) string {
	b := []byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)}
	for _, x := range b {
		if x < ' ' || x > '~' {
			return fmt.Sprintf("%#08x", c)
		}
	}
	return string(b)
}

// text is a string of the kernel's, which ends at the first zero.
func text(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
