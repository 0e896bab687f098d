package moment

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/motion"
)

var rawFormats = []capture.Format{capture.YUYV, capture.UYVY, capture.NV12, capture.YU12, capture.GREY}

// rawCamera shows three bars of colour, and from frame to frame somebody dark who walks before them.
type rawCamera struct {
	format capture.Format
	w, h   int
	frames int // that it shows
	walk   span
	n      int
	empty  []byte
}

func (c *rawCamera) Info() capture.Info {
	return capture.Info{Name: "raw", Driver: "test", Format: c.format, Width: c.w, Height: c.h, FPS: filmFPS}
}
func (c *rawCamera) Close() error { return nil }

func (c *rawCamera) Next(ctx context.Context, f *capture.Frame) error {
	if c.n == c.frames {
		return io.EOF
	}
	if c.empty == nil {
		c.empty = c.bars()
	}
	data := append(f.Data[:0], c.empty...)
	*f = capture.Frame{Seq: uint64(c.n), Mono: frameTime(c.n), Format: c.format, Width: c.w, Height: c.h, Key: true, Data: data}
	if c.n >= c.walk.from && c.n <= c.walk.to {
		c.somebody(f.Data, (c.n-c.walk.from)*16%(c.w-64))
	}
	c.n++
	return nil
}

// lumaAt is where the luma of a pixel lies.
func (c *rawCamera) lumaAt(x, y int) int {
	stride := (c.w + 1) / 2 * 4
	switch c.format {
	case capture.YUYV:
		return y*stride + 2*x
	case capture.UYVY:
		return y*stride + 2*x + 1
	}
	return y*c.w + x
}

func (c *rawCamera) somebody(data []byte, at int) {
	for y := c.h / 3; y < c.h; y++ {
		for x := at; x < at+64; x++ {
			data[c.lumaAt(x, y)] = byte(200 + (x-at+y)%20)
		}
	}
}

// bars is the picture before which nobody walks.
func (c *rawCamera) bars() []byte {
	cw, ch := (c.w+1)/2, (c.h+1)/2
	size := map[capture.Format]int{capture.GREY: c.w * c.h, capture.NV12: c.w*c.h + 2*cw*ch, capture.YU12: c.w*c.h + 2*cw*ch}[c.format]
	if size == 0 {
		size = 4 * cw * c.h
	}
	b := make([]byte, size)
	for y := range c.h {
		for x := range c.w {
			p := colours[min(2, x*3/c.w)]
			b[c.lumaAt(x, y)] = p[0]
			switch c.format {
			case capture.YUYV:
				b[y*4*cw+x/2*4+1], b[y*4*cw+x/2*4+3] = p[1], p[2]
			case capture.UYVY:
				b[y*4*cw+x/2*4], b[y*4*cw+x/2*4+2] = p[1], p[2]
			case capture.NV12:
				copy(b[c.w*c.h+y/2*2*cw+x/2*2:], p[1:])
			case capture.YU12:
				b[c.w*c.h+y/2*cw+x/2], b[c.w*c.h+cw*ch+y/2*cw+x/2] = p[1], p[2]
			}
		}
	}
	return b
}

// checkColours compares the upper part of a picture, where nobody walks, with the bars.
func checkColours(t *testing.T, name string, data []byte, grey bool) {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for i, want := range colours {
		x, y := w*(2*i+1)/6, h/6
		var got [3]byte
		switch m := img.(type) {
		case *image.YCbCr:
			c := m.YCbCrAt(x, y)
			got = [3]byte{c.Y, c.Cb, c.Cr}
		case *image.Gray:
			if got = want; !grey {
				got = [3]byte{}
			}
			got[0] = m.GrayAt(x, y).Y
		}
		for k := range got {
			if d := int(got[k]) - int(want[k]); d < -6 || d > 6 {
				t.Errorf("%s: bar %d is %v, want %v", name, i, got, want)
				break
			}
		}
	}
}

// clipPictures returns the JPEG images in a part of a clip, each of which must be whole.
func clipPictures(t *testing.T, p Part) [][]byte {
	t.Helper()
	at := bytes.Index(p.Data, []byte("mdat")) + 4
	var imgs [][]byte
	for s := mjpeg.NewSplitter(bytes.NewReader(p.Data[at:]), 0); ; {
		img, err := s.Next()
		if err != nil {
			if n := s.Skipped(); n != (mjpeg.Skipped{}) {
				t.Errorf("part %d: %+v between the pictures", p.Index, n)
			}
			return imgs
		}
		imgs = append(imgs, bytes.Clone(img))
	}
}

