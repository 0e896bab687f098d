package v4l2

import (
	"fmt"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/v4l2/uapi"
)

// layout is how the rows of a raw frame lie in a driver's buffer.
type layout struct {
	planes []plane
	need   int // bytes
}

type plane struct {
	rows   int
	row    int // bytes of a row that are picture
	stride int // bytes from row to row
}

// maxStride bounds the bytes of a row: a USB device's own words say how large its pictures are.
const maxStride = 8 * mjpeg.MaxSide

// layoutOf returns the layout of a raw format. Drivers may pad rows: bytesPerLine counts that of the first
// plane, and in YU12 the chroma planes have half of it.
func layoutOf(f capture.Format, p uapi.PixFormat) (layout, error) {
	if p.Width == 0 || p.Height == 0 || p.Width > mjpeg.MaxSide || p.Height > mjpeg.MaxSide || p.BytesPerLine > maxStride {
		return layout{}, fmt.Errorf("the driver set %s of %dx%d pixels, %d bytes a row", f, p.Width, p.Height, p.BytesPerLine)
	}
	w, h := int(p.Width), int(p.Height)
	var l layout
	add := func(rows, row, stride int) { l.planes = append(l.planes, plane{rows, row, max(stride, row)}) }
	stride := int(p.BytesPerLine)
	switch f {
	case capture.YUYV, capture.UYVY:
		add(h, (w+1)/2*4, stride)
	case capture.GREY:
		add(h, w, stride)
	case capture.NV12:
		add(h, w, stride)
		add((h+1)/2, (w+1)/2*2, stride)
	case capture.YU12:
		add(h, w, stride)
		add((h+1)/2, (w+1)/2, stride/2)
		add((h+1)/2, (w+1)/2, stride/2)
	default:
		return l, fmt.Errorf("%s is not a raw format", f)
	}
	for i, p := range l.planes {
		l.need += p.rows * p.stride
		if i == len(l.planes)-1 {
			l.need -= p.stride - p.row // nothing need follow the last row
		}
	}
	return l, nil
}

// pack appends the picture to dst without the padding of rows. It says false if buf is too short.
func (l *layout) pack(dst, buf []byte) ([]byte, bool) {
	if len(buf) < l.need {
		return dst, false
	}
	for _, p := range l.planes {
		for y := range p.rows {
			dst = append(dst, buf[y*p.stride:][:p.row]...)
		}
		buf = buf[min(p.rows*p.stride, len(buf)):]
	}
	return dst, true
}
