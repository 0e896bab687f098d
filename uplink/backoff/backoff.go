// Package backoff says how long a camera waits before it tries its cloud again.
//
// Its one invariant: a million cameras that lost the same cloud, or got their power back, at the same moment do not
// come back at the same moment. Every delay is drawn anew from a window ("full jitter", Brooker, "Exponential
// Backoff and Jitter", AWS 2015), the one before the first connection and the one before the first retry included. The
// window doubles with every failure, and begins at a floor, so that not even the luckiest camera knocks more often.
//
//	var b backoff.Backoff
//	for {
//		if err := b.Wait(ctx); err != nil { return err }
//		began := time.Now()
//		err := connection(ctx) // on a refusal: b.AtLeast(retryAfter), b.Spread(hint)
//		b.Lasted(time.Since(began))
//	}
package backoff

import (
	"context"
	"math/rand/v2"
	"time"

	"signet/internal/wait"
)

const (
	Floor  = 1100 * time.Millisecond // no delay is shorter
	First  = 2 * time.Second         // width of the first window, above Floor
	Cap    = 5 * time.Minute         // no window is wider, but where the cloud asks for it
	Stable = time.Minute             // a connection that lasts this long starts anew at First
	MaxAsk = time.Hour               // what the cloud may ask for, so that a mistake of its cannot silence a camera
)

// Backoff is the delays of one peer. The zero Backoff is ready. It is not for concurrent use.
type Backoff struct {
	Rand func(time.Duration) time.Duration // draws from [0, n); nil: math/rand/v2

	failures int
	atLeast  time.Duration
	spread   time.Duration
}

// Next returns the next delay, and takes it for granted that it is waited.
func (b *Backoff) Next() time.Duration {
	draw := b.Rand
	if draw == nil {
		draw = rand.N[time.Duration]
	}
	window := max(min(Cap, First<<min(b.failures, 16)), b.spread)
	delay := max(Floor, b.atLeast) + draw(window)
	b.failures++
	b.atLeast, b.spread = 0, 0
	return delay
}

// AtLeast makes the next delay no shorter than d, as an HTTP Retry-After asks. It is jittered above d, since
// others were told the same.
func (b *Backoff) AtLeast(d time.Duration) { b.atLeast = min(max(b.atLeast, d), MaxAsk) }

// Spread makes the window of the next delay at least d wide, as a cloud asks that comes back from an outage.
func (b *Backoff) Spread(d time.Duration) { b.spread = min(max(b.spread, d), MaxAsk) }

// Lasted notes how long a connection held. One shorter than Stable counts as a failure: a cloud that accepts and
// then falls over is not to be hurried.
func (b *Backoff) Lasted(d time.Duration) {
	if d >= Stable {
		b.failures = 0
	}
}

// Wait waits for Next, or until ctx ends, and returns ctx.Err().
func (b *Backoff) Wait(ctx context.Context) error { return wait.For(ctx, b.Next()) }