// TestRawCameras follows each raw format, at even and odd sizes, from the camera to the sink.
func TestRawCameras(t *testing.T) {
	for _, format := range rawFormats {
		for _, size := range []image.Point{{641, 479}, {640, 480}} {
			if size.X == 640 && format != capture.YUYV && format != capture.NV12 {
				continue // what is right at odd sizes is right at even ones
			}
			t.Run(fmt.Sprintf("%s %dx%d", format, size.X, size.Y), func(t *testing.T) {
				c := &rawCamera{format: format, w: size.X, h: size.Y, frames: 115, walk: span{55, 79}}
				d, p := develop(t, c, Config{})
				if len(d.stories) != 1 {
					t.Fatalf("%d events", len(d.stories))
				}
				s := d.stories[0]
				if e := s.ended; e.StartFrame < 55 || e.StartFrame > 57 || e.EndFrame < 77 || e.EndFrame > 83 {
					t.Errorf("event of frames %d-%d, somebody was there in 55-79", e.StartFrame, e.EndFrame)
				}
				for name, th := range map[string]Thumbnail{"first thumbnail": s.first, "last thumbnail": s.last} {
					if th.Width != 320 || th.Height != 240-size.X%2 {
						t.Errorf("%s is %dx%d", name, th.Width, th.Height)
					}
					checkColours(t, name, th.JPEG, format == capture.GREY)
				}
				frames := 0
				var data [][]byte
				for _, part := range s.parts {
					imgs := clipPictures(t, part)
					if len(imgs) != part.Frames {
						t.Errorf("part %d holds %d pictures of %d", part.Index, len(imgs), part.Frames)
					}
					checkColours(t, "clip", imgs[0], format == capture.GREY)
					for _, img := range imgs {
						if h, err := mjpeg.Parse(img); err != nil || h.Width != size.X || h.Height != size.Y {
							t.Errorf("clip of %dx%d pixels, %v", h.Width, h.Height, err)
						}
					}
					frames += part.Frames
					data = append(data, part.Data)
				}
				checkPlays(t, data, "mjpeg", frames, 0)
				first, last := s.parts[0].Start, s.parts[len(s.parts)-1].End
				if first > -4*time.Second || first < -6*time.Second {
					t.Errorf("clip starts at %v", first)
				}
				if most := int((last-first)/time.Second)*packFPS + 2; frames > most || frames < most-4 {
					t.Errorf("%d pictures in %v", frames, last-first)
				}
				if st := p.Stats(); st.Torn+st.Unsupported+st.Unkept+st.Unclipped+st.NoThumbnail != 0 {
					t.Errorf("stats %+v", st)
				}
			})
		}
	}
}

// TestRawPreRoll: a raw camera's pre-roll is twice a second what it is as JPEG, not what it is raw.
func TestRawPreRoll(t *testing.T) {
	const last = 99
	for _, format := range []capture.Format{capture.YUYV, capture.NV12, capture.GREY} {
		r := begin(t, Config{}, nowhere{})
		c := &rawCamera{format: format, w: 640, h: 480, frames: last + 1}
		var f capture.Frame
		for c.Next(context.Background(), &f) == nil {
			r.take(&f)
		}
		sum, n := 0, 0
		oldest := frameTime(last)
		for f := range r.ring.From(0) {
			if f.Format != capture.MJPEG {
				t.Fatalf("%s in the ring", f.Format)
			}
			sum += len(f.Data)
			n++
			oldest = min(oldest, f.Mono)
		}
		kept := DefaultSettings().PreRoll + motion.MaxBackdate + openTime
		if most := int(kept/time.Second)*packFPS + 3; n > most || frameTime(last).Sub(oldest) < kept-time.Second {
			t.Errorf("%s: %d pictures over %v in the ring, at most %d over %v", format, n, frameTime(last).Sub(oldest), most, kept)
		}
		if r.ring.Bytes() > 4*sum+64<<10 {
			t.Errorf("%s: ring of %d bytes for %d", format, r.ring.Bytes(), sum)
		}
	}
}

// TestShortRawFramesGoNowhere: half a frame is dropped and counted.
func TestShortRawFramesGoNowhere(t *testing.T) {
	for _, format := range rawFormats {
		d := &diary{t: t}
		r := begin(t, Config{}, d)
		c := &rawCamera{format: format, w: 640, h: 480, frames: 20}
		var f capture.Frame
		for c.Next(context.Background(), &f) == nil {
			switch c.n % 3 {
			case 1:
				f.Data = f.Data[:len(f.Data)-1]
			case 2:
				f.Data = f.Data[:0]
			}
			r.take(&f)
		}
		if st := r.Stats(); st.Torn != 14 || d.frames != 6 || r.ring.Len() > 6 {
			t.Errorf("%s: %+v, %d frames tapped, %d in the ring", format, st, d.frames, r.ring.Len())
		}
	}
}
