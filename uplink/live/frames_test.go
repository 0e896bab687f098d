package live

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/capture"
)

// Two colours: Y, Cb, Cr.
var red, blue = [3]byte{76, 85, 255}, [3]byte{29, 255, 107}

// flag is a raw frame, red on the left and blue on the right.
func flag(format capture.Format, w, h int) *capture.Frame {
	f := &capture.Frame{Format: format, Width: w, Height: h, Key: true}
	row := func(part func(c [3]byte) []byte) { // for two pixels
		f.Data = append(f.Data, bytes.Repeat(part(red), w/4)...)
		f.Data = append(f.Data, bytes.Repeat(part(blue), w/4)...)
	}
	for range h {
		switch format {
		case capture.YUYV:
			row(func(c [3]byte) []byte { return []byte{c[0], c[1], c[0], c[2]} })
		case capture.NV12:
			row(func(c [3]byte) []byte { return []byte{c[0], c[0]} })
		}
	}
	if format == capture.NV12 {
		for range h / 2 {
			row(func(c [3]byte) []byte { return c[1:] })
		}
	}
	return f
}

func TestRawFramesAreCompressed(t *testing.T) {
	w := newWorld(t)
	b, sdp := newBrowser(t, false)
	b.connect(t, w, sdp)
	until(t, "watching", func() bool { return w.feed.watching.Load() == 1 })
	for _, format := range []capture.Format{capture.YUYV, capture.NV12} {
		w.Offer(flag(format, 64, 48))
		img, err := jpeg.Decode(bytes.NewReader(receive(t, "picture", b.pictures).jpeg))
		if err != nil {
			t.Fatal(err)
		}
		p, ok := img.(*image.YCbCr)
		if !ok || p.Rect != image.Rect(0, 0, 64, 48) {
			t.Fatalf("%s became %T of %v", format, img, img.Bounds())
		}
		for x, want := range map[int][3]byte{8: red, 56: blue} {
			c := p.YCbCrAt(x, 24)
			for i, got := range [3]byte{c.Y, c.Cb, c.Cr} {
				if d := int(got) - int(want[i]); d < -5 || d > 5 {
					t.Errorf("%s: %v is shown as %v", format, want, c)
				}
			}
		}
	}
}

// A raw camera's frames are compressed five times a second while somebody watches, each into one piece of memory, and
// not at all otherwise. What cannot be shown is told once.
func TestRawFramesAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told strings.Builder
		f := newFeed(slog.New(slog.NewTextHandler(&told, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go f.run(ctx)
		raw := flag(capture.YUYV, 64, 48)
		play := func() (pictures int) { // for two seconds
			before := f.newest.Load()
			for range 60 {
				f.offer(raw)
				synctest.Wait()
				if p := f.newest.Load(); p != before {
					before = p
					pictures++
				}
				time.Sleep(time.Second / 30)
			}
			return pictures
		}
		if n := play(); n != 0 {
			t.Errorf("%d pictures for nobody", n)
		}
		_, stop := f.watch()
		if n := play(); n < 9 || n > 10 {
			t.Errorf("%d pictures in two seconds", n)
		}
		raw.Data = raw.Data[:100]
		time.Sleep(rawPause)
		if n := play(); n != 0 || strings.Count(told.String(), "leaves out frames") != 1 {
			t.Errorf("%d pictures of short frames; log: %s", n, told.String())
		}
		stop()
		cancel()
		synctest.Wait()

		whole := flag(capture.YUYV, 640, 480)
		if n := testing.AllocsPerRun(10, func() { f.compress(whole) }); n != 1 {
			t.Errorf("%v allocations a picture", n)
		}
	})
}
