package perturb

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"slices"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/pace"
	"signet/capture/scene"
)

// The camera leaves the calm as it is, keeps time, counts what is dropped, and gives what Go's own decoder
// can read.
func TestCamera(t *testing.T) {
	newRoom := func() capture.Camera {
		room, err := scene.New(scene.Options{Pace: pace.Virtual, FirstWalk: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		return room
	}
	plain := newRoom()
	cam := New(newRoom(), Options{
		Effect: Chain{Gain{Stops: -1}, Drop{Share: 0.3}, Quality{Low: 40, High: 90, Every: s}},
		From:   2 * s,
	})
	if cam.Info().Width != scene.Width {
		t.Errorf("info %+v", cam.Info())
	}
	var f, g capture.Frame
	var bright float64
	sizes := map[bool][]float64{}
	dropped := 0
	for i := uint64(0); i < 100; i++ {
		if err := cam.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		for err := plain.Next(t.Context(), &g); ; err = plain.Next(t.Context(), &g) {
			if err != nil {
				t.Fatal(err)
			}
			if g.Seq == f.Seq {
				break
			}
			dropped++
			i++
		}
		if f.Mono != g.Mono || f.Format != capture.MJPEG {
			t.Fatalf("frame %d: at %v, want %v", f.Seq, f.Mono, g.Mono)
		}
		if f.Seq < 20 {
			if dropped > 0 || !bytes.Equal(f.Data, g.Data) {
				t.Fatalf("frame %d is disturbed", f.Seq)
			}
			bright = lumaMean(t, f.Data)
			continue
		}
		near(t, "darker", lumaMean(t, f.Data), bright*math.Exp2(-1/2.2), 1)
		poor := (f.Seq-20)/10%2 == 0
		sizes[poor] = append(sizes[poor], float64(len(f.Data)))
	}
	if dropped < 10 || dropped > 40 {
		t.Errorf("%d frames are dropped", dropped)
	}
	if a, b := slices.Max(sizes[true]), slices.Min(sizes[false]); a > 0.7*b {
		t.Errorf("frames of up to %v bytes in poor quality, of %v in good", a, b)
	}
}

func lumaMean(t *testing.T, img []byte) float64 {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(img))
	if err != nil {
		t.Fatal(err)
	}
	y := m.(*image.YCbCr)
	return mean(y.Y, y.YStride, 0, 0, y.Rect.Dx(), y.Rect.Dy())
}

// A held effect stands still until it begins, and the same seed makes the same stream.
func TestHeldAndSeed(t *testing.T) {
	stream := func(seed uint64) (all []byte) {
		loop, err := NewLoop("test", [][]byte{shot(t)}, 10)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		cam := New(loop, Options{Effect: Chain{Clock{}, &Noise{Seed: seed, Grey: 3}, Rain{Seed: seed, Rate: 100, Speed: 500, Exposure: 0.02, Width: 2, Grey: 50}}})
		if n, err := Write(t.Context(), &out, cam, 5); n != 5 || err != nil {
			t.Fatal(n, err)
		}
		return out.Bytes()
	}
	if a := stream(1); !bytes.Equal(a, stream(1)) || bytes.Equal(a, stream(2)) {
		t.Error("the seed does not decide")
	}
	loop, err := NewLoop("test", [][]byte{shot(t)}, 10)
	if err != nil {
		t.Fatal(err)
	}
	cam := New(loop, Options{Effect: &Sunrise{Stops: 2, Over: s}, From: s, Held: true})
	var f capture.Frame
	for i := range 21 {
		if err := cam.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		m := lumaMean(t, f.Data)
		if dark, full := 125*math.Exp2(-2/2.2), 125.0; i <= 10 {
			near(t, "held", m, dark, 2)
		} else if i == 20 {
			near(t, "at last", m, full, 2)
		}
	}
}

// Pictures of any subsampling become ones of half the chroma.
func TestSubsampling(t *testing.T) {
	for _, c := range []struct{ n, w, h int }{{3, 7, 5}, {3, 4, 5}, {3, 4, 3}, {3, 2, 5}, {1, 0, 0}} {
		m := luma.Picture{N: c.n}
		m.Planes[0] = luma.Samples{W: 7, H: 5, Stride: 8, Pix: make([]byte, 8*5)}
		for i := 1; i < c.n; i++ {
			m.Planes[i] = luma.Samples{W: c.w, H: c.h, Stride: 8, Pix: make([]byte, 8*c.h)}
			for j := range m.Planes[i].Pix {
				m.Planes[i].Pix[j] = byte(100*i + j%8*(7/c.w)*4) // grows to the right
			}
		}
		var p Picture
		p.set(&m)
		want := []byte{128, 128, 128, 128}
		if c.n == 3 {
			want = nil
			for x := range 4 {
				x0, x1 := x*c.w/4, max(x*c.w/4+1, (x+1)*c.w/4)
				v := 0
				for u := x0; u < x1; u++ {
					v += 100 + u*(7/c.w)*4
				}
				want = append(want, byte((v+(x1-x0)/2)/(x1-x0)))
			}
		}
		if p.W != 7 || p.H != 5 || len(p.Cr) != 12 || !bytes.Equal(p.Cb[:4], want) || !bytes.Equal(p.Cb[8:], want) {
			t.Errorf("%d planes, chroma %dx%d: %v, want %v", c.n, c.w, c.h, p.Cb, want)
		}
	}
}

// shot is a JPEG of an odd size.
func shot(t *testing.T) []byte {
	t.Helper()
	m := image.NewYCbCr(image.Rect(0, 0, 161, 93), image.YCbCrSubsampleRatio420)
	for i := range m.Y {
		m.Y[i] = byte(115 + i%21)
	}
	fill(m.Cb, 100)
	fill(m.Cr, 150)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLoop(t *testing.T) {
	var frames [][]byte
	for i := range 4 {
		frames = append(frames, append(shot(t), byte(i)))
	}
	loop, err := NewLoop("test", frames, 20)
	if err != nil {
		t.Fatal(err)
	}
	var order []byte
	var f capture.Frame
	for i := range 10 {
		if err := loop.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if f.Seq != uint64(i) || f.Mono != capture.Mono(i)*capture.Mono(50*time.Millisecond) || f.Width != 161 || f.Height != 93 {
			t.Errorf("frame %d: %d at %v, %dx%d", i, f.Seq, f.Mono, f.Width, f.Height)
		}
		order = append(order, f.Data[len(f.Data)-1])
	}
	if want := []byte{0, 1, 2, 3, 2, 1, 0, 1, 2, 3}; !bytes.Equal(order, want) {
		t.Errorf("order %v", order)
	}
	if _, err := NewLoop("test", nil, 10); err == nil {
		t.Error("plays nothing")
	}
	if _, err := NewLoop("test", [][]byte{{1, 2, 3}}, 10); err == nil {
		t.Error("plays what is no JPEG")
	}
}
