package moment

import (
	"bytes"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"signet/capture"
	"signet/capture/compress"
	"signet/capture/mjpeg/mjpegtest"
	"signet/capture/motion"
)

// colours are three upright bars of a test picture: Y, Cb, Cr.
var colours = [3][3]byte{{60, 90, 240}, {150, 50, 40}, {30, 240, 110}}

// bars returns a raw frame with the three bars.
func bars(format capture.Format, w, h int) *capture.Frame {
	c := &rawCamera{format: format, w: w, h: h}
	return &capture.Frame{Format: format, Width: w, Height: h, Key: true, Data: c.bars()}
}

// pick makes a thumbnail of one frame.
func pick(t *testing.T, f *capture.Frame) (Thumbnail, error) {
	t.Helper()
	var p picker
	p.reset()
	r := motion.Result{W: (f.Width + 7) / 8, H: (f.Height + 7) / 8}
	r.Regions = []motion.Region{{X: 1, Y: 1, W: r.W - 2, H: r.H - 2, Cells: 10, Score: 0.5}}
	p.offer(f, &r)
	return p.thumbnail(&Event{})
}

func TestThumbnailsOfEveryFormat(t *testing.T) {
	for _, format := range append([]capture.Format{capture.MJPEG}, rawFormats...) {
		t.Run(string(format), func(t *testing.T) {
			f := bars(format, 648, 362)
			if format == capture.MJPEG { // as many cameras send it: without Huffman tables
				var e compress.Encoder
				img, err := e.Append(nil, bars(capture.YUYV, 648, 362), 75)
				if err != nil {
					t.Fatal(err)
				}
				f.Data = mjpegtest.WithoutTables(t, img)
				if _, err := jpeg.Decode(bytes.NewReader(f.Data)); err == nil {
					t.Fatal("the test picture has tables")
				}
			}
			th, err := pick(t, f)
			if err != nil {
				t.Fatal(err)
			}
			if th.Width != 320 || th.Height != 179 || len(th.JPEG) > thumbBytes {
				t.Errorf("%dx%d pixels, %d bytes", th.Width, th.Height, len(th.JPEG))
			}
			checkColours(t, "thumbnail", th.JPEG, format == capture.GREY)
		})
	}
}

func TestThumbnailSizes(t *testing.T) {
	for _, tt := range []struct{ w, h, wantW, wantH int }{
		{1280, 720, 320, 180},
		{640, 480, 320, 240},
		{480, 640, 320, 427},
		{320, 240, 320, 240},
		{160, 120, 160, 120},
		{321, 33, 320, 33},
		{2000, 3, 320, 1},
	} {
		th, err := pick(t, bars(capture.GREY, tt.w, tt.h))
		if err != nil {
			t.Fatal(err)
		}
		if th.Width != tt.wantW || th.Height != tt.wantH {
			t.Errorf("%dx%d becomes %dx%d, want %dx%d", tt.w, tt.h, th.Width, th.Height, tt.wantW, tt.wantH)
		}
	}
}

// TestNoiseIsSquashed: the worst that a night camera can send still gives a short thumbnail.
func TestNoiseIsSquashed(t *testing.T) {
	f := bars(capture.YU12, 320, 240)
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range f.Data {
		f.Data[i] = byte(max(0, min(255, 90+30*rnd.NormFloat64())))
	}
	th, err := pick(t, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(th.JPEG) > 2*thumbBytes {
		t.Errorf("%d bytes", len(th.JPEG))
	}
	if _, err := jpeg.Decode(bytes.NewReader(th.JPEG)); err != nil {
		t.Error(err)
	}
}

func TestShortRawFramesAreRefused(t *testing.T) {
	for _, format := range rawFormats {
		f := bars(format, 64, 48)
		f.Data = f.Data[:len(f.Data)-1]
		if _, err := pick(t, f); err == nil {
			t.Errorf("%s: no error", format)
		}
	}
	if _, err := pick(t, &capture.Frame{Format: capture.YUYV, Width: 1 << 20, Height: 1 << 20}); err == nil {
		t.Error("a picture of a tera-pixel was taken")
	}
}

func TestUnreadablePictureGivesWayToTheNext(t *testing.T) {
	var p picker
	p.reset()
	f := bars(capture.GREY, 64, 48)
	r := motion.Result{W: 8, H: 6, Regions: []motion.Region{{X: 1, Y: 1, W: 4, H: 4, Cells: 16, Score: 0.9}}}
	whole := f.Data
	f.Data = f.Data[:10]
	p.offer(f, &r)
	if _, err := p.thumbnail(&Event{}); err == nil {
		t.Fatal("no error")
	}
	f.Data, r.Regions[0].Score = whole, 0.1
	p.offer(f, &r)
	if th, err := p.thumbnail(&Event{}); err != nil || th.JPEG == nil {
		t.Errorf("the next picture was not taken: %v", err)
	}
}
