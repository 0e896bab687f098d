// Package limit bounds how much each of many takes: requests an address, bytes a camera.
package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Keyed is a token bucket for each key. It may be used concurrently.
type Keyed[K comparable] struct {
	rate  rate.Limit
	burst int
	max   int

	mu sync.Mutex
	m  map[K]*rate.Limiter
}

// New returns buckets of burst tokens that fill at rate a second. At most max keys are remembered; when there are
// more, those whose bucket is full are forgotten, and if none is, all.
func New[K comparable](r rate.Limit, burst, max int) *Keyed[K] {
	return &Keyed[K]{rate: r, burst: burst, max: max, m: map[K]*rate.Limiter{}}
}

// Take takes n tokens of a key's bucket, or says how long to wait for them. What is larger than the bucket takes all
// of it.
func (k *Keyed[K]) Take(key K, n int) (wait time.Duration, ok bool) {
	now := time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.m[key]
	if l == nil {
		if len(k.m) >= k.max {
			k.forget(now)
		}
		l = rate.NewLimiter(k.rate, k.burst)
		k.m[key] = l
	}
	r := l.ReserveN(now, min(n, k.burst))
	if d := r.DelayFrom(now); d > 0 {
		r.CancelAt(now)
		return d, false
	}
	return 0, true
}

func (k *Keyed[K]) forget(now time.Time) {
	for key, l := range k.m {
		if l.TokensAt(now) >= float64(k.burst) {
			delete(k.m, key)
		}
	}
	if len(k.m) >= k.max {
		clear(k.m)
	}
}
