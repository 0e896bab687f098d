package session

import (
	"math/rand/v2"
	"time"
)

const (
	stable     = 60 * time.Second // a connection that held this long was a good one
	pauseFloor = 1100 * time.Millisecond
	pauseFirst = 2 * time.Second
	pauseCap   = 5 * time.Minute
)

// pauses is how long to wait between connections: full jitter, doubling.
type pauses struct{ n int }

func newPauses() *pauses { return &pauses{} }

func (p *pauses) reset() { p.n = 0 }

func (p *pauses) next(spread time.Duration) time.Duration {
	top := min(pauseCap, pauseFirst<<min(p.n, 16))
	p.n++
	top = max(top, spread)
	return pauseFloor + rand.N(top)
}
