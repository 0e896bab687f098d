package score_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"signet/test/benchmotion/score"
)

// day is ten minutes at 10 frames a second with three visits of ten seconds.
func day() *score.Truth {
	return &score.Truth{Frames: 6000, FPS: 10, Visits: []score.Span{{1000, 1099}, {2000, 2099}, {4000, 4099}}}
}

// says makes what a detector said out of spans.
func says(frames int, spans ...score.Span) *score.Seen {
	s := &score.Seen{Moving: make([]bool, frames)}
	for _, p := range spans {
		for i := p.From; i <= p.To; i++ {
			s.Moving[i] = true
		}
	}
	return s
}

func judge(t *testing.T, truth *score.Truth, s *score.Seen) score.Result {
	t.Helper()
	r, err := score.Judge(truth, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func about(a, b float64) bool { return math.Abs(a-b) < 1e-6 }

func f(c score.Count) float64 { v, _ := c.F(); return v }

func TestPerfect(t *testing.T) {
	truth := day()
	r := judge(t, truth, says(6000, truth.Visits...))
	if r.Visits != 3 || r.Found != 3 || r.FalseEvents != 0 || r.FalseSeconds != 0 || f(r.Frames) != 1 ||
		!slices.Equal(r.Late, make([]time.Duration, 3)) || !about(r.StillSeconds, 570) {
		t.Errorf("%+v", r)
	}
}

// A detector that is always on finds everything at once. It must not look good.
func TestAlwaysOnIsNotGood(t *testing.T) {
	truth := day()
	on := judge(t, truth, says(6000, score.Span{To: 5999}))
	if on.Found != 3 || on.FalseEvents != 4 || len(on.Late) != 0 || !about(on.FalseSeconds, 570) {
		t.Errorf("always on: %+v", on)
	}
	if p, _ := on.Frames.Precision(); !about(p, 0.05) || f(on.Frames) > 0.1 {
		t.Errorf("always on: precision %v, F %v", p, f(on.Frames))
	}
	// One that finds a single visit, late, is better.
	shy := judge(t, truth, says(6000, score.Span{1020, 1099}))
	if f(shy.Frames) < f(on.Frames) || shy.FalseSeconds != 0 || shy.FalseEvents != 0 || shy.Found != 1 {
		t.Errorf("shy: %+v", shy)
	}
}

func TestNever(t *testing.T) {
	r := judge(t, day(), says(6000))
	if _, said := r.Frames.Precision(); said || r.Found != 0 || f(r.Frames) != 0 || len(r.Late) != 0 {
		t.Errorf("%+v", r)
	}
	if _, ok := r.LateWorst(); ok {
		t.Error("late, though nothing was found")
	}
}

func TestLate(t *testing.T) {
	r := judge(t, day(), says(6000, score.Span{1002, 1050}, score.Span{1990, 2010}, score.Span{4007, 4007}))
	if want := []time.Duration{200 * time.Millisecond, 0, 700 * time.Millisecond}; !slices.Equal(r.Late, want) {
		t.Errorf("late %v, want %v", r.Late, want)
	}
	median, _ := r.LateMedian()
	worst, _ := r.LateWorst()
	if median != 200*time.Millisecond || worst != 700*time.Millisecond {
		t.Errorf("median %v, worst %v", median, worst)
	}
	if !about(r.FalseSeconds, 1) || r.FalseEvents != 0 { // a second early: the edge of a visit
		t.Errorf("%v s false, %d events", r.FalseSeconds, r.FalseEvents)
	}
	two := score.Result{Late: []time.Duration{time.Second, 2 * time.Second}}
	if m, _ := two.LateMedian(); m != 1500*time.Millisecond {
		t.Errorf("median of two: %v", m)
	}
}

// Who has been reporting motion for longer than a second is not in time for what begins then.
func TestLateIsNotLuck(t *testing.T) {
	truth := &score.Truth{Frames: 300, FPS: 10, Visits: []score.Span{{100, 109}, {200, 209}}}
	r := judge(t, truth, says(300, score.Span{85, 90}, score.Span{95, 109}, score.Span{185, 188}, score.Span{200, 209}))
	if want := []time.Duration{0}; r.Found != 2 || !slices.Equal(r.Late, want) {
		t.Errorf("found %d, late %v, want %v", r.Found, r.Late, want)
	}
}

// A visit that goes on at the clip's start, or after frames that are not judged, has no known start.
func TestLateNeedsAStart(t *testing.T) {
	truth := &score.Truth{
		Frames: 100, FPS: 10,
		Visits: []score.Span{{0, 9}, {40, 49}, {80, 89}},
		Ignore: []score.Span{{30, 39}},
	}
	r := judge(t, truth, says(100, score.Span{5, 9}, score.Span{45, 49}, score.Span{83, 89}))
	if want := []time.Duration{300 * time.Millisecond}; r.Found != 3 || !slices.Equal(r.Late, want) {
		t.Errorf("found %d, late %v, want %v", r.Found, r.Late, want)
	}
}

func TestFalseEvents(t *testing.T) {
	visit := score.Span{1000, 1099}
	for _, c := range []struct {
		name   string
		said   []score.Span
		events int
		second float64
	}{
		{"edges of a visit", []score.Span{{991, 1109}}, 0, 1.9},
		{"a run that goes on", []score.Span{{1000, 1120}}, 1, 2.1},
		{"flicker is one event", []score.Span{{500, 500}, {509, 509}, {519, 519}}, 1, 0.3},
		{"two, a pause between", []score.Span{{500, 500}, {511, 511}}, 2, 0.2},
		{"one frame", []score.Span{{0, 0}}, 1, 0.1},
		{"before and after", []score.Span{{900, 1199}}, 2, 20},
	} {
		truth := &score.Truth{Frames: 2000, FPS: 10, Visits: []score.Span{visit}}
		r := judge(t, truth, says(2000, c.said...))
		if r.FalseEvents != c.events || !about(r.FalseSeconds, c.second) {
			t.Errorf("%s: %d events, %v s; want %d, %v", c.name, r.FalseEvents, r.FalseSeconds, c.events, c.second)
		}
	}
}

// Frames that are to be ignored count nowhere.
func TestIgnore(t *testing.T) {
	truth := &score.Truth{Frames: 100, FPS: 10, Visits: []score.Span{{50, 59}}, Ignore: []score.Span{{0, 29}}}
	r := judge(t, truth, says(100, score.Span{0, 29}, score.Span{50, 59}))
	if r.FalseEvents != 0 || r.FalseSeconds != 0 || f(r.Frames) != 1 || !about(r.StillSeconds, 6) {
		t.Errorf("%+v", r)
	}
}

func TestCells(t *testing.T) {
	truth := &score.Truth{Frames: 2, FPS: 1, Cells: &score.Cells{W: 3, H: 1, Data: []byte{1, 1, 0, 2, 0, 1}}}
	s := says(2)
	s.Cells = &score.Cells{W: 3, H: 1, Data: []byte{1, 0, 1, 1, 0, 1}}
	r := judge(t, truth, s)
	if want := (score.Count{True: 2, False: 1, Missed: 1}); r.Cells != want || !r.HasCells {
		t.Errorf("%+v, want %+v", r.Cells, want)
	}
	if p, _ := r.Cells.Precision(); !about(p, 2./3) || !about(f(r.Cells), 2./3) {
		t.Errorf("precision %v, F %v", p, f(r.Cells))
	}
	s.Cells.W, s.Cells.H = 1, 3
	if _, err := score.Judge(truth, s); err == nil {
		t.Error("cells of another shape are judged")
	}
}

func TestPlus(t *testing.T) {
	truth := day()
	r := judge(t, truth, says(6000, score.Span{991, 1010}))
	sum := r.Plus(judge(t, truth, says(6000, score.Span{2005, 2099})))
	if sum.Visits != 6 || sum.Found != 2 || sum.FalseEvents != 0 || len(sum.Late) != 2 || sum.Frames.True != 11+95 ||
		!about(sum.FalseSeconds, 0.9) || !about(sum.StillSeconds, 1140) {
		t.Errorf("%+v", sum)
	}
}

func TestFromCells(t *testing.T) {
	c := &score.Cells{W: 2, H: 2}
	for _, n := range []int{-1, -1, 0, 1, 2, 1, 3, 0, 2, 1, 1, 1, 2} { // -1: ignore all of the frame
		cells := make([]byte, 4)
		for i := range cells {
			if n < 0 {
				cells[i] = score.Ignored
			} else if i < n {
				cells[i] = score.Moving
			}
		}
		c.Data = append(c.Data, cells...)
	}
	truth := score.FromCells(c, 3, 2)
	if err := truth.Validate(); err != nil {
		t.Fatal(err)
	}
	if want := []score.Span{{4, 6}, {8, 8}, {12, 12}}; !slices.Equal(truth.Visits, want) {
		t.Errorf("visits %v, want %v", truth.Visits, want)
	}
	if want := []score.Span{{0, 1}, {3, 3}, {9, 11}}; !slices.Equal(truth.Ignore, want) {
		t.Errorf("ignore %v, want %v", truth.Ignore, want)
	}
}

func TestTruthIsChecked(t *testing.T) {
	for name, truth := range map[string]score.Truth{
		"no frames":       {FPS: 10},
		"no pace":         {Frames: 9},
		"beyond":          {Frames: 9, FPS: 10, Visits: []score.Span{{5, 9}}},
		"backwards":       {Frames: 9, FPS: 10, Visits: []score.Span{{5, 4}}},
		"touching":        {Frames: 9, FPS: 10, Visits: []score.Span{{1, 4}, {5, 6}}},
		"out of order":    {Frames: 9, FPS: 10, Ignore: []score.Span{{5, 6}, {1, 2}}},
		"contradiction":   {Frames: 9, FPS: 10, Visits: []score.Span{{1, 4}}, Ignore: []score.Span{{4, 5}}},
		"cells too short": {Frames: 9, FPS: 10, Cells: &score.Cells{W: 2, H: 2, Data: make([]byte, 32)}},
	} {
		if truth.Validate() == nil {
			t.Errorf("%s: not noticed", name)
		}
		if _, err := score.Judge(&truth, says(truth.Frames)); err == nil {
			t.Errorf("%s: judged", name)
		}
	}
	if _, err := score.Judge(day(), says(5999)); err == nil {
		t.Error("another clip is judged")
	}
}
