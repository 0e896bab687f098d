package luma

import (
	"bytes"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"signet/capture"
	"signet/capture/raw"
)

// The raw formats, whose luma a few lines find in another way, in whole and odd sizes.
func TestDecodeRaw(t *testing.T) {
	layouts := map[capture.Format]func(w, x, y int) int{
		capture.GREY: func(w, x, y int) int { return y*w + x },
		capture.NV12: func(w, x, y int) int { return y*w + x },
		capture.YU12: func(w, x, y int) int { return y*w + x },
		capture.YUYV: func(w, x, y int) int { return y*((w+1)/2*4) + 2*x },
		capture.UYVY: func(w, x, y int) int { return y*((w+1)/2*4) + 2*x + 1 },
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var d Decoder
	var p Plane
	for format, at := range layouts {
		for _, size := range [][2]int{{64, 48}, {8, 8}, {2, 2}, {30, 21}, {1, 9}, {160, 7}} {
			w, h := size[0], size[1]
			cw, ch := (w+1)/2, (h+1)/2
			size := map[capture.Format]int{capture.GREY: w * h, capture.NV12: w*h + 2*cw*ch, capture.YU12: w*h + 2*cw*ch}[format]
			if size == 0 {
				size = 4 * cw * h
			}
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(rng.IntN(256))
			}
			f := &capture.Frame{Format: format, Width: w, Height: h, Data: data}
			if err := d.Decode(&p, f); err != nil {
				t.Fatalf("%s %dx%d: %v", format, w, h, err)
			}
			if p.W != (w+7)/8 || p.H != (h+7)/8 {
				t.Fatalf("%s %dx%d: %dx%d cells", format, w, h, p.W, p.H)
			}
			for cell, got := range p.Pix {
				sum, n := 0, 0
				for y := cell / p.W * 8; y < min(h, cell/p.W*8+8); y++ {
					for x := cell % p.W * 8; x < min(w, cell%p.W*8+8); x++ {
						sum += int(data[at(w, x, y)])
						n++
					}
				}
				want := float64(8*sum)/float64(n) - 1024
				if diff := float64(got) - want; diff < -0.51 || diff > 0.51 {
					t.Fatalf("%s %dx%d cell %d: %d, want %.2f", format, w, h, cell, got, want)
				}
			}
		}
	}
}

// Chroma that is the same throughout 16x16 pixels is exact, of whole and odd sizes.
func TestDecodeRawColour(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var d Decoder
	var p Plane
	for _, format := range []capture.Format{capture.YUYV, capture.UYVY, capture.NV12, capture.YU12, capture.GREY} {
		for _, size := range [][2]int{{64, 48}, {8, 8}, {2, 2}, {30, 21}, {1, 9}, {160, 7}, {33, 50}} {
			w, h := size[0], size[1]
			f := &capture.Frame{Format: format, Width: w, Height: h, Data: make([]byte, 4*((w+1)/2*2)*(h+1))}
			for i := range f.Data {
				f.Data[i] = byte(rng.IntN(256))
			}
			planes, n, err := raw.Planes(f)
			if err != nil {
				t.Fatal(err)
			}
			cw, ch := (w+15)/16, (h+15)/16
			want := [2][]int16{make([]int16, cw*ch), make([]int16, cw*ch)}
			for c := range want {
				for i := range want[c] {
					want[c][i] = int16(8 * (rng.IntN(256) - 128))
				}
				if n < 3 {
					want[c] = want[c][:0]
					continue
				}
				high := 16
				if planes[1].H < h {
					high = 8
				}
				for y := range planes[1+c].H {
					for x := range planes[1+c].W {
						planes[1+c].Data[y*planes[1+c].Stride+x*planes[1+c].Step] = byte(want[c][y/high*cw+x/8]/8 + 128)
					}
				}
			}
			if err := d.Decode(&p, f); err != nil {
				t.Fatal(err)
			}
			for c := range want {
				if !slices.Equal(p.Chroma[c], want[c]) {
					t.Fatalf("%s %dx%d: chroma is %v, want %v", format, w, h, p.Chroma[c], want[c])
				}
			}
		}
	}
}

// A raw frame and the JPEG made of it give the same picture, but for what the JPEG's rounding takes.
func TestDecodeRawLikeJPEG(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	size := image.Pt(164, 99)
	grey := picture(rng, size, true).(*image.Gray)
	yuyv := make([]byte, 2*size.X*size.Y)
	for i, v := range grey.Pix {
		yuyv[2*i], yuyv[2*i+1] = v, byte(rng.IntN(256))
	}
	var fromJPEG, fromRaw Plane
	var d Decoder
	if err := d.Decode(&fromJPEG, frame(encode(t, grey, 100))); err != nil {
		t.Fatal(err)
	}
	for format, data := range map[capture.Format][]byte{
		capture.GREY: grey.Pix,
		capture.NV12: append(bytes.Clone(grey.Pix), make([]byte, 164*50)...),
		capture.YU12: append(bytes.Clone(grey.Pix), make([]byte, 2*82*50)...),
		capture.YUYV: yuyv,
	} {
		if err := d.Decode(&fromRaw, &capture.Frame{Format: format, Width: size.X, Height: size.Y, Data: data}); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if fromRaw.W != fromJPEG.W || fromRaw.H != fromJPEG.H {
			t.Fatalf("%s: %dx%d cells, of JPEG %dx%d", format, fromRaw.W, fromRaw.H, fromJPEG.W, fromJPEG.H)
		}
		for y := range size.Y / 8 { // an encoder makes up what a block has outside of the picture
			for x := range size.X / 8 {
				a, b := fromRaw.Pix[y*fromRaw.W+x], fromJPEG.Pix[y*fromRaw.W+x]
				if a-b > 1 || b-a > 1 { // eighths of a grey level
					t.Fatalf("%s: cell %d,%d is %d, of JPEG %d", format, x, y, a, b)
				}
			}
		}
	}
}

func TestDecodeRawShort(t *testing.T) {
	for _, f := range []capture.Frame{
		{Format: capture.YUYV, Width: 64, Height: 48, Data: make([]byte, 64*48*2-1)},
		{Format: capture.NV12, Width: 64, Height: 48, Data: make([]byte, 64*48*3/2-1)},
		{Format: capture.YU12, Width: 63, Height: 47, Data: make([]byte, 63*47+2*32*24-1)},
		{Format: capture.GREY, Width: 64, Height: 48},
		{Format: capture.GREY, Width: 0, Height: 48},
		{Format: capture.NV12, Width: 1 << 20, Height: 1 << 20},
	} {
		if err := new(Decoder).Decode(new(Plane), &f); err == nil {
			t.Errorf("%s %dx%d with %d bytes: no error", f.Format, f.Width, f.Height, len(f.Data))
		}
	}
}

func BenchmarkDecodeYUYV(b *testing.B) {
	f := &capture.Frame{Format: capture.YUYV, Width: 1280, Height: 720, Data: make([]byte, 2*1280*720)}
	var d Decoder
	var p Plane
	b.SetBytes(int64(len(f.Data)))
	for b.Loop() {
		if err := d.Decode(&p, f); err != nil {
			b.Fatal(err)
		}
	}
}
