package moment

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"
	"time"

	"signet/capture"
)

// covered is what a camera sees of a hand before its lens.
func covered(t testing.TB) []byte {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, filmW, filmH), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(20 + i%3)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cover puts a hand before the lens of a film during spans.
func cover(t testing.TB, c *film, spans ...span) *film {
	hand := covered(t)
	for _, s := range spans {
		for i := s.from; i <= s.to; i++ {
			c.frames[i].Data = hand
		}
	}
	return c
}

// grey is the brightness in the middle of a picture.
func (th *Thumbnail) grey(t *testing.T) uint32 {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(th.JPEG))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != th.Width || b.Dy() != th.Height {
		t.Errorf("picture of %v, said %dx%d", b, th.Width, th.Height)
	}
	g, _, _, _ := img.At(th.Width/2, th.Height/2).RGBA()
	return g >> 8
}

// A hand before the lens is no motion; that the scene became another is told when it comes and when it goes, each with a
// picture of what is seen a second later.
func TestACoveredLensIsASceneChange(t *testing.T) {
	d, _ := develop(t, cover(t, shoot(t, 200), span{100, 149}), Config{})
	if len(d.stories) != 0 {
		t.Errorf("%d events", len(d.stories))
	}
	if len(d.changes) != 2 {
		t.Fatalf("%d changes of scene, want 2: %+v", len(d.changes), d.changes)
	}
	for i, from := range []uint64{100, 150} {
		c := d.changes[i]
		if c.at.Seq < from || c.at.Seq > from+4 || c.at.At != frameTime(int(c.at.Seq)) {
			t.Errorf("change at %+v, want frame %d", c.at, from)
		}
		if c.toldAt != c.at.Seq+filmFPS || c.still.Frame != c.toldAt || c.still.At != time.Second {
			t.Errorf("told in frame %d, with a picture of frame %d, %v after", c.toldAt, c.still.Frame, c.still.At)
		}
		if g := c.still.grey(t); (g < 40) != (i == 0) {
			t.Errorf("picture %d is of grey %d", i, g)
		}
	}
}

// What changes while a camera finds its exposure is its own doing, after a start and after a pause.
func TestNoSceneChangeWhileACameraSettles(t *testing.T) {
	d, _ := develop(t, cover(t, shoot(t, 100), span{0, 20}), Config{})
	if len(d.changes) != 0 {
		t.Errorf("at the start: %+v", d.changes)
	}
	d, _ = change(t, cover(t, shoot(t, 300), span{140, 170}), map[int]func(*Settings){100: pause, 150: resume})
	if len(d.changes) != 0 {
		t.Errorf("after a pause: %+v", d.changes)
	}
}

// What follows within a second is the same change, and a camera that ends or pauses meanwhile has it told without a picture.
func TestASceneChangeIsToldOnceAndAlways(t *testing.T) {
	c := shoot(t, 200)
	for i := 100; i < 106; i += 3 { // on and off, long enough each time
		cover(t, c, span{i, i + 2})
	}
	d, _ := develop(t, cover(t, c, span{100, 102}, span{106, 199}), Config{})
	if len(d.changes) != 1 {
		t.Errorf("a lamp that flickers is %d changes", len(d.changes))
	}
	for name, n := range map[string]int{"ends": 106, "pauses": 200} {
		d, _ := change(t, cover(t, shoot(t, n), span{100, n - 1}), map[int]func(*Settings){106: pause})
		if len(d.changes) != 1 || d.changes[0].still.JPEG != nil {
			t.Errorf("camera %s: %+v", name, d.changes)
		}
	}
}

// A camera that sends raw pictures shows its new scene too.
func TestSceneChangeOfRawPictures(t *testing.T) {
	c := shoot(t, 150)
	bright, dark := picture(nobody).Y, make([]byte, filmW*filmH)
	for i := range c.frames {
		f := &c.frames[i]
		f.Format, f.Data = capture.GREY, bright
		if i >= 100 {
			f.Data = dark
		}
	}
	d, _ := develop(t, c, Config{})
	if len(d.changes) != 1 || len(d.stories) != 0 {
		t.Fatalf("%d changes of scene, %d events", len(d.changes), len(d.stories))
	}
	if g := d.changes[0].still.grey(t); g > 40 {
		t.Errorf("the picture is of grey %d", g)
	}
}
