package raw

import (
	"testing"

	"signet/capture"
)

// TestPlanes asks for every sample of every format: each byte of a frame is one, but for those that pad odd rows
// of the packed formats.
func TestPlanes(t *testing.T) {
	for format, order := range map[capture.Format]string{ // which plane each byte of a row belongs to, for packed formats
		capture.GREY: "", capture.YU12: "", capture.NV12: "", capture.YUYV: "0102", capture.UYVY: "1020",
	} {
		for w := 1; w <= 9; w++ {
			for h := 1; h <= 4; h++ {
				size := need(format, w, h)
				f := &capture.Frame{Format: format, Width: w, Height: h, Data: make([]byte, size+3)}
				planes, n, err := Planes(f)
				if err != nil {
					t.Fatalf("%s %dx%d: %v", format, w, h, err)
				}
				if want := map[bool]int{true: 1, false: 3}[format == capture.GREY]; n != want {
					t.Fatalf("%s: %d planes", format, n)
				}
				for i, p := range planes[:n] {
					for y := range p.H {
						for x := range p.W {
							b := &p.Data[y*p.Stride+x*p.Step]
							if *b != 0 {
								t.Fatalf("%s %dx%d: sample %d,%d of plane %d is that of plane %d, too", format, w, h, x, y, i, *b-1)
							}
							*b = byte(i + 1)
						}
					}
				}
				for at, b := range f.Data[:size] {
					switch {
					case order != "" && b == 0 && w%2 == 1 && at%(2*(w+1)) >= 2*w-1 && order[at%4] == '0': // padding
					case b == 0:
						t.Fatalf("%s %dx%d: byte %d is in no plane", format, w, h, at)
					case order != "" && b-1 != order[at%4]-'0':
						t.Fatalf("%s %dx%d: byte %d is in plane %d", format, w, h, at, b-1)
					}
				}
				f.Data = f.Data[:size-1]
				if _, _, err := Planes(f); err == nil {
					t.Fatalf("%s %dx%d: %d of %d bytes are enough", format, w, h, len(f.Data), size)
				}
			}
		}
	}
	for _, f := range []capture.Frame{{Format: capture.MJPEG, Width: 8, Height: 8}, {Format: capture.GREY, Width: -8, Height: -8}, {Format: capture.YUYV, Width: 1 << 30, Height: 1 << 30}} {
		f.Data = make([]byte, 1000)
		if _, _, err := Planes(&f); err == nil {
			t.Errorf("%s %dx%d: no error", f.Format, f.Width, f.Height)
		}
	}
}

// need is the length of a frame.
func need(format capture.Format, w, h int) int {
	cw, ch := (w+1)/2, (h+1)/2
	switch format {
	case capture.GREY:
		return w * h
	case capture.YU12, capture.NV12:
		return w*h + 2*cw*ch
	}
	return 4 * cw * h
}
