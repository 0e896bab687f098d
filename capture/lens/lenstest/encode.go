package lenstest

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"signet/capture"
	"signet/capture/mjpeg"
)

// encode makes a camera's frame of the picture.
func (s Shot) encode(p *picture) (*capture.Frame, error) {
	f := &capture.Frame{Format: s.Format, Width: p.w, Height: p.h, Key: true}
	luma := make([]byte, len(p.y))
	for i, v := range p.y {
		luma[i] = byte(min(max(v+0.5, 0), 255))
	}
	cw, ch := (p.w+1)/2, (p.h+1)/2
	switch s.Format {
	case capture.MJPEG:
		img := &image.YCbCr{
			Y: luma, Cb: p.cb, Cr: p.cr, YStride: p.w, CStride: cw,
			SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, p.w, p.h),
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: s.Quality}); err != nil {
			return nil, err
		}
		f.Data = b.Bytes()
		if s.NoTables {
			var err error
			f.Data, err = withoutTables(f.Data)
			return f, err
		}
	case capture.GREY:
		f.Data = luma
	case capture.YU12:
		f.Data = append(append(luma, p.cb...), p.cr...)
	case capture.NV12:
		f.Data = luma
		for i := range p.cb {
			f.Data = append(f.Data, p.cb[i], p.cr[i])
		}
	case capture.YUYV, capture.UYVY:
		f.Data = make([]byte, 4*cw*p.h)
		first := 0 // byte of luma in a pair
		if s.Format == capture.UYVY {
			first = 1
		}
		for y := range p.h {
			row := f.Data[y*4*cw:][:4*cw]
			for x := range p.w {
				row[2*x+first] = luma[y*p.w+x]
			}
			for x := range cw {
				i := min(y/2, ch-1)*cw + x
				row[4*x+1-first], row[4*x+3-first] = p.cb[i], p.cr[i]
			}
		}
	default:
		return nil, fmt.Errorf("no format %q", s.Format)
	}
	return f, nil
}

// withoutTables leaves the Huffman tables out, as many USB cameras do.
func withoutTables(img []byte) ([]byte, error) {
	out := append([]byte(nil), img[:2]...)
	for at := 2; ; {
		seg, err := mjpeg.NextSegment(img, at)
		if err != nil {
			return nil, err
		}
		switch seg.Marker {
		case mjpeg.SOS:
			return append(out, img[seg.Start:]...), nil
		case mjpeg.DHT:
		default:
			out = append(out, img[seg.Start:seg.Next]...)
		}
		at = seg.Next
	}
}
