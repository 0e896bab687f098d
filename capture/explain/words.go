package explain

import (
	"fmt"
	"math"

	"signet/capture/motion"
)

// maxWords is how many regions are described.
const maxWords = 4

// words says what a picture cannot show.
func words(e *motion.Explanation) (lines []string) {
	switch {
	case e.Learning:
		return []string{"The model is settling"}
	case e.SceneChange:
		return []string{"Scene change:", "the model starts again"}
	case e.Waiting:
		return []string{"Nearly all is different:", "it waits to see why"}
	}
	if math.Hypot(e.ShiftX, e.ShiftY) >= 0.1 {
		lines = append(lines, fmt.Sprintf("Shaken by %.1f, %.1f pixels", e.ShiftX, e.ShiftY))
	}
	for i := range e.Outlines[:min(len(e.Outlines), maxWords)] {
		o := &e.Outlines[i]
		lines = append(lines, fmt.Sprintf("%d cells, score %.2f %s", o.Cells, o.Score, o.Zone))
	}
	return lines
}

// stage is the colour of how far a cell came.
func stage(s motion.Stage) rgb {
	for _, c := range [...]struct {
		stage motion.Stage
		color rgb
	}{
		{motion.Confirmed, sure},
		{motion.Found, unsure},
		{motion.Unwatched, outside},
		{motion.Voted, voted},
		{motion.Differs, alone},
		{motion.Blinks, blinks},
	} {
		if s&c.stage != 0 {
			return c.color
		}
	}
	return still
}

// grey is a brightness of 0 to 255.
func grey(v int) rgb {
	v = min(max(v, 0), 255)
	return rgb(v<<16 | v<<8 | v)
}

// signed is red for what is positive and blue for what is negative; full at 255.
func signed(v int) rgb {
	if v < 0 {
		v = min(-v, 255)
		return rgb(v/4<<16 | v/2<<8 | v)
	}
	v = min(v, 255)
	return rgb(v<<16 | v/3<<8 | v/6)
}
