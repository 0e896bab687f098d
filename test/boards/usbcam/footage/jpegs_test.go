package footage

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"signet/capture/mjpeg/mjpegtest"
	"signet/test/boards/usbcam/uvc"
)

// slope is a JPEG that is dark on the left and bright on the right, and red at the top.
func slope(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(255 * x / w)
			c := color.RGBA{v, v, v, 255}
			if y < h/2 {
				c.R = 255
			}
			img.Set(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLoadJPEGs(t *testing.T) {
	a, b := slope(t, 64, 32), slope(t, 64, 32)
	path := filepath.Join(t.TempDir(), "film.mjpeg")
	if err := os.WriteFile(path, slices.Concat(a, b, a), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := LoadJPEGs(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(j.Images) != 3 || j.Size != (uvc.Size{Width: 64, Height: 32}) || !bytes.Equal(j.Images[1], b) {
		t.Errorf("%d images of %s", len(j.Images), j.Size)
	}
	for name, data := range map[string][]byte{
		"nothing":        nil,
		"no JPEG":        []byte("RIFF....AVI "),
		"torn":           a[:len(a)/2],
		"something else": slices.Concat(a, []byte{0}, b),
		"another size":   slices.Concat(a, slope(t, 32, 32)),
	} {
		if j, err := splitJPEGs(data); err == nil {
			t.Errorf("%s: %d images", name, len(j.Images))
		}
	}
}

func FuzzSplitJPEGs(f *testing.F) {
	a := slope(f, 16, 16)
	f.Add(slices.Concat(a, a))
	f.Fuzz(func(t *testing.T, b []byte) {
		j, err := splitJPEGs(b)
		if err != nil {
			return
		}
		if !bytes.Equal(bytes.Join(j.Images, nil), b) {
			t.Error("the images are not what was read")
		}
	})
}

// TestYUYV compares with what image/jpeg makes of every pixel.
func TestYUYV(t *testing.T) {
	for _, ratio := range []string{"as encoded", "without tables"} {
		img := slope(t, 48, 32)
		if ratio == "without tables" {
			img = mjpegtest.WithoutTables(t, img)
		}
		got, err := AppendYUYV([]byte("x"), img)
		if err != nil {
			t.Fatal(err)
		}
		p, err := decode(img)
		if err != nil {
			t.Fatal(err)
		}
		if got = got[1:]; len(got) != 2*48*32 {
			t.Fatalf("%d bytes", len(got))
		}
		for y := range 32 {
			for x := range 48 {
				c := p.YCbCrAt(x, y)
				i := 2 * (y*48 + x)
				if x%2 == 0 && (got[i] != c.Y || got[i+1] != c.Cb) || x%2 == 1 && (got[i] != c.Y || got[i+1] != c.Cr) {
					t.Fatalf("%s: pixel %d,%d is % x, want %+v", ratio, x, y, got[i:i+2], c)
				}
			}
		}
	}
	if _, err := AppendYUYV(nil, []byte("no")); err == nil {
		t.Error("made a picture of nothing")
	}
}

func TestResize(t *testing.T) {
	j := &JPEGs{Size: uvc.Size{Width: 128, Height: 64}, Images: [][]byte{slope(t, 128, 64)}}
	if same, err := j.Resize(j.Size); err != nil || same != j {
		t.Errorf("to the same size: %v", err)
	}
	for _, to := range []uvc.Size{{Width: 64, Height: 32}, {Width: 256, Height: 128}, {Width: 64, Height: 64}, {Width: 120, Height: 30}} {
		out, err := j.Resize(to)
		if err != nil {
			t.Fatal(err)
		}
		p, err := decode(out.Images[0])
		if err != nil || p.Rect.Dx() != to.Width || p.Rect.Dy() != to.Height || out.Size != to {
			t.Fatalf("%s: %v, %v", to, p.Rect, err)
		}
		// What is kept of the slope: all of its width, but for the square, which is the middle half.
		lo, hi := 0.0, 255.0
		if to.Width == to.Height {
			lo, hi = 255.0/4, 255*3.0/4
		}
		for _, x := range []int{to.Width / 10, to.Width / 2, to.Width * 9 / 10} {
			want := lo + (hi-lo)*float64(x)/float64(to.Width)
			if got := float64(p.YCbCrAt(x, to.Height*3/4).Y); got < want-8 || got > want+8 {
				t.Errorf("%s: luma %v at %d, want %v", to, got, x, want)
			}
		}
		top, bottom := p.YCbCrAt(to.Width/4, to.Height/4).Cr, p.YCbCrAt(to.Width/4, to.Height*3/4).Cr
		if top < 170 || bottom > 140 {
			t.Errorf("%s: red %d at the top, %d below", to, top, bottom)
		}
	}
	if _, err := j.Resize(uvc.Size{Width: 31, Height: 30}); err == nil {
		t.Error("an odd width")
	}
}
