package explain

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/compress"
	"signet/capture/luma"
	"signet/capture/motion"
)

// shot is a frame of 317x240 pixels that is bright on the left and dark on the right.
func shot(t *testing.T) *capture.Frame {
	t.Helper()
	raw := capture.Frame{Seq: 7, Format: capture.GREY, Width: 317, Height: 240, Data: make([]byte, 317*240)}
	for i := range raw.Data {
		raw.Data[i] = 40
		if i%317 < 160 {
			raw.Data[i] = 210
		}
	}
	var e compress.Encoder
	data, err := e.Append(nil, &raw, 90)
	if err != nil {
		t.Fatal(err)
	}
	raw.Format, raw.Data = capture.MJPEG, data
	return &raw
}

func explanation() *motion.Explanation {
	const n = 40 * 30
	return &motion.Explanation{
		W: 40, H: 30,
		Mean: make([]byte, n), Diff: make([]int16, n), Threshold: make([]int16, n), Stages: make([]motion.Stage, n),
	}
}

// draw decodes the picture of an explanation.
func draw(t *testing.T, f *capture.Frame, e *motion.Explanation) image.Image {
	t.Helper()
	b, err := Picture(f, 12*time.Second, e)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// is tells whether a colour is about another one.
func is(c color.Color, want rgb) bool {
	r, g, b, _ := c.RGBA()
	near := func(a uint32, b rgb) bool { return max(a>>8, uint32(b&255))-min(a>>8, uint32(b&255)) < 40 }
	return near(r, want>>16) && near(g, want>>8) && near(b, want)
}

func TestPictureShowsEveryCell(t *testing.T) {
	const cell, w, h = 12, 40 * 12, letterHeight + 30*12
	e := explanation()
	const at = 5*40 + 9
	e.Mean[at], e.Diff[at], e.Threshold[at] = 255, 8*diffScale, 8*thresholdScale
	e.Diff[at+10] = -8 * diffScale
	for i, s := range []motion.Stage{
		motion.Confirmed | motion.Found | motion.Voted | motion.Differs, motion.Found | motion.Voted | motion.Differs,
		motion.Voted | motion.Differs | motion.Blinks, motion.Differs, motion.Blinks, motion.Unwatched | motion.Differs, 0,
	} {
		for k := range 2 { // two cells wide, for chroma has half the size
			e.Stages[10*40+2*i+k] = s
		}
	}
	e.Outlines = []motion.Outline{
		{Region: motion.Region{X: 20, Y: 10, W: 5, H: 8, Cells: 30, Score: 0.5}, Confirmed: true},
		{Region: motion.Region{X: 2, Y: 20, W: 4, H: 4}},
	}
	img := draw(t, shot(t), e)
	if b := img.Bounds(); b.Dx() != 3*w+4*margin || b.Dy() != 2*h+3*margin {
		t.Fatalf("picture of %v", b)
	}
	see := func(what string, panel, x, y int, want rgb) { // y, x of a cell
		t.Helper()
		px := margin + panel%3*(w+margin) + x*cell + cell/2
		py := margin + panel/3*(h+margin) + letterHeight + y*cell + cell/2
		if c := img.At(px, py); !is(c, want) {
			t.Errorf("%s: %v, want %06x", what, c, want)
		}
	}
	see("frame, left", 0, 10, 5, 0xD2D2D2)
	see("frame, right", 0, 30, 5, 0x282828)
	see("memory", 1, 9, 5, 0xFFFFFF)
	see("memory beside", 1, 12, 5, 0)
	see("threshold", 2, 9, 5, 0xFFFFFF)
	see("brighter", 3, 9, 5, signed(255))
	see("darker", 3, 19, 5, signed(-255))
	for i, want := range []rgb{sure, unsure, voted, alone, blinks, outside, still} {
		see("stage", 4, 2*i, 10, want)
	}
	edge := func(x, y int, want rgb) {
		t.Helper()
		if c := img.At(margin+x*cell+1, margin+letterHeight+y*cell+cell/2); !is(c, want) {
			t.Errorf("left edge of a box: %v, want %06x", c, want)
		}
	}
	edge(20, 14, sure)
	edge(2, 22, unsure)
}

func TestPictureSaysWhatItCannotDraw(t *testing.T) {
	for _, tt := range []struct {
		e    motion.Explanation
		want string
	}{
		{motion.Explanation{Learning: true}, "The model is settling"},
		{motion.Explanation{SceneChange: true}, "Scene change:;the model starts again"},
		{motion.Explanation{Waiting: true}, "Nearly all is different:;it waits to see why"},
		{motion.Explanation{ShiftX: 1.25, ShiftY: -2}, "Shaken by 1.2, -2.0 pixels"},
		{motion.Explanation{Outlines: make([]motion.Outline, 9)}, strings.Repeat("0 cells, score 0.00 ;", 3) + "0 cells, score 0.00 "},
	} {
		if got := strings.Join(words(&tt.e), ";"); got != tt.want {
			t.Errorf("it says %q, want %q", got, tt.want)
		}
	}
}

// A camera of eight megapixels is drawn, and so is a strip of the height of a large picture, at a size that fits into a JPEG.
func TestPictureOfLargeAndOddSizes(t *testing.T) {
	for _, size := range [][2]int{{3840, 2160}, {8, 4096}, {4096, 8}, {1, 1}} {
		w, h := size[0], size[1]
		raw := capture.Frame{Format: capture.GREY, Width: w, Height: h, Data: make([]byte, w*h)}
		var e compress.Encoder
		data, err := e.Append(nil, &raw, 90)
		if err != nil {
			t.Fatal(err)
		}
		raw.Format, raw.Data = capture.MJPEG, data
		var d luma.Decoder
		var p luma.Plane
		if err := d.Decode(&p, &raw); err != nil {
			t.Fatal(err)
		}
		detector, err := motion.New(motion.Config{})
		if err != nil {
			t.Fatal(err)
		}
		detector.Detect(&p, motion.Stamp{})
		var x motion.Explanation
		detector.Explain(&x)
		if b := draw(t, &raw, &x).Bounds(); b.Dx() > 1<<13 || b.Dy() > 1<<13 {
			t.Errorf("%dx%d: drawn at %v", w, h, b)
		}
	}
}

func TestPictureOfWhatCannotBeDrawn(t *testing.T) {
	f := shot(t)
	other := explanation()
	other.W, other.H = 30, 40
	for name, err := range map[string]error{
		"of another size": second(Picture(f, 0, other)),
		"nothing":         second(Picture(f, 0, &motion.Explanation{})),
		"raw":             second(Picture(&capture.Frame{Format: capture.GREY, Width: 320, Height: 240, Data: make([]byte, 320*240)}, 0, explanation())),
		"torn":            second(Picture(&capture.Frame{Format: capture.MJPEG, Width: 317, Height: 240, Data: f.Data[:len(f.Data)/2]}, 0, explanation())),
	} {
		if err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

func second(_ []byte, err error) error { return err }

// Every letter has its own shape, none is wider than its place.
func TestGlyphs(t *testing.T) {
	seen := map[uint64]rune{}
	for r := 'A'; r <= 'Z'; r++ {
		seen[glyphs[r-' ']] = r
	}
	for r := '0'; r <= '9'; r++ {
		seen[glyphs[r-' ']] = r
	}
	if len(seen) != 36 || seen[0] != 0 {
		t.Errorf("%d shapes of 36 letters", len(seen))
	}
	for i, g := range glyphs {
		if g>>35 != 0 {
			t.Errorf("letter %q is too large", rune(i+' '))
		}
	}
	c := newCanvas(4*letterWidth, letterHeight)
	c.write(0, 0, white, "aÄ—I") // letters that it has not are no reason to stop
	if c.luma[6*c.Width+8] < 100 {
		t.Error("a small letter is not drawn as a capital one")
	}
}
