package moment

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"signet/capture/motion"
)

func at(i int) motion.Stamp { return motion.Stamp{Seq: uint64(i), At: frameTime(i)} }

// TestSegmenter plays frames at 10 a second: '.' is still, '#' moves; a move dates back two frames. What
// came of it is written under the frames: o opened, S started, E ended.
func TestSegmenter(t *testing.T) {
	s := DefaultSettings()
	s.PostRoll, s.MaxLength = time.Second, 5*time.Second
	tests := []struct{ name, frames, steps, phases string }{
		{
			"nothing",
			"..........",
			"..........", "",
		},
		{
			"one event",
			"....#####################...............",
			"....o..S..........................E.....", "",
		},
		{
			"a short one is announced, too",
			"....#....................",
			"....o..S......E..........", "",
		},
		{
			"motion returns in time",
			"....#####.........####...................",
			"....o..S.......................E.........", "",
		},
		{
			"motion returns too late",
			"....#####..........####..................",
			"....o..S..........Eo..S.........E........", "",
		},
		{
			"too long",
			"....################################################################",
			"....o..S............................................Eo....S.........", "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var g Segmenter
			var got strings.Builder
			for i, c := range tt.frames {
				got.WriteByte(".oSE"[g.Step(at(i), c == '#', at(max(i-2, 0)), &s)])
			}
			if got.String() != tt.steps {
				t.Errorf("\nframes %s\ngot    %s\nwant   %s", tt.frames, got.String(), tt.steps)
			}
		})
	}
}

// TestSegmenterTellsTheTruth feeds any motion and checks the events against it.
func TestSegmenterTellsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := DefaultSettings()
		s.PostRoll = time.Duration(rapid.IntRange(10, 40).Draw(t, "post")) * time.Second / filmFPS
		s.MaxLength = time.Duration(rapid.IntRange(50, 200).Draw(t, "max")) * time.Second / filmFPS
		moving := rapid.SliceOfN(rapid.Bool(), 10, 400).Draw(t, "moving")
		var g Segmenter
		var last Event
		covered := make([]bool, len(moving))
		since := 0
		finish := func() {
			e := g.Event()
			if e.N != last.N+1 || last.N > 0 && e.StartFrame <= last.EndFrame {
				t.Fatalf("event %+v after %+v", e, last)
			}
			if !moving[e.EndFrame] {
				t.Fatalf("event ends in frame %d, where nothing moves", e.EndFrame)
			}
			if e.End.Sub(e.Start) > s.MaxLength {
				t.Fatalf("event of %v", e.End.Sub(e.Start))
			}
			for i := e.StartFrame; i <= e.EndFrame; i++ {
				covered[i] = true
			}
			last = e
		}
		for i, m := range moving {
			if !m {
				since = i + 1
			}
			if g.Step(at(i), m, at(since), &s) == Ended {
				finish()
			}
		}
		if g.Stop() {
			finish()
		}
		missed := 0
		for i, m := range moving {
			if m && !covered[i] {
				missed++
			}
		}
		if missed > 0 {
			t.Fatalf("%d moving frames are in no event", missed)
		}
		if g.Phase() != Idle || g.Stop() {
			t.Fatal("not idle after Stop")
		}
	})
}
