package v4l2

import (
	"time"

	"signet/capture"
)

// order numbers the frames that are delivered, from 0, so that a jump says how many were lost.
type order struct {
	next    uint64 // number of the next frame
	driver  uint32 // the driver's number of the last one
	started bool   // there was a last one
}

// mostLost bounds what is believed of a driver. One that begins anew, counts nothing or jumps has lost nothing.
const mostLost = 1 << 16

// lost returns how many frames the driver had to drop before the one that it numbers so. Its count may wrap.
func (o *order) lost(number uint32) uint64 {
	n := number - o.driver - 1
	if !o.started || n > mostLost {
		n = 0
	}
	o.driver, o.started = number, true
	return uint64(n)
}

// restarted says that the driver counts from where it likes.
func (o *order) restarted() { o.started = false }

func interval(fps float64) time.Duration { return time.Duration(float64(time.Second) / fps) }

// thinner leaves frames out of a camera that is faster than asked. The zero thinner leaves out none.
type thinner struct {
	interval time.Duration
	due      capture.Mono // when the next frame is wanted
}

// wanted says whether a frame of the moment is to be delivered, one for each interval, and how many before it would have
// been had they come.
func (t *thinner) wanted(at capture.Mono) (ok bool, missed uint64) {
	if t.interval == 0 {
		return true, 0
	}
	if at < t.due {
		return false, 0
	}
	if t.due != 0 {
		missed = uint64(at.Sub(t.due) / t.interval)
	}
	if t.due = t.due.Add(t.interval); t.due < at {
		t.due = at.Add(t.interval - t.interval/8) // the driver's frames need not fall on our beat
	}
	return true, missed
}
