package footage

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"slices"

	"signet/capture/mjpeg"
)

// AppendYUYV appends to dst the picture of a JPEG as packed 4:2:2, two bytes a pixel, in the full range of
// JPEG. Its width must be even.
func AppendYUYV(dst, img []byte) ([]byte, error) {
	p, err := decode(img)
	if err != nil {
		return dst, err
	}
	b := p.Bounds()
	if b.Dx()%2 != 0 {
		return dst, fmt.Errorf("make YUYV: odd width %d", b.Dx())
	}
	w, h := b.Dx(), b.Dy()
	dst = slices.Grow(dst, 2*w*h)[:len(dst)+2*w*h]
	out := dst[len(dst)-2*w*h:]
	dx, _ := subsampling(p.SubsampleRatio)
	for y := range h {
		row, c := out[2*w*y:][:2*w], p.COffset(b.Min.X, b.Min.Y+y)
		luma, cb, cr := p.Y[p.YOffset(b.Min.X, b.Min.Y+y):][:w], p.Cb[c:], p.Cr[c:]
		for x := 0; x < w; x += 2 {
			row[2*x], row[2*x+1], row[2*x+2], row[2*x+3] = luma[x], cb[x/dx], luma[x+1], cr[x/dx]
		}
	}
	return dst, nil
}

// decode decodes a colour JPEG, also one without Huffman tables.
func decode(img []byte) (*image.YCbCr, error) {
	whole, err := mjpeg.AppendDecodable(nil, img)
	if err != nil {
		return nil, err
	}
	p, err := jpeg.Decode(bytes.NewReader(whole))
	if err != nil {
		return nil, err
	}
	c, ok := p.(*image.YCbCr)
	if !ok {
		return nil, fmt.Errorf("decode JPEG: %T is not a colour picture", p)
	}
	return c, nil
}
