package clip

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"signet/test/benchmotion/score"
)

// known is the truth of recordings that say it in prose only.
var known = map[string]struct {
	frames int
	truth  string
}{
	"onebyone": {1394, "fps 10\nmoving 60-203\nmoving 227-452\nmoving 502-704\nmoving 745-873\nmoving 921-1206\nmoving 1234-1366\n"},
	"highway":  {700, "fps 30\nignore 0-69\n"},
}

// maxTruth bounds a .truth file, in bytes.
const maxTruth = 1 << 20

// said is what a .truth file says.
type said struct {
	fps            float64
	moving, ignore []score.Span
}

// parse reads a .truth file.
func parse(text []byte) (s said, err error) {
	if len(text) > maxTruth {
		return s, fmt.Errorf("more than %d bytes", maxTruth)
	}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		body, _, _ := strings.Cut(string(line), "#")
		word := strings.Fields(body)
		if len(word) == 0 {
			continue
		}
		switch {
		case len(word) == 2 && word[0] == "fps" && s.fps == 0:
			s.fps, err = strconv.ParseFloat(word[1], 64)
			if err == nil && !(s.fps >= 0.1 && s.fps <= 1000) {
				err = errors.New("not within 0.1 to 1000")
			}
		case len(word) == 2 && word[0] == "moving":
			s.moving, err = span(s.moving, word[1])
		case len(word) == 2 && word[0] == "ignore":
			s.ignore, err = span(s.ignore, word[1])
		default:
			err = errors.New("neither fps N, once, nor moving A-B, nor ignore A-B")
		}
		if err != nil {
			return s, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if s.fps == 0 {
		return s, errors.New("no fps")
	}
	return s, nil
}

func span(list []score.Span, text string) ([]score.Span, error) {
	a, b, ok := strings.Cut(text, "-")
	from, err1 := strconv.ParseUint(a, 10, 31)
	to, err2 := strconv.ParseUint(b, 10, 31)
	if err := errors.Join(err1, err2); err != nil || !ok {
		return nil, fmt.Errorf("%q is not FROM-TO", text)
	}
	return append(list, score.Span{From: int(from), To: int(to)}), nil
}

// truth joins what a text says with cells, which may be nil.
func (s said) truth(frames int, cells *score.Cells) (score.Truth, error) {
	t := score.Truth{Frames: frames, FPS: s.fps, Visits: s.moving, Ignore: s.ignore, Cells: cells}
	if err := t.Validate(); err != nil || cells == nil {
		return t, err
	}
	for _, g := range s.ignore {
		for i := g.From; i <= g.To; i++ {
			f := cells.Frame(i)
			for j := range f {
				f[j] = score.Ignored
			}
		}
	}
	if len(s.moving) == 0 {
		t = score.FromCells(cells, s.fps, leastMove)
	}
	return t, t.Validate()
}

// frames returns how many frames last that long.
func frames(d time.Duration, fps float64) int { return int(d.Seconds()*fps + 0.5) }
