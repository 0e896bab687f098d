package compress

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"signet/capture"
	"signet/capture/mjpeg"
)

var formats = []capture.Format{capture.GREY, capture.YU12, capture.NV12, capture.YUYV, capture.UYVY}

// scene is a picture with flat, sloped, noisy and sharp parts, chroma in full size.
func scene(w, h int) *image.YCbCr {
	rnd := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio444)
	for y := range h {
		for x := range w {
			i := y*img.YStride + x
			v := 40 + 150*x/w
			switch {
			case (x/24+y/24)%5 == 1:
				v += rnd.IntN(40)
			case (x/24+y/24)%5 == 3:
				v = 255 * (x / 3 & 1)
			}
			img.Y[i] = byte(min(v, 255))
			img.Cb[i], img.Cr[i] = byte(60+140*y/h), byte(200-140*x/w)
		}
	}
	return img
}

// shoot returns the scene as a camera's frame.
func shoot(format capture.Format, img *image.YCbCr) *capture.Frame {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	f := &capture.Frame{Format: format, Width: w, Height: h, Key: true}
	at := func(p []byte, x, y int) byte { return p[min(y, h-1)*img.YStride+min(x, w-1)] }
	switch format {
	case capture.YUYV, capture.UYVY:
		for y := range h {
			for x := 0; x < w; x += 2 {
				q := []byte{at(img.Y, x, y), at(img.Cb, x, y), at(img.Y, x+1, y), at(img.Cr, x, y)}
				if format == capture.UYVY {
					q[0], q[1], q[2], q[3] = q[1], q[0], q[3], q[2]
				}
				f.Data = append(f.Data, q...)
			}
		}
		return f
	}
	f.Data = append(f.Data, img.Y...)
	var cb, cr []byte
	for y := 0; y < h; y += 2 {
		for x := 0; x < w; x += 2 {
			cb, cr = append(cb, at(img.Cb, x, y)), append(cr, at(img.Cr, x, y))
		}
	}
	switch format {
	case capture.YU12:
		f.Data = append(append(f.Data, cb...), cr...)
	case capture.NV12:
		for i := range cb {
			f.Data = append(f.Data, cb[i], cr[i])
		}
	}
	return f
}

