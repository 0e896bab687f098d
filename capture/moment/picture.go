package moment

import (
	"image"

	"signet/capture"
	"signet/capture/raw"
)

// Picture returns a copy of an uncompressed frame as *image.YCbCr or *image.Gray, for those who need the standard
// library's pictures. Errors are those of [raw.Planes].
func Picture(f *capture.Frame) (image.Image, error) {
	planes, n, err := raw.Planes(f)
	if err != nil {
		return nil, err
	}
	r := image.Rect(0, 0, f.Width, f.Height)
	if n == 1 {
		img := image.NewGray(r)
		copyPlane(img.Pix, img.Stride, &planes[0])
		return img, nil
	}
	ratio := image.YCbCrSubsampleRatio420
	if planes[1].H == f.Height {
		ratio = image.YCbCrSubsampleRatio422
	}
	img := image.NewYCbCr(r, ratio)
	copyPlane(img.Y, img.YStride, &planes[0])
	copyPlane(img.Cb, img.CStride, &planes[1])
	copyPlane(img.Cr, img.CStride, &planes[2])
	return img, nil
}

func copyPlane(dst []byte, stride int, p *raw.Plane) {
	for y := range p.H {
		row := p.Data[y*p.Stride:]
		out := dst[y*stride:][:p.W]
		if p.Step == 1 {
			copy(out, row)
			continue
		}
		for x := range out {
			out[x] = row[x*p.Step]
		}
	}
}
