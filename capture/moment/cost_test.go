package moment

import (
	"context"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/scene"
)

// loop shows the same few frames for ever.
type loop struct {
	film
	n int
}

func (c *loop) Next(_ context.Context, f *capture.Frame) error {
	data := append(f.Data[:0], c.frames[c.n%len(c.frames)].Data...)
	*f = c.frames[c.n%len(c.frames)]
	f.Seq, f.Mono, f.Data = uint64(c.n), frameTime(c.n), data
	c.n++
	return nil
}

// idle returns one turn of the pipeline on an empty room: Next, luma, detector, ring, segmenter.
func idle(t testing.TB, d Sink) (turn func(), r *run) {
	t.Helper()
	r = begin(t, Config{}, d)
	c := &loop{film: *shoot(t, 1)}
	var f capture.Frame
	return func() {
		if err := c.Next(context.Background(), &f); err != nil {
			t.Fatal(err)
		}
		r.take(&f)
	}, r
}

// TestIdleDoesNotAllocate: an empty room is watched for years.
func TestIdleDoesNotAllocate(t *testing.T) {
	turn, r := idle(t, &diary{t: t})
	for range 20 * filmFPS {
		turn()
	}
	if n := testing.AllocsPerRun(300, turn); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
	if r.ring.Len() < 5*5 || r.segmenter.Phase() != Idle {
		t.Errorf("%d frames in the ring, %v", r.ring.Len(), r.segmenter.Phase())
	}
}

// TestMemoryIsBounded: a camera of large pictures does not fill the memory.
func TestMemoryIsBounded(t *testing.T) {
	c := shoot(t, 250, span{80, 239})
	for i := range c.frames { // 400 KB a picture: bytes after the image are padding
		f := &c.frames[i]
		f.Data = append(append([]byte(nil), f.Data...), make([]byte, 400_000-len(f.Data))...)
	}
	d := &diary{t: t}
	r := begin(t, Config{RingBytes: 3_000_000}, d)
	for i := range c.frames {
		r.take(&c.frames[i])
		if n := r.ring.Bytes(); n > 3_000_000 {
			t.Fatalf("ring of %d bytes", n)
		}
	}
	r.stop()
	if len(d.stories) != 1 {
		t.Fatalf("%d events", len(d.stories))
	}
	for _, part := range d.stories[0].parts {
		if long := part.End - part.Start; part.Frames < int(long/time.Second)-1 {
			t.Errorf("part of %v has %d frames", long, part.Frames)
		}
	}
}

// nowhere is a Sink that does nothing.
type nowhere struct{}

func (nowhere) Frame(*capture.Frame)                 {}
func (nowhere) Started(Event, Thumbnail)             {}
func (nowhere) Part(Event, Part)                     {}
func (nowhere) Ended(Event, Thumbnail, Facts)        {}
func (nowhere) SceneChanged(motion.Stamp, Thumbnail) {}

// BenchmarkIdle is the cost of a frame in which nothing moves, at 320x240.
func BenchmarkIdle(b *testing.B) {
	turn, _ := idle(b, nowhere{})
	for range 50 {
		turn()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		turn()
	}
}

// BenchmarkEmptyRoom is the cost of a frame of 640x480 pixels and 35 KB at 15 frames a second in which nothing moves, when
// every frame is looked at and when so many are as are needed.
func BenchmarkEmptyRoom(b *testing.B) {
	cam, err := scene.New(scene.Options{FPS: 15, Pace: pace.Virtual, FirstWalk: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	frames := shots(b, cam, 30)
	for name, every := range map[string]time.Duration{"every": 0, "needed": idleEvery} {
		b.Run(name, func(b *testing.B) {
			r := begin(b, Config{}, nowhere{})
			r.idler.every = every
			c := &endless{frames: frames, period: 2 * time.Second}
			var f capture.Frame
			turn := func() {
				c.next(&f)
				r.take(&f)
			}
			for range 60 {
				turn()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				turn()
			}
		})
	}
}

// BenchmarkEvent is the cost of a frame while somebody walks, thumbnails and clip included.
func BenchmarkEvent(b *testing.B) {
	r := begin(b, Config{}, nowhere{})
	c := &loop{film: *shoot(b, 38*5, span{0, 38 * 5})}
	var f capture.Frame
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		c.Next(context.Background(), &f)
		r.take(&f)
	}
}

// BenchmarkRaw is the cost of a raw camera's frame at 10 frames a second: luma, detector, and two JPEGs a second.
func BenchmarkRaw(b *testing.B) {
	for _, format := range rawFormats {
		for name, to := range map[string]int{"idle": -1, "event": 30} {
			b.Run(string(format)+"/640x480/"+name, func(b *testing.B) {
				c := &endless{frames: raws(format, 640, 480, 30, span{0, to}), period: 3 * time.Second}
				r := begin(b, Config{}, nowhere{})
				var f capture.Frame
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					c.next(&f)
					r.take(&f)
				}
			})
		}
	}
}
