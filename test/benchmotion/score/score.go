package score

import (
	"fmt"
	"slices"
	"time"
)

const (
	bridge = time.Second // shorter pauses of reported motion do not end a false event
	edge   = time.Second // false motion this near to a visit is no event of its own
)

// Seen is what a detector said of a clip.
type Seen struct {
	Moving []bool // for each frame, whether something moves
	Cells  *Cells // nil where it does not tell
}

// Count counts decisions.
type Count struct{ True, False, Missed int }

func (c *Count) add(said, is bool) {
	switch {
	case said && is:
		c.True++
	case said:
		c.False++
	case is:
		c.Missed++
	}
}

// Plus returns the sum of two counts.
func (c Count) Plus(d Count) Count {
	return Count{c.True + d.True, c.False + d.False, c.Missed + d.Missed}
}

// Precision returns how much of what was said is true; false where nothing was said.
func (c Count) Precision() (float64, bool) { return share(c.True, c.True+c.False) }

// Recall returns how much of what is true was said; false where nothing is true.
func (c Count) Recall() (float64, bool) { return share(c.True, c.True+c.Missed) }

// F returns the harmonic mean of precision and recall; false where nothing is true.
func (c Count) F() (float64, bool) {
	f, _ := share(2*c.True, 2*c.True+c.False+c.Missed)
	return f, c.True+c.Missed > 0
}

func share(part, of int) (float64, bool) {
	if of == 0 {
		return 0, false
	}
	return float64(part) / float64(of), true
}

// Result is how good a detector was on one clip, or on several.
type Result struct {
	Visits, Found int
	FalseEvents   int
	FalseSeconds  float64
	StillSeconds  float64 // how long nothing moved: what FalseSeconds is a part of
	Frames        Count
	Cells         Count
	HasCells      bool            // Cells counts something
	Late          []time.Duration // of the visits that were found and have a start, in their order; see the package
}

// Plus returns the result on two clips together.
func (r Result) Plus(s Result) Result {
	return Result{
		Visits: r.Visits + s.Visits, Found: r.Found + s.Found,
		FalseEvents: r.FalseEvents + s.FalseEvents, FalseSeconds: r.FalseSeconds + s.FalseSeconds,
		StillSeconds: r.StillSeconds + s.StillSeconds,
		Frames:       r.Frames.Plus(s.Frames), Cells: r.Cells.Plus(s.Cells), HasCells: r.HasCells || s.HasCells,
		Late: slices.Concat(r.Late, s.Late),
	}
}

// LateMedian and LateWorst say how late visits were reported; false where none was.
func (r Result) LateMedian() (time.Duration, bool) {
	if len(r.Late) == 0 {
		return 0, false
	}
	s := slices.Sorted(slices.Values(r.Late))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2, true
}

// LateWorst: see LateMedian.
func (r Result) LateWorst() (time.Duration, bool) {
	if len(r.Late) == 0 {
		return 0, false
	}
	return slices.Max(r.Late), true
}

// Judge compares what was seen with the truth. It fails where they are not of the same clip.
func Judge(t *Truth, s *Seen) (Result, error) {
	if err := t.Validate(); err != nil {
		return Result{}, fmt.Errorf("judge: truth: %w", err)
	}
	if len(s.Moving) != t.Frames {
		return Result{}, fmt.Errorf("judge: %d frames seen, the truth has %d", len(s.Moving), t.Frames)
	}
	kinds := t.kinds()
	r := Result{Visits: len(t.Visits)}
	for _, v := range t.Visits {
		first := slices.Index(s.Moving[v.From:v.To+1], true)
		if first < 0 {
			continue
		}
		r.Found++
		// A visit that began before what is judged has no start that is known; motion that was reported long before
		// it is no report of it.
		if v.From > 0 && kinds[v.From-1] == still && !t.already(s.Moving, v.From) {
			r.Late = append(r.Late, t.duration(first))
		}
	}
	falseFrames := 0
	for i, said := range s.Moving {
		if kinds[i] == ignored {
			continue
		}
		r.Frames.add(said, kinds[i] == moving)
		if kinds[i] == still {
			r.StillSeconds += 1 / t.FPS
			if said {
				falseFrames++
			}
		}
	}
	r.FalseSeconds = t.seconds(falseFrames)
	for _, quiet := range runs(kinds, still) {
		r.FalseEvents += t.falseEvents(kinds, quiet, s.Moving)
	}
	if t.Cells == nil || s.Cells == nil {
		return r, nil
	}
	if s.Cells.W != t.Cells.W || s.Cells.H != t.Cells.H || len(s.Cells.Data) != len(t.Cells.Data) {
		return Result{}, fmt.Errorf("judge: %d frames of %dx%d cells seen, the truth has %d of %dx%d",
			s.Cells.Frames(), s.Cells.W, s.Cells.H, t.Cells.Frames(), t.Cells.W, t.Cells.H)
	}
	r.HasCells = true
	for i, is := range t.Cells.Data {
		if is != Ignored {
			r.Cells.add(s.Cells.Data[i] == Moving, is == Moving)
		}
	}
	return r, nil
}

// already says whether motion has been reported before a frame for longer than an edge, pauses bridged.
func (t *Truth) already(said []bool, frame int) bool {
	start := frame
	for i := frame - 1; i >= 0 && start-i <= t.frames(bridge); i-- {
		if said[i] {
			start = i
		}
	}
	return frame-start > t.frames(edge)
}

// falseEvents counts the runs of reported motion in one stretch of stillness, without the edges of visits.
func (t *Truth) falseEvents(kinds []kind, quiet Span, said []bool) (n int) {
	from, to := quiet.From, quiet.To
	if from > 0 && kinds[from-1] == moving {
		from += t.frames(edge)
	}
	if to < len(kinds)-1 && kinds[to+1] == moving {
		to -= t.frames(edge)
	}
	last := -1
	for i := from; i <= to; i++ {
		if !said[i] {
			continue
		}
		if last < 0 || i-last > t.frames(bridge) {
			n++
		}
		last = i
	}
	return n
}
