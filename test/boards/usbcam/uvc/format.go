package uvc

import (
	"fmt"
	"time"
)

// Kind is how the bytes of a picture are to be read.
type Kind string

// The kinds that a camera can have.
const (
	MJPEG Kind = "mjpeg"
	YUYV  Kind = "yuyv"
	H264  Kind = "h264"
)

// Size of a picture, in pixels.
type Size struct{ Width, Height int }

func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Width, s.Height) }

// Frame is a size that a camera offers in one format, and how fast.
type Frame struct {
	Size
	Intervals []time.Duration // from picture to picture, ascending; the first is the default
}

// Format is what a camera offers of one kind.
type Format struct {
	Kind   Kind
	Frames []Frame // the first is the default
}

// bytes is the most that one picture of the kind may take.
func (k Kind) bytes(s Size) int {
	switch k {
	case H264:
		return s.Width * s.Height
	default:
		return 2 * s.Width * s.Height
	}
}

// ticks is a time in the unit of frame intervals, 100 ns.
func ticks(d time.Duration) int { return int(d / 100) }

// Subtypes of descriptors of a streaming interface (UVC A.6).
const (
	vsInputHeader        = 0x01
	vsFormatUncompressed = 0x04
	vsFrameUncompressed  = 0x05
	vsFormatMJPEG        = 0x06
	vsFrameMJPEG         = 0x07
	vsColour             = 0x0D
	vsFormatFrameBased   = 0x10
	vsFrameFrameBased    = 0x11
)

// guid makes the GUID of a format that is named by a FourCC (Payload Uncompressed, 2.2).
func guid(fourCC string) []byte {
	return append([]byte(fourCC), 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71)
}

// describe makes the descriptors of a format and its frames. Index counts formats from 1.
func (f *Format) describe(index int) []byte {
	const defaultFrame, variableSize = 1, 1
	b := descriptor(typeClass, func(d *fields) {
		switch f.Kind {
		case MJPEG:
			const fixedSizeSamples = 0
			d.u8(vsFormatMJPEG, index, len(f.Frames), fixedSizeSamples, defaultFrame)
		case YUYV:
			d.u8(vsFormatUncompressed, index, len(f.Frames))
			*d = append(*d, guid("YUY2")...)
			d.u8(16, defaultFrame)
		case H264:
			d.u8(vsFormatFrameBased, index, len(f.Frames))
			*d = append(*d, guid("H264")...)
			d.u8(16, defaultFrame)
		}
		d.u8(0, 0, 0, 0) // aspect ratio, interlace flags, copy protection
		if f.Kind == H264 {
			d.u8(variableSize)
		}
	})
	for i := range f.Frames {
		b = append(b, f.Frames[i].describe(f.Kind, i+1)...)
	}
	if f.Kind != H264 {
		b = append(b, descriptor(typeClass, func(d *fields) { d.u8(vsColour, 1, 1, 4) })...) // BT.709, BT.709, BT.601
	}
	return b
}

// describe makes the descriptor of a frame. Index counts frames of a format from 1.
func (f *Frame) describe(k Kind, index int) []byte {
	bits := func(interval time.Duration) int {
		return min(int(int64(k.bytes(f.Size))*8*int64(time.Second)/int64(interval)), 1<<31-1)
	}
	slowest := f.Intervals[len(f.Intervals)-1]
	return descriptor(typeClass, func(d *fields) {
		subtype := map[Kind]int{MJPEG: vsFrameMJPEG, YUYV: vsFrameUncompressed, H264: vsFrameFrameBased}[k]
		d.u8(subtype, index, 0)
		d.u16(f.Width, f.Height)
		d.u32(bits(slowest), bits(f.Intervals[0]))
		if k != H264 {
			d.u32(k.bytes(f.Size))
		}
		d.u32(ticks(f.Intervals[0]))
		d.u8(len(f.Intervals))
		if k == H264 {
			d.u32(0) // bytes a line: of variable size
		}
		for _, i := range f.Intervals {
			d.u32(ticks(i))
		}
	})
}
