package daemon

import (
	"math/rand/v2"
	"time"
)

// Pauses between attempts to open a camera. Each is drawn from the upper half of a window, which doubles, and ends early
// when a device appears. A camera that gives pictures for a moment only, again and again, rests besides.
const (
	firstPause  = 500 * time.Millisecond
	longest     = 30 * time.Second
	goodEnough  = 5 * time.Second // a camera that gave pictures this long needs no rest
	longestRest = 8 * time.Second // an owner who plugs it in once more waits no longer
)

// pauses says how long a camera is left alone. The zero value is that of the start.
type pauses struct {
	window time.Duration
	flaps  int // in a row
}

// worked is told that a camera gave pictures, and for how long until it failed. It returns for how long it is not to be
// opened whatever appears: nothing for the first time, then ever longer.
func (p *pauses) worked(d time.Duration) (rest time.Duration) {
	p.window = 0
	if d >= goodEnough {
		p.flaps = 0
		return 0
	}
	p.flaps++
	if p.flaps == 1 {
		return 0
	}
	return min(firstPause<<min(p.flaps-2, 10), longestRest)
}

// next returns the next pause.
func (p *pauses) next() time.Duration {
	p.window = min(max(2*p.window, firstPause), longest)
	return p.window/2 + rand.N(p.window/2)
}

// came is told that a device appeared: it may need a moment until it can be opened.
func (p *pauses) came() { p.window = 0 }
