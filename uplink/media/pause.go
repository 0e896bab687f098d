package media

import (
	"math/rand/v2"
	"time"
)

// pause keeps all uploads back after a failure that is not one part's.
type pause struct {
	until  time.Time
	n      int
	wanted bool // the cloud asked for it
}

const (
	pauseFloor = 1100 * time.Millisecond
	pauseFirst = 2 * time.Second
	pauseCap   = 5 * time.Minute
)

// failed begins a pause: full jitter, doubling, not below what the cloud asked for.
func (p *pause) failed(now time.Time, asked time.Duration) time.Duration {
	d := max(grow(p.n), asked+rand.N(asked/8+1))
	p.n++
	p.wanted = asked > 0
	p.until = now.Add(d)
	return d
}

func (p *pause) succeeded() { *p = pause{} }

// networkIsBack ends a pause that no cloud asked for.
func (p *pause) networkIsBack() {
	if !p.wanted {
		*p = pause{}
	}
}

// grow is how long to wait after n failures.
func grow(n int) time.Duration {
	return pauseFloor + rand.N(min(pauseCap, pauseFirst<<min(n, 16)))
}