// psnr compares two planes, in dB.
func psnr(a, b []byte, aStride, bStride, w, h int) float64 {
	sum := 0.0
	for y := range h {
		for x := range w {
			d := float64(a[y*aStride+x]) - float64(b[y*bStride+x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(w*h)/max(sum, 1e-9))
}

// TestLikeImageJPEG compares with the standard library's encoder: what comes back must be as like the original,
// in no more bytes.
func TestLikeImageJPEG(t *testing.T) {
	var e Encoder
	for _, size := range []image.Point{{640, 480}, {641, 479}, {320, 179}, {16, 16}, {17, 33}, {9, 7}, {2, 1}, {1, 1}} {
		img := scene(size.X, size.Y)
		for _, format := range formats {
			for _, quality := range []int{30, 75, 95} {
				name := fmt.Sprintf("%s %v at %d", format, size, quality)
				ours, err := e.Append(nil, shoot(format, img), quality)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				var b bytes.Buffer
				var src image.Image = img
				if format == capture.GREY {
					src = &image.Gray{Pix: img.Y, Stride: img.YStride, Rect: img.Rect}
				}
				if err := jpeg.Encode(&b, src, &jpeg.Options{Quality: quality}); err != nil {
					t.Fatal(err)
				}
				got, want := decode(t, name, ours), decode(t, name, b.Bytes())
				if n, m := scanLength(t, ours), scanLength(t, b.Bytes()); n > m*104/100+8 {
					t.Errorf("%s: %d bytes, image/jpeg makes %d", name, n, m)
				}
				w, h := size.X, size.Y
				gotDB := psnr(got.Y, img.Y, got.YStride, img.YStride, w, h)
				wantDB := psnr(want.Y, img.Y, want.YStride, img.YStride, w, h)
				if gotDB < min(wantDB, 45)-0.15 {
					t.Errorf("%s: luma at %.2f dB, image/jpeg has %.2f", name, gotDB, wantDB)
				}
				if format == capture.GREY || w < 16 {
					continue
				}
				for c, p := range map[string][2][]byte{"Cb": {got.Cb, want.Cb}, "Cr": {got.Cr, want.Cr}} {
					if db := psnr(p[0], p[1], got.CStride, want.CStride, (w+1)/2, (h+1)/2); db < 34 {
						t.Errorf("%s: %s is unlike that of image/jpeg: %.2f dB", name, c, db)
					}
				}
			}
		}
	}
}

// scanLength is how long an image is without its headers.
func scanLength(t *testing.T, b []byte) int {
	t.Helper()
	h, err := mjpeg.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return len(b) - h.Scan
}

func decode(t testing.TB, name string, b []byte) *image.YCbCr {
	t.Helper()
	if _, n, err := mjpeg.Check(b); err != nil || n != len(b) {
		t.Fatalf("%s: not one image: %v", name, err)
	}
	img, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if g, ok := img.(*image.Gray); ok {
		return &image.YCbCr{Y: g.Pix, YStride: g.Stride, Rect: g.Rect}
	}
	return img.(*image.YCbCr)
}

// TestLibjpegTakesIt has every format and odd sizes read by libjpeg, which complains where image/jpeg does not.
func TestLibjpegTakesIt(t *testing.T) {
	if _, err := exec.LookPath("djpeg"); err != nil {
		t.Skip("no djpeg (Debian: libjpeg-turbo-progs)")
	}
	var e Encoder
	for _, size := range []image.Point{{64, 48}, {61, 35}, {1, 1}} {
		for _, format := range formats {
			b, err := e.Append(nil, shoot(format, scene(size.X, size.Y)), 80)
			if err != nil {
				t.Fatal(err)
			}
			var complaints bytes.Buffer
			cmd := exec.Command("djpeg", "-dct", "int")
			cmd.Stdin, cmd.Stderr = bytes.NewReader(b), &complaints
			if out, err := cmd.Output(); err != nil || complaints.Len() > 0 || len(out) < size.X*size.Y {
				t.Errorf("%s %v: %v, %d bytes, says %q", format, size, err, len(out), complaints.String())
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	var e Encoder
	for _, format := range append(formats, capture.MJPEG) {
		f := shoot(format, scene(33, 17))
		f.Data = f.Data[:len(f.Data)-1]
		if dst, err := e.Append([]byte("kept"), f, 80); err == nil || string(dst) != "kept" {
			t.Errorf("short %s: %q, %v", format, dst, err)
		}
	}
	for _, size := range []image.Point{{0, 8}, {8, 0}, {-1, -1}, {mjpeg.MaxSide + 1, 1}} {
		f := &capture.Frame{Format: capture.GREY, Width: size.X, Height: size.Y, Data: make([]byte, 1<<16)}
		if _, err := e.Append(nil, f, 80); err == nil {
			t.Errorf("%v: no error", size)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	var e Encoder
	for _, format := range formats {
		f := shoot(format, scene(321, 241))
		var dst []byte
		if n := testing.AllocsPerRun(10, func() { dst, _ = e.Append(dst[:0], f, 75) }); n != 0 {
			t.Errorf("%s: %v allocations", format, n)
		}
	}
}

// FuzzAppend encodes any samples: whatever they are, the image decodes and is like them.
func FuzzAppend(f *testing.F) {
	f.Add([]byte{0, 255, 0, 255, 7, 9}, uint8(9), uint8(17), uint8(100), uint8(0))
	f.Add([]byte{255, 0}, uint8(33), uint8(8), uint8(1), uint8(3))
	f.Fuzz(func(t *testing.T, samples []byte, w, h, quality, which uint8) {
		if len(samples) == 0 || w == 0 || h == 0 {
			return
		}
		fr := &capture.Frame{Format: formats[int(which)%len(formats)], Width: int(w), Height: int(h), Data: make([]byte, 2*(int(w)+1)*(int(h)+1))}
		for i := range fr.Data {
			fr.Data[i] = samples[i%len(samples)]
		}
		var e Encoder
		b, err := e.Append(nil, fr, int(quality))
		if err != nil {
			t.Fatal(err)
		}
		img := decode(t, "fuzzed", b)
		if quality < 95 || fr.Format != capture.GREY {
			return
		}
		if db := psnr(img.Y, fr.Data, img.YStride, int(w), int(w), int(h)); db < 30 {
			t.Errorf("%.1f dB", db)
		}
	})
}

// BenchmarkAppend is the cost of a frame beside that of image/jpeg, which has it as an image already.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []image.Point{{640, 480}, {1280, 720}} {
		img := scene(size.X, size.Y)
		for _, format := range []capture.Format{capture.YUYV, capture.NV12, capture.GREY} {
			b.Run(fmt.Sprintf("%s/%d", format, size.Y), func(b *testing.B) {
				f := shoot(format, img)
				var e Encoder
				var dst []byte
				b.ReportAllocs()
				for b.Loop() {
					dst, _ = e.Append(dst[:0], f, 75)
				}
				b.ReportMetric(float64(len(dst)), "bytes")
			})
		}
		b.Run(fmt.Sprintf("image-jpeg/%d", size.Y), func(b *testing.B) {
			var out bytes.Buffer
			f := shoot(capture.YU12, img)
			n := size.X * size.Y
			src := &image.YCbCr{Y: f.Data[:n], Cb: f.Data[n:], Cr: f.Data[n*5/4:], YStride: size.X, CStride: size.X / 2, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: img.Rect}
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				jpeg.Encode(&out, src, &jpeg.Options{Quality: 75})
			}
		})
	}
}
