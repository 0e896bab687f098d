package compress

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
		return planes, 0, fmt.Errorf("compress frame: %dx%d pixels", w, h)
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
		return planes, 0, fmt.Errorf("compress frame: format %q is not raw", f.Format)
	}
	if len(d) < need {
		return planes, 0, fmt.Errorf("compress frame: %s of %dx%d pixels with %d bytes, want %d", f.Format, w, h, len(d), need)
	}
	y.Data = d[at[0]:need]
	if f.Format == capture.GREY {
		return [3]Plane{y}, 1, nil
	}
	planes = [3]Plane{y, c, c}
	planes[1].Data, planes[2].Data = d[at[1]:need], d[at[2]:need]
	return planes, 3, nil
}

// load fills a block with the samples from (x, y) on, each the mean of two of a column if pairs is set. Beyond the
// edge the last ones are repeated: that costs the fewest bits.
func (p *Plane) load(b *[64]int32, x, y int, pairs bool) {
	if pairs {
		var below [64]int32
		p.copyTo(b, x, 2*y, 2)
		p.copyTo(&below, x, 2*y+1, 2)
		for i := range b {
			b[i] = (b[i] + below[i] + 1) >> 1
		}
		return
	}
	p.copyTo(b, x, y, 1)
}

// copyTo fills a block with samples of eight rows, from one of them to the next of which it is so many.
func (p *Plane) copyTo(b *[64]int32, x, y, rows int) {
	if x+8 > p.W || y+7*rows >= p.H {
		for i := range b {
			b[i] = int32(p.Data[min(y+i/8*rows, p.H-1)*p.Stride+min(x+i%8, p.W-1)*p.Step])
		}
		return
	}
	at := y*p.Stride + x*p.Step
	for i := 0; i < 64; i += 8 {
		out, in := b[i:][:8:8], p.Data[at:]
		switch p.Step {
		case 1:
			in = in[:8]
			out[0], out[1], out[2], out[3] = int32(in[0]), int32(in[1]), int32(in[2]), int32(in[3])
			out[4], out[5], out[6], out[7] = int32(in[4]), int32(in[5]), int32(in[6]), int32(in[7])
		case 2:
			in = in[:15]
			out[0], out[1], out[2], out[3] = int32(in[0]), int32(in[2]), int32(in[4]), int32(in[6])
			out[4], out[5], out[6], out[7] = int32(in[8]), int32(in[10]), int32(in[12]), int32(in[14])
		case 4:
			in = in[:29]
			out[0], out[1], out[2], out[3] = int32(in[0]), int32(in[4]), int32(in[8]), int32(in[12])
			out[4], out[5], out[6], out[7] = int32(in[16]), int32(in[20]), int32(in[24]), int32(in[28])
		}
		at += rows * p.Stride
	}
}
