package footage

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

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
	for y := b.Min.Y; y < b.Max.Y; y++ {
		luma := p.Y[p.YOffset(b.Min.X, y):][:b.Dx()]
		for x := 0; x < len(luma); x += 2 {
			c := p.COffset(b.Min.X+x, y)
			dst = append(dst, luma[x], p.Cb[c], luma[x+1], p.Cr[c])
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
