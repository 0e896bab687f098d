package pace

import (
	"time"

	"signet/capture"
)

// Interval is the time from one frame to the next, of fps frames a second.
func Interval(fps float64) time.Duration { return time.Duration(float64(time.Second) / fps) }

// Thinner leaves frames out of a camera that is faster than asked. The zero Thinner leaves out none.
type Thinner struct {
	Interval time.Duration
	due      capture.Mono // when the next frame is wanted
}

// Wanted says whether a frame of the moment is to be delivered, one for each interval, and how many before it would have
// been had they come.
func (t *Thinner) Wanted(at capture.Mono) (ok bool, missed uint64) {
	if t.Interval == 0 {
		return true, 0
	}
	if at < t.due {
		return false, 0
	}
	if t.due != 0 {
		missed = uint64(at.Sub(t.due) / t.Interval)
	}
	if t.due = t.due.Add(t.Interval); t.due < at {
		t.due = at.Add(t.Interval - t.Interval/8) // the camera's frames need not fall on our beat
	}
	return true, missed
}
