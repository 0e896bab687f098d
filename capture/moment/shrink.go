package moment

import (
	"signet/capture"
	"signet/capture/luma"
	"signet/capture/raw"
)

// shrinker makes small pictures of frames and keeps the memory that this takes.
type shrinker struct {
	decoder luma.Decoder
	decoded luma.Picture
	small   capture.Frame
}

// shrink returns f at a width of at most width pixels, its aspect kept, as a raw frame: YU12, or GREY if f has no
// colours. It is valid until the next call.
func (s *shrinker) shrink(f *capture.Frame, width int) (*capture.Frame, error) {
	planes, n, err := s.planes(f, width)
	if err != nil {
		return nil, err
	}
	w, h := f.Width, f.Height
	if w > width {
		w, h = width, max(1, (h*width+w/2)/w)
	}
	cw, ch := (w+1)/2, (h+1)/2
	size := w * h
	s.small.Format = capture.GREY
	if n == 3 {
		s.small.Format = capture.YU12
		size += 2 * cw * ch
	}
	s.small.Width, s.small.Height = w, h
	if cap(s.small.Data) < size {
		s.small.Data = make([]byte, size)
	}
	s.small.Data = s.small.Data[:size]
	shrinkPlane(s.small.Data, w, h, &planes[0])
	if n == 3 {
		shrinkPlane(s.small.Data[w*h:], cw, ch, &planes[1])
		shrinkPlane(s.small.Data[w*h+cw*ch:], cw, ch, &planes[2])
	}
	return &s.small, nil
}

// planes returns the planes of a frame's picture; of a JPEG as small as they may be without being narrower than
// width.
func (s *shrinker) planes(f *capture.Frame, width int) (planes [3]raw.Plane, n int, err error) {
	if f.Format != capture.MJPEG {
		return raw.Planes(f)
	}
	if err := s.decoder.Small(&s.decoded, f.Data, width); err != nil {
		return planes, 0, err
	}
	for i, p := range s.decoded.Planes[:s.decoded.N] {
		planes[i] = raw.Plane{Data: p.Pix, Step: 1, Stride: p.Stride, W: p.W, H: p.H}
	}
	return planes, s.decoded.N, nil
}

// shrinkPlane averages the source over the area of each target sample. A target larger than the source
// takes the nearest sample.
func shrinkPlane(dst []byte, w, h int, src *raw.Plane) {
	for y := range h {
		y0 := y * src.H / h
		y1 := max((y+1)*src.H/h, y0+1)
		out, row := dst[y*w:][:w], src.Data[y0*src.Stride:]
		if w == src.W && y1 == y0+1 && src.Step == 1 {
			copy(out, row)
			continue
		}
		for x := range out {
			x0 := x * src.W / w
			x1 := max((x+1)*src.W/w, x0+1)
			sum := 0
			for at := 0; at < (y1-y0)*src.Stride; at += src.Stride {
				for i, last := at+x0*src.Step, at+(x1-1)*src.Step; i <= last; i += src.Step {
					sum += int(row[i])
				}
			}
			n := (x1 - x0) * (y1 - y0)
			out[x] = byte((sum + n/2) / n)
		}
	}
}
