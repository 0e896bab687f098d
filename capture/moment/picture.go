package moment

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"signet/capture"
	"signet/capture/mjpeg"
)

// picturer turns frames into pictures and keeps the memory that this takes.
type picturer struct {
	whole []byte // a JPEG with its tables
}

// open returns the picture of a frame as *image.YCbCr or *image.Gray. For raw formats it shares f's
// memory where it can.
func (p *picturer) open(f *capture.Frame) (image.Image, error) {
	if f.Format != capture.MJPEG {
		return Picture(f)
	}
	var err error
	if p.whole, err = mjpeg.AppendDecodable(p.whole[:0], f.Data); err != nil {
		return nil, err
	}
	img, err := jpeg.Decode(bytes.NewReader(p.whole))
	if err != nil {
		return nil, err
	}
	switch img.(type) {
	case *image.YCbCr, *image.Gray:
		return img, nil
	}
	return nil, fmt.Errorf("unsupported colours %T", img)
}

// Picture returns the picture of an uncompressed frame as *image.YCbCr or *image.Gray. It shares f's memory where it
// can. Rows follow each other without padding.
func Picture(f *capture.Frame) (image.Image, error) {
	w, h := f.Width, f.Height
	cw, ch := (w+1)/2, (h+1)/2
	var need int
	switch f.Format {
	case capture.GREY:
		need = w * h
	case capture.YU12, capture.NV12:
		need = w*h + 2*cw*ch
	case capture.YUYV, capture.UYVY:
		need = cw * 4 * h
	default:
		return nil, fmt.Errorf("unsupported format %q", f.Format)
	}
	if w <= 0 || h <= 0 || w > mjpeg.MaxSide || h > mjpeg.MaxSide || len(f.Data) < need {
		return nil, fmt.Errorf("%s frame of %dx%d pixels with %d bytes", f.Format, w, h, len(f.Data))
	}
	r, d := image.Rect(0, 0, w, h), f.Data
	switch f.Format {
	case capture.GREY:
		return &image.Gray{Pix: d[:need], Stride: w, Rect: r}, nil
	case capture.YU12:
		return &image.YCbCr{
			Y: d[:w*h], Cb: d[w*h:][:cw*ch], Cr: d[w*h+cw*ch:][:cw*ch],
			YStride: w, CStride: cw, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: r,
		}, nil
	case capture.NV12:
		img := image.NewYCbCr(r, image.YCbCrSubsampleRatio420)
		copy(img.Y, d[:w*h])
		for i := range cw * ch {
			img.Cb[i], img.Cr[i] = d[w*h+2*i], d[w*h+2*i+1]
		}
		return img, nil
	}
	img := image.NewYCbCr(r, image.YCbCrSubsampleRatio422)
	y0, y1, cb, cr := 0, 2, 1, 3
	if f.Format == capture.UYVY {
		y0, y1, cb, cr = 1, 3, 0, 2
	}
	for y := range h {
		row := d[y*cw*4:][:cw*4]
		for x := range cw {
			q := row[4*x:][:4]
			img.Y[y*img.YStride+2*x] = q[y0]
			if 2*x+1 < w {
				img.Y[y*img.YStride+2*x+1] = q[y1]
			}
			img.Cb[y*img.CStride+x], img.Cr[y*img.CStride+x] = q[cb], q[cr]
		}
	}
	return img, nil
}

// shrink returns img at a width of at most width pixels, its aspect kept, each pixel the mean of what
// it stands for, with chroma at half size.
func shrink(img image.Image, width int) image.Image {
	b := img.Bounds()
	sw, sh := b.Dx(), b.Dy()
	w, h := sw, sh
	if sw > width {
		w, h = width, max(1, (sh*width+sw/2)/sw)
	}
	r := image.Rect(0, 0, w, h)
	if g, ok := img.(*image.Gray); ok {
		out := image.NewGray(r)
		shrinkPlane(out.Pix, out.Stride, w, h, g.Pix, g.Stride, sw, sh)
		return out
	}
	src := img.(*image.YCbCr)
	out := image.NewYCbCr(r, image.YCbCrSubsampleRatio420)
	shrinkPlane(out.Y, out.YStride, w, h, src.Y, src.YStride, sw, sh)
	cw, ch := chromaSize(src)
	shrinkPlane(out.Cb, out.CStride, (w+1)/2, (h+1)/2, src.Cb, src.CStride, cw, ch)
	shrinkPlane(out.Cr, out.CStride, (w+1)/2, (h+1)/2, src.Cr, src.CStride, cw, ch)
	return out
}

// chromaSize is the size of the chroma planes as far as the picture reaches.
func chromaSize(img *image.YCbCr) (w, h int) {
	w, h = img.Rect.Dx(), img.Rect.Dy()
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		return (w + 1) / 2, h
	case image.YCbCrSubsampleRatio420:
		return (w + 1) / 2, (h + 1) / 2
	case image.YCbCrSubsampleRatio440:
		return w, (h + 1) / 2
	case image.YCbCrSubsampleRatio411:
		return (w + 3) / 4, h
	case image.YCbCrSubsampleRatio410:
		return (w + 3) / 4, (h + 1) / 2
	}
	return w, h
}

// shrinkPlane averages the source over the area of each target pixel. A target larger than the source
// takes the nearest pixel.
func shrinkPlane(dst []byte, dstStride, w, h int, src []byte, srcStride, sw, sh int) {
	for y := range h {
		y0 := y * sh / h
		y1 := max((y+1)*sh/h, y0+1)
		for x := range w {
			x0 := x * sw / w
			x1 := max((x+1)*sw/w, x0+1)
			sum := 0
			for sy := y0; sy < y1; sy++ {
				for _, v := range src[sy*srcStride+x0 : sy*srcStride+x1] {
					sum += int(v)
				}
			}
			n := (x1 - x0) * (y1 - y0)
			dst[y*dstStride+x] = byte((sum + n/2) / n)
		}
	}
}
