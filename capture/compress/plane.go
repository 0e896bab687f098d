package compress

import (
	"fmt"

	"signet/capture"
	"signet/capture/mjpeg"
)

// plane is where one component of a frame lies.
type plane struct {
	data   []byte // from its first sample on
	step   int    // bytes from a sample to the next
	stride int    // bytes from a row to the next
	w, h   int    // samples
	pairs  bool   // two rows make one of the image
}

// planesOf returns the planes of a raw frame: one of luma, and two of chroma unless it is grey.
func planesOf(f *capture.Frame) (planes [3]plane, n int, err error) {
	w, h, d := f.Width, f.Height, f.Data
	if w <= 0 || h <= 0 || w > mjpeg.MaxSide || h > mjpeg.MaxSide {
		return planes, 0, fmt.Errorf("compress frame: %dx%d pixels", w, h)
	}
	cw, ch := (w+1)/2, (h+1)/2
	y := plane{step: 1, stride: w, w: w, h: h}
	c := plane{w: cw, h: ch}
	var at [3]int // of the planes' first samples
	var need int
	switch f.Format {
	case capture.GREY:
		need = w * h
	case capture.YU12:
		need = w*h + 2*cw*ch
		c.step, c.stride = 1, cw
		at = [3]int{0, w * h, w*h + cw*ch}
	case capture.NV12:
		need = w*h + 2*cw*ch
		c.step, c.stride = 2, 2*cw
		at = [3]int{0, w * h, w*h + 1}
	case capture.YUYV, capture.UYVY:
		need = 4 * cw * h
		y.step, y.stride = 2, 4*cw
		c.step, c.stride, c.h, c.pairs = 4, 4*cw, h, true
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
	y.data = d[at[0]:need]
	if f.Format == capture.GREY {
		return [3]plane{y}, 1, nil
	}
	planes = [3]plane{y, c, c}
	planes[1].data, planes[2].data = d[at[1]:need], d[at[2]:need]
	return planes, 3, nil
}

// load fills a block with the samples from (x, y) on. Beyond the edge the last ones are repeated: that costs the
// fewest bits.
func (p *plane) load(b *[64]int32, x, y int) {
	if p.pairs {
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
func (p *plane) copyTo(b *[64]int32, x, y, rows int) {
	if x+8 > p.w || y+7*rows >= p.h {
		for i := range b {
			b[i] = int32(p.data[min(y+i/8*rows, p.h-1)*p.stride+min(x+i%8, p.w-1)*p.step])
		}
		return
	}
	at := y*p.stride + x*p.step
	for i := 0; i < 64; i += 8 {
		out, in := b[i:][:8:8], p.data[at:]
		switch p.step {
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
		at += rows * p.stride
	}
}
