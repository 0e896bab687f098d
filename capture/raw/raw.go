// Package raw knows where the samples lie in uncompressed frames.
package raw

import (
	"fmt"

	"signet/capture"
	"signet/capture/mjpeg"
)

// Plane is where one component of a frame lies.
type Plane struct {
	Data   []byte // from its first sample on
	Step   int    // bytes from a sample to the next
	Stride int    // bytes from a row to the next
	W, H   int    // samples
}

// Planes returns where luma, and unless it is grey the two of chroma, lie in a raw frame whose rows follow each
// other without padding; where a side is odd, chroma is rounded up. An error says that the frame is in no raw
// format, or shorter than its size asks for.
func Planes(f *capture.Frame) (planes [3]Plane, n int, err error) {
	w, h, d := f.Width, f.Height, f.Data
	if w <= 0 || h <= 0 || w > mjpeg.MaxSide || h > mjpeg.MaxSide {
		return planes, 0, fmt.Errorf("raw frame: %dx%d pixels", w, h)
	}
	cw, ch := (w+1)/2, (h+1)/2
	y := Plane{Step: 1, Stride: w, W: w, H: h}
	c := Plane{W: cw, H: ch}
	var at [3]int // of the planes' first samples
	var need int
	switch f.Format {
	case capture.GREY:
		need = w * h
	case capture.YU12:
		need = w*h + 2*cw*ch
		c.Step, c.Stride = 1, cw
		at = [3]int{0, w * h, w*h + cw*ch}
	case capture.NV12:
		need = w*h + 2*cw*ch
		c.Step, c.Stride = 2, 2*cw
		at = [3]int{0, w * h, w*h + 1}
	case capture.YUYV, capture.UYVY:
		need = 4 * cw * h
		y.Step, y.Stride = 2, 4*cw
		c.Step, c.Stride, c.H = 4, 4*cw, h
		at = [3]int{0, 1, 3}
		if f.Format == capture.UYVY {
			at = [3]int{1, 0, 2}
		}
	default:
		return planes, 0, fmt.Errorf("raw frame: format %q is compressed", f.Format)
	}
	if len(d) < need {
		return planes, 0, fmt.Errorf("raw frame: %s of %dx%d pixels with %d bytes, want %d", f.Format, w, h, len(d), need)
	}
	y.Data = d[at[0]:need]
	if f.Format == capture.GREY {
		return [3]Plane{y}, 1, nil
	}
	planes = [3]Plane{y, c, c}
	planes[1].Data, planes[2].Data = d[at[1]:need], d[at[2]:need]
	return planes, 3, nil
}
