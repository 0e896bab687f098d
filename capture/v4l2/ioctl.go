package v4l2

//lint:file-ignore U1000 the structures are the kernel's: fields that nobody reads give them their size

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Flags of v4l2_capability and types of other structures (videodev2.h).
const (
	capCapture       = 0x00000001
	capCaptureMplane = 0x00001000
	capStreaming     = 0x04000000
	capDeviceCaps    = 0x80000000

	bufTypeCapture = 1

	sizeDiscrete = 1
)

// capability is struct v4l2_capability.
type capability struct {
	driver       [16]byte
	card         [32]byte
	busInfo      [32]byte
	version      uint32
	capabilities uint32 // of the whole device
	deviceCaps   uint32 // of this node
	_            [3]uint32
}

// caps are those of the node; one device may have several, some of them for metadata only.
func (c *capability) caps() uint32 {
	if c.capabilities&capDeviceCaps != 0 {
		return c.deviceCaps
	}
	return c.capabilities
}

// pixFormat is struct v4l2_pix_format.
type pixFormat struct {
	width, height uint32
	fourCC        uint32
	field         uint32
	bytesPerLine  uint32
	sizeImage     uint32
	_             [6]uint32
}

// format is struct v4l2_format: a type and a union of 200 bytes that is aligned like a pointer.
type format struct {
	bufType uint32
	_       [0]uintptr
	pix     pixFormat
	_       [200 - unsafe.Sizeof(pixFormat{})]byte
}

// streamParm is struct v4l2_streamparm.
type streamParm struct {
	bufType                uint32
	capability             uint32
	mode                   uint32
	numerator, denominator uint32 // seconds per frame
	_                      [200 - 4*4]byte
}

// formatDesc is struct v4l2_fmtdesc.
type formatDesc struct {
	index       uint32
	bufType     uint32
	flags       uint32
	description [32]byte
	fourCC      uint32
	_           [4]uint32
}

// frameSize is struct v4l2_frmsizeenum. A discrete size has only the first two numbers.
type frameSize struct {
	index   uint32
	fourCC  uint32
	kind    uint32
	numbers [6]uint32 // stepwise: min, max, step of the width; of the height
	_       [2]uint32
}

var (
	vidiocQuerycap       = request(2, 0, unsafe.Sizeof(capability{}))
	vidiocEnumFmt        = request(3, 2, unsafe.Sizeof(formatDesc{}))
	vidiocGFmt           = request(3, 4, unsafe.Sizeof(format{}))
	vidiocGParm          = request(3, 21, unsafe.Sizeof(streamParm{}))
	vidiocEnumFramesizes = request(3, 74, unsafe.Sizeof(frameSize{}))
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

// fourCC packs a format's name as the kernel does.
func fourCC(name string) uint32 {
	return uint32(name[0]) | uint32(name[1])<<8 | uint32(name[2])<<16 | uint32(name[3])<<24
}

func fourCCName(c uint32) string {
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
