package moment

import (
	"context"
	"slices"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/replay"
	"signet/capture/scene"
	"signet/internal/footage"
)

// recording plays one.
func recording(t testing.TB, name string, fps float64) capture.Camera {
	t.Helper()
	c, err := replay.Open(context.Background(), footage.Path(t, name), replay.Options{FPS: fps, Pace: pace.Virtual})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestSixVisits runs a corridor in which people come, stand and read, and go, six times.
func TestSixVisits(t *testing.T) {
	const fps = 10
	visits := footage.Visits()
	empty := [][2]int{{0, 40}, {465, 490}}
	var moving []int // frames
	d, p := develop(t, recording(t, footage.OneByOne, fps), Config{Observe: func(f *capture.Frame, r *motion.Result) {
		if len(r.Regions) > 0 {
			moving = append(moving, int(f.Seq))
		}
	}})
	overlaps := func(e Event, s [2]int) bool { return int(e.StartFrame) <= s[1] && int(e.EndFrame) >= s[0] }
	for _, v := range visits {
		if !slices.ContainsFunc(d.stories, func(s *story) bool { return overlaps(s.ended, v) }) {
			t.Errorf("nothing in the visit of frames %d-%d", v[0], v[1])
		}
	}
	for _, s := range d.stories {
		e := s.ended
		for _, x := range empty {
			if overlaps(e, x) {
				t.Errorf("event %d, frames %d-%d, though nobody is there in %d-%d", e.N, e.StartFrame, e.EndFrame, x[0], x[1])
			}
		}
		bytes, frames := 0, 0
		for _, part := range s.parts {
			bytes += len(part.Data)
			frames += part.Frames
		}
		long := s.parts[len(s.parts)-1].End - s.parts[0].Start
		if rate := float64(bytes) / long.Seconds(); rate > 300_000 {
			t.Errorf("event %d: %.0f bytes a second", e.N, rate)
		}
		if n := len(s.last.JPEG); n == 0 || n > thumbBytes || s.last.Width != ThumbWidth {
			t.Errorf("event %d: thumbnail of %d bytes, %d pixels wide", e.N, n, s.last.Width)
		}
		t.Logf("event %d: frames %d-%d, score %.2f, thumbnails of frames %d and %d (%d and %d bytes), %d parts, %d frames, %d KB in %v",
			e.N, e.StartFrame, e.EndFrame, s.facts.Score, s.first.Frame, s.last.Frame, len(s.first.JPEG), len(s.last.JPEG),
			len(s.parts), frames, bytes>>10, long)
	}
	if len(d.stories) != len(visits) {
		t.Errorf("%d events, want one in each of %d visits", len(d.stories), len(visits))
	}
	var late []int // frames from somebody's coming until something moves for certain
	for _, v := range visits {
		if i, _ := slices.BinarySearch(moving, v[0]); i < len(moving) && moving[i] <= v[1] {
			late = append(late, moving[i]-v[0])
		}
	}
	slices.Sort(late)
	t.Logf("reported after the first moving frame: %v frames", late)
	if n := len(late); n != len(visits) || late[n/2] > 3*fps/10 || late[n-1] > 7*fps/10 {
		t.Errorf("visits are reported %v frames late, want at most %d in the median and %d at worst", late, 3*fps/10, 7*fps/10)
	}
	t.Logf("%+v", p.Stats())
}

// TestGeneratedScene knows the truth: each walk is one event, and nothing else is.
func TestGeneratedScene(t *testing.T) {
	for _, tt := range []struct {
		o       scene.Options
		seconds float64
	}{
		{scene.Options{Seed: 1, FPS: 10, Pace: pace.Virtual}, 25},
		{scene.Options{Seed: 3, FPS: 5, Pace: pace.Virtual}, 45},
	} {
		o := tt.o
		c, err := scene.New(o)
		if err != nil {
			t.Fatal(err)
		}
		end := uint64(tt.seconds * o.FPS)
		walks := scene.Walks(o, end)
		d := &diary{t: t}
		p, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		p.Run(ctx, &first{Camera: c, n: int(end), done: cancel}, d)
		cancel()
		if len(d.stories) != len(walks) {
			t.Fatalf("seed %d: %d events of %d walks", o.Seed, len(d.stories), len(walks))
		}
		for i, w := range walks {
			e := d.stories[i].ended
			lateStart := (float64(e.StartFrame) - float64(w.From)) / o.FPS
			lateEnd := (float64(e.EndFrame) - float64(min(w.To, end)-1)) / o.FPS
			t.Logf("seed %d: walk of frames %d-%d, event %d-%d, score %.2f", o.Seed, w.From, w.To-1, e.StartFrame, e.EndFrame, d.stories[i].facts.Score)
			if lateStart < -0.2 || lateStart > 1 || lateEnd < -1 || lateEnd > 0.8 {
				t.Errorf("seed %d: walk of frames %d-%d is the event of %d-%d", o.Seed, w.From, w.To-1, e.StartFrame, e.EndFrame)
			}
		}
	}
}

// first stops after n frames.
type first struct {
	capture.Camera
	n    int
	done func()
}

func (c *first) Next(ctx context.Context, f *capture.Frame) error {
	if c.n--; c.n < 0 {
		c.done()
	}
	return c.Camera.Next(ctx, f)
}

// BenchmarkHighway is the whole cost of a 640x480 frame of 28 KB, reading included, with events
// nearly all the time.
func BenchmarkHighway(b *testing.B) {
	for range b.N {
		start := time.Now()
		_, p := develop(b, recording(b, footage.Highway, 30), Config{})
		b.ReportMetric(float64(time.Since(start).Microseconds())/float64(p.Stats().Frames), "µs/frame")
	}
}
