package luma

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"path/filepath"
	"testing"

	"signet/capture/mjpeg"
)

// planesOf returns the planes of a picture of image/jpeg.
func planesOf(t *testing.T, img image.Image) []Samples {
	t.Helper()
	r := img.Bounds()
	if g, ok := img.(*image.Gray); ok {
		return []Samples{{r.Dx(), r.Dy(), g.Stride, g.Pix}}
	}
	m := img.(*image.YCbCr)
	cw, ch := r.Dx(), r.Dy()
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		cw = (cw + 1) / 2
	case image.YCbCrSubsampleRatio420:
		cw, ch = (cw+1)/2, (ch+1)/2
	case image.YCbCrSubsampleRatio440:
		ch = (ch + 1) / 2
	case image.YCbCrSubsampleRatio411:
		cw = (cw + 3) / 4
	}
	return []Samples{{r.Dx(), r.Dy(), m.YStride, m.Y}, {cw, ch, m.CStride, m.Cb}, {cw, ch, m.CStride, m.Cr}}
}

// lowest makes size x size samples of the lowest frequencies of a block of 8x8, by the formulas and without haste.
func lowest(block *[64]float64, size int) (out [64]float64) {
	wave := func(n, u, x int) float64 { // of a transform of n points
		a := math.Sqrt(2 / float64(n))
		if u == 0 {
			a = math.Sqrt(1 / float64(n))
		}
		return a * math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*n))
	}
	for v := range size {
		for u := range size {
			f := 0.0
			for i, p := range block {
				f += p * wave(8, u, i%8) * wave(8, v, i/8)
			}
			for i := range size * size {
				out[i] += f * wave(size, u, i%size) * wave(size, v, i/size) * float64(size) / 8
			}
		}
	}
	return out
}

// compareSmall compares with a whole decoder's picture, as far as whole blocks reach.
func compareSmall(t *testing.T, name string, p *Picture, full []Samples, size int) {
	t.Helper()
	if p.N != len(full) {
		t.Errorf("%s: %d planes, want %d", name, p.N, len(full))
		return
	}
	for i, f := range full {
		s := p.Planes[i]
		if d := 8*s.W - f.W*size; d < 0 || d >= 8+8*size { // the chroma of image/jpeg is rounded another way
			t.Errorf("%s: plane %d is %d wide at %d/8, the whole one %d", name, i, s.W, size, f.W)
		}
		for by := range f.H / 8 {
			for bx := range f.W / 8 {
				var block [64]float64
				clamped := false
				for k := range block {
					v := f.Pix[(8*by+k/8)*f.Stride+8*bx+k%8]
					block[k] = float64(v)
					clamped = clamped || v == 0 || v == 255
				}
				if clamped {
					continue
				}
				want := lowest(&block, size)
				for k := range size * size {
					got := float64(s.Pix[(by*size+k/size)*s.Stride+bx*size+k%size])
					if math.Abs(got-min(max(want[k], 0), 255)) > 2 {
						t.Errorf("%s: plane %d at %d/8: block %d,%d has %.0f, want %.1f", name, i, size, bx, by, got, want[k])
						return
					}
				}
			}
		}
	}
}

func TestSmall(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.jpg")
	var d Decoder
	var p Picture
	seen := 0
	for _, name := range files {
		img := read(t, name)
		full, err := jpeg.Decode(bytes.NewReader(img))
		if err != nil || filepath.Base(name) == "progressive.jpg" {
			continue
		}
		seen++
		for _, size := range []int{1, 2, 4, 8} {
			if err := d.Small(&p, img, full.Bounds().Dx()*size/8); err != nil {
				t.Errorf("%s at %d/8: %v", name, size, err)
				continue
			}
			compareSmall(t, name, &p, planesOf(t, full), size)
		}
	}
	if seen < 10 {
		t.Errorf("only %d images", seen)
	}
}

func TestSmallPicksTheSize(t *testing.T) {
	img := read(t, "testdata/420.jpg") // 91x67
	for width, want := range map[int]string{1: "12x9", 11: "12x9", 12: "23x17", 22: "23x17", 23: "46x34", 45: "46x34", 46: "91x67", 91: "91x67", 500: "91x67"} {
		var d Decoder
		var p Picture
		if err := d.Small(&p, img, width); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%dx%d", p.Planes[0].W, p.Planes[0].H); got != want {
			t.Errorf("for a width of %d: %s, want %s", width, got, want)
		}
	}
}

func TestSmallRefuses(t *testing.T) {
	good := read(t, "testdata/420.jpg")
	from, to := scanOf(t, good)
	var broken *BrokenError
	var d Decoder
	var p Picture
	for name, img := range map[string][]byte{
		"cut in the middle": cut(good, from+300, from+900),
		"cut at the end":    good[:len(good)-100],
		"twice the data":    cut(bytes.Join([][]byte{good[:to], good[from:]}, nil), 0, 0),
	} {
		if err := d.Small(&p, img, 90); !errors.As(err, &broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Small(&p, read(t, "testdata/progressive.jpg"), 90); !errors.Is(err, ErrUnsupported) {
		t.Errorf("progressive: %v", err)
	}
	if err := d.Small(&p, good[:100], 90); !errors.Is(err, mjpeg.ErrTorn) {
		t.Errorf("headers: %v", err)
	}
	if err := d.Small(&p, good, 90); err != nil {
		t.Errorf("good one after the others: %v", err)
	}
}

func TestSmallAllocatesNothing(t *testing.T) {
	img := read(t, "testdata/422.jpg")
	var d Decoder
	var p Picture
	n := testing.AllocsPerRun(20, func() {
		if err := d.Small(&p, img, 40); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzSmall(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.jpg")
	for i, name := range files {
		f.Add(read(f, name), 12<<(i%4))
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, img []byte, width int) {
		var p Picture
		if h, err := mjpeg.Parse(img); err != nil || h.Width*h.Height > 1<<20 {
			return
		}
		if err := d.Small(&p, img, width); err != nil {
			return
		}
		for i := range p.N {
			if s := p.Planes[i]; s.W <= 0 || s.H <= 0 || s.W > s.Stride || (s.H-1)*s.Stride+s.W > len(s.Pix) {
				t.Fatalf("plane %d is %dx%d of %d, %d bytes", i, s.W, s.H, s.Stride, len(s.Pix))
			}
		}
		// What is whole for the thumbnail is whole for the detector, but for the two's limits on kinds.
		if err := d.Decode(new(Plane), frame(img)); err != nil && !errors.Is(err, ErrUnsupported) {
			t.Fatalf("a small picture came of what is not whole: %v", err)
		}
	})
}

// BenchmarkSmall is what a thumbnail of a 720p frame costs to decode, beside image/jpeg.
func BenchmarkSmall(b *testing.B) {
	img := benchmarkImage(b)
	b.Run("small", func(b *testing.B) {
		var d Decoder
		var p Picture
		b.ReportAllocs()
		for b.Loop() {
			if err := d.Small(&p, img, 320); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("image-jpeg", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(img)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
