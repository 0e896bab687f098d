package media

import (
	"time"

	"signet/uplink/backoff"
)

// pause keeps all uploads back after a failure that is not one part's.
type pause struct {
	until  time.Time
	wait   backoff.Backoff
	wanted bool // the cloud asked for it
}

// failed begins a pause, not shorter than what the cloud asked for, and returns its length.
func (p *pause) failed(now time.Time, asked time.Duration) time.Duration {
	p.wait.AtLeast(asked)
	d := p.wait.Next()
	p.until, p.wanted = now.Add(d), asked > 0
	return d
}

func (p *pause) succeeded() { *p = pause{} }

// networkIsBack ends a pause that no cloud asked for.
func (p *pause) networkIsBack() {
	if !p.wanted {
		*p = pause{}
	}
}
