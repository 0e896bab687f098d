package score

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Span is a run of frames, the last one included.
type Span struct{ From, To int }

// Frames returns how many there are.
func (s Span) Frames() int { return s.To - s.From + 1 }

// Cells is a picture of cells for each frame of a clip, row by row.
type Cells struct {
	W, H int
	Data []byte // W*H a frame
}

// Values of cells.
const (
	Still   = 0
	Moving  = 1
	Ignored = 2 // in a truth: whatever is said there is neither right nor wrong
)

// Frame returns the cells of frame i.
func (c *Cells) Frame(i int) []byte { return c.Data[i*c.W*c.H:][:c.W*c.H] }

// Frames returns how many frames there are.
func (c *Cells) Frames() int {
	if c.W*c.H == 0 {
		return 0
	}
	return len(c.Data) / (c.W * c.H)
}

// Truth says what moves in a clip.
type Truth struct {
	Frames int
	FPS    float64
	Visits []Span // in order, with frames between them
	Ignore []Span // frames that are not judged; they are no part of visits
	Cells  *Cells // nil where it is not known
}

// seconds returns how long frames last.
func (t *Truth) seconds(frames int) float64 { return float64(frames) / t.FPS }

// duration is seconds in another form.
func (t *Truth) duration(frames int) time.Duration {
	return time.Duration(math.Round(t.seconds(frames) * float64(time.Second)))
}

// frames returns how many frames last as long as d, rounded up.
func (t *Truth) frames(d time.Duration) int { return int(math.Ceil(d.Seconds()*t.FPS - 1e-9)) }

// Validate names the first thing that contradicts itself.
func (t *Truth) Validate() error {
	if t.Frames < 1 {
		return errors.New("no frames")
	}
	if !(t.FPS > 0 && t.FPS <= 1000) {
		return fmt.Errorf("%v frames a second: not within 0 to 1000", t.FPS)
	}
	for what, list := range map[string][]Span{"moving": t.Visits, "ignore": t.Ignore} {
		end := -2
		for _, s := range list {
			if s.From > s.To || s.From < 0 || s.To >= t.Frames {
				return fmt.Errorf("%s %d-%d: not within the %d frames", what, s.From, s.To, t.Frames)
			}
			if s.From <= end+1 {
				return fmt.Errorf("%s %d-%d: not after the one before, which ends at %d", what, s.From, s.To, end)
			}
			end = s.To
		}
	}
	for i, k := range t.kinds() {
		if k == both {
			return fmt.Errorf("frame %d moves and is to be ignored", i)
		}
	}
	if c := t.Cells; c != nil && (c.W < 1 || c.H < 1 || len(c.Data) != c.W*c.H*t.Frames) {
		return fmt.Errorf("%d bytes are not %d frames of %dx%d cells", len(c.Data), t.Frames, c.W, c.H)
	}
	return nil
}

// kind is what is true of a frame.
type kind byte

const (
	still kind = iota
	moving
	ignored
	both // a contradiction
)

// kinds returns what is true of each frame.
func (t *Truth) kinds() []kind {
	k := make([]kind, t.Frames)
	for _, s := range t.Visits {
		for i := s.From; i <= s.To; i++ {
			k[i] = moving
		}
	}
	for _, s := range t.Ignore {
		for i := s.From; i <= s.To; i++ {
			if k[i] == moving {
				k[i] = both
			} else {
				k[i] = ignored
			}
		}
	}
	return k
}

// FromCells derives visits from cells: a frame moves from least moving cells on, is still without any, and is
// ignored in between or where all of its cells are to be. Frames that are ignored between two moving ones
// belong to the visit when they last less than a second.
func FromCells(c *Cells, fps float64, least int) Truth {
	t := Truth{Frames: c.Frames(), FPS: fps, Cells: c}
	k := make([]kind, t.Frames)
	for i := range k {
		n, judged := 0, false
		for _, v := range c.Frame(i) {
			if v == Moving {
				n++
			}
			judged = judged || v != Ignored
		}
		switch {
		case n >= least:
			k[i] = moving
		case n > 0 || !judged:
			k[i] = ignored
		}
	}
	short := t.frames(time.Second)
	for _, s := range runs(k, ignored) {
		if s.From > 0 && s.To < len(k)-1 && k[s.From-1] == moving && k[s.To+1] == moving && s.Frames() < short {
			for i := s.From; i <= s.To; i++ {
				k[i] = moving
			}
		}
	}
	t.Visits, t.Ignore = runs(k, moving), runs(k, ignored)
	return t
}

// runs returns the longest runs of one value.
func runs[T comparable](all []T, of T) (spans []Span) {
	for i, v := range all {
		switch n := len(spans); {
		case v != of:
		case n > 0 && spans[n-1].To == i-1:
			spans[n-1].To = i
		default:
			spans = append(spans, Span{i, i})
		}
	}
	return spans
}
