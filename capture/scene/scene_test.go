package scene

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"testing"
	"testing/synctest"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/pace"
)

var _ capture.Camera = (*Camera)(nil)

// The truth is true: there is a person in the frames of a walk, and nothing moves in the others.
func TestWalksAreTrue(t *testing.T) {
	const end = 100
	o := Options{Seed: 1, FPS: 2, Pace: pace.Virtual} // few frames, for drawing takes its time
	walks := Walks(o, end)
	if len(walks) < 2 || walks[0].From != 16 {
		t.Fatalf("walks %v", walks)
	}
	c := open(t, o)
	var d luma.Decoder
	var p, still luma.Plane
	var f capture.Frame
	for i := range uint64(end) {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if f.Seq != i || f.Mono != capture.Mono(i)*capture.Mono(500*time.Millisecond) {
			t.Fatalf("frame %d: seq %d at %v", i, f.Seq, f.Mono)
		}
		if err := d.Decode(&p, &f); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			still.Resize(p.W, p.H)
			copy(still.Pix, p.Pix)
		}
		changed := 0
		for j, v := range p.Pix {
			if diff := v - still.Pix[j]; diff > 64 || diff < -64 { // 8 grey
				changed++
			}
		}
		inside, well := false, false
		for _, w := range walks {
			inside = inside || w.From <= i && i < w.To
			well = well || w.From+2 <= i && i+2 < w.To
		}
		if !inside && changed > 0 {
			t.Fatalf("frame %d: %d cells changed where there is no walk", i, changed)
		}
		if well && changed < 100 {
			t.Fatalf("frame %d: %d cells changed during a walk", i, changed)
		}
	}
}

func TestWalksKeepTheirTimes(t *testing.T) {
	for seed := range uint64(20) {
		for _, fps := range []float64{5, 10, 25} {
			seconds := func(frames uint64) float64 { return float64(frames) / fps }
			walks := Walks(Options{Seed: seed, FPS: fps}, uint64(120*fps))
			if n := len(walks); n < 3 {
				t.Fatalf("%d walks in two minutes", n)
			}
			for i, w := range walks {
				if d := seconds(w.To - w.From); d < walkMin || d > walkMax+0.3 {
					t.Errorf("a walk of %.1f s", d)
				}
				if i == 0 {
					continue
				}
				if d := seconds(w.From - walks[i-1].To); d < pauseMin-0.3 || d > pauseMax {
					t.Errorf("a pause of %.1f s", d)
				}
			}
		}
	}
}

func TestRoomIsEmptyUntilTheFirstWalk(t *testing.T) {
	o := Options{Seed: 5, FPS: 10, FirstWalk: 40 * time.Second}
	if walks := Walks(o, 600); len(walks) != 1 || walks[0].From != 400 {
		t.Errorf("walks %v", walks)
	}
	if _, err := New(Options{FirstWalk: -1}); err == nil {
		t.Error("a person came before the scene began")
	}
}

func TestSeedDecides(t *testing.T) {
	first := func(seed uint64) []byte {
		c := open(t, Options{Seed: seed, FPS: 2, Pace: pace.Virtual})
		var f capture.Frame
		for range 21 {
			if err := c.Next(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
		}
		return f.Data
	}
	if !bytes.Equal(first(7), first(7)) {
		t.Error("the same seed gave two scenes")
	}
	if bytes.Equal(first(7), first(8)) {
		t.Error("two seeds gave the same scene")
	}
}

func TestFramesAreJPEG(t *testing.T) {
	c := open(t, Options{Pace: pace.Virtual})
	var f capture.Frame
	if err := c.Next(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(f.Data))
	if err != nil {
		t.Fatal(err)
	}
	if b := m.Bounds(); b.Dx() != Width || b.Dy() != Height || f.Width != Width || f.Height != Height {
		t.Errorf("picture %v, frame %dx%d", b, f.Width, f.Height)
	}
	if n := len(f.Data); n < 15_000 || n > 60_000 {
		t.Errorf("a frame of %d bytes", n)
	}
	if i := c.Info(); !i.Generated || i.Format != capture.MJPEG || i.FPS != 10 || i.Width != Width {
		t.Errorf("info %+v", i)
	}
}

func TestLivePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{})
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var f capture.Frame
		frames, err := 0, error(nil)
		for ; err == nil; frames++ {
			err = c.Next(ctx, &f)
		}
		if !errors.Is(err, context.DeadlineExceeded) || frames < 10 || frames > 12 {
			t.Errorf("%d frames in %v, then %v", frames, time.Since(start), err)
		}
	})
}

func BenchmarkStill(b *testing.B)   { benchmark(b, 0) }
func BenchmarkWalking(b *testing.B) { benchmark(b, 110) }

func benchmark(b *testing.B, at uint64) {
	c, err := New(Options{Pace: pace.Virtual})
	if err != nil {
		b.Fatal(err)
	}
	var f capture.Frame
	for b.Loop() {
		c.seq = at
		if err := c.Next(b.Context(), &f); err != nil {
			b.Fatal(err)
		}
	}
}

func open(t *testing.T, o Options) *Camera {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
