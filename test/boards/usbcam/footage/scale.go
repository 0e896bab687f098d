package footage

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"signet/test/boards/usbcam/uvc"
)

// quality of images that are encoded anew.
const quality = 85

// Resize returns the recording in another size: the middle of each picture that has the new shape, scaled.
// It costs decoding and encoding of every picture, so it is done before, on a fast machine.
func (j *JPEGs) Resize(to uvc.Size) (*JPEGs, error) {
	if to == j.Size {
		return j, nil
	}
	if to.Width <= 0 || to.Height <= 0 || to.Width%2 != 0 || to.Height%2 != 0 {
		return nil, fmt.Errorf("resize to %s: sides must be even", to)
	}
	out := &JPEGs{Size: to}
	scaled := image.NewYCbCr(image.Rect(0, 0, to.Width, to.Height), image.YCbCrSubsampleRatio420)
	for i, img := range j.Images {
		p, err := decode(img)
		if err != nil {
			return nil, fmt.Errorf("image %d: %w", i, err)
		}
		scale(scaled, p)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, scaled, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("image %d: %w", i, err)
		}
		out.Images = append(out.Images, b.Bytes())
	}
	return out, nil
}

// scale fills to with the middle of from.
func scale(to, from *image.YCbCr) {
	tw, th := to.Rect.Dx(), to.Rect.Dy()
	fw, fh := from.Rect.Dx(), from.Rect.Dy()
	cw, ch := fw, fw*th/tw // what of from has the shape of to
	if ch > fh {
		cw, ch = fh*tw/th, fh
	}
	left, top := (fw-cw)/2, (fh-ch)/2
	plane{from.Y[from.YOffset(left, top):], from.YStride, cw, ch}.scale(to.Y, to.YStride, tw, th)
	dx, dy := subsampling(from.SubsampleRatio)
	c := from.COffset(left, top)
	cw, ch = max(1, cw/dx), max(1, ch/dy)
	plane{from.Cb[c:], from.CStride, cw, ch}.scale(to.Cb, to.CStride, tw/2, th/2)
	plane{from.Cr[c:], from.CStride, cw, ch}.scale(to.Cr, to.CStride, tw/2, th/2)
}

// subsampling returns how many pixels share a sample of chroma, sideways and down.
func subsampling(r image.YCbCrSubsampleRatio) (dx, dy int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}

// plane is one component of a picture.
type plane struct {
	pix           []byte
	stride        int
	width, height int
}

// scale interpolates between the four nearest samples, in 1/256.
func (p plane) scale(dst []byte, stride, width, height int) {
	for y := range height {
		row, fy := position(y, height, p.height)
		a, b := p.pix[row*p.stride:], p.pix[min(row+1, p.height-1)*p.stride:]
		for x := range width {
			col, fx := position(x, width, p.width)
			next := min(col+1, p.width-1)
			up := int(a[col])*(256-fx) + int(a[next])*fx
			down := int(b[col])*(256-fx) + int(b[next])*fx
			dst[y*stride+x] = byte((up*(256-fy) + down*fy + 1<<15) >> 16)
		}
	}
}

// position of sample i of n among m others: the one before, and how far to the next in 1/256.
func position(i, n, m int) (int, int) {
	at := max(0, (2*i+1)*m*128/n-128)
	return min(at>>8, m-1), at & 255
}
