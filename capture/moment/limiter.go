package moment

import (
	"time"

	"signet/capture"
)

// limiter thins a stream of pictures to a number of frames and of bytes a second. It spreads the
// frames evenly, lets short bursts of bytes pass, and always keeps a frame a second.
type limiter struct {
	started bool
	next    capture.Mono // when a frame is due
	kept    capture.Mono // the last one that passed
	seen    capture.Mono // the last one
	gap     time.Duration
	tokens  float64 // bytes that may pass
}

// A picture may be late or early by half the time between pictures, and bytes may run ahead or
// behind by seconds of the rate.
const (
	atLeastEvery = time.Second
	burstSeconds = 2
	debtSeconds  = 1
)

// allow tells whether the picture of size bytes taken at the moment passes.
func (l *limiter) allow(at capture.Mono, size int, fps float64, rate int) bool {
	interval := time.Duration(float64(time.Second) / fps)
	r := float64(rate)
	if !l.started || at <= l.seen || at.Sub(l.seen) > 10*time.Second {
		*l = limiter{started: true, next: at, kept: at.Add(-atLeastEvery), seen: at, tokens: burstSeconds * r}
	} else {
		l.gap = at.Sub(l.seen)
		l.tokens = min(l.tokens+l.gap.Seconds()*r, burstSeconds*r)
		l.seen = at
	}
	slack := min(l.gap, interval) / 2
	if at < l.next.Add(-slack) {
		return false
	}
	if l.tokens < float64(size) && at.Sub(l.kept)+slack < atLeastEvery {
		return false
	}
	l.tokens = max(l.tokens-float64(size), -debtSeconds*r)
	l.kept = at
	l.next = max(l.next, at.Add(-interval)).Add(interval)
	return true
}
