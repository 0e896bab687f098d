// Package limit bounds how much each of many takes: requests an address, bytes a camera.
package limit

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Keyed is a token bucket for each key. It may be used concurrently.
type Keyed[K comparable] struct {
	rate  rate.Limit
	burst float64
	max   int

	mu sync.Mutex
	m  map[K]*bucket
}

// bucket held tokens at a time.
type bucket struct {
	tokens float64
	at     time.Time
}

// New returns buckets of burst tokens that fill at rate a second. At most max keys are remembered; when there are
// more, those whose bucket is full are forgotten, and if none is, any one.
func New[K comparable](r rate.Limit, burst, max int) *Keyed[K] {
	return &Keyed[K]{rate: r, burst: float64(burst), max: max, m: map[K]*bucket{}}
}

// Take takes n tokens of a key's bucket, or says how long to wait for them. What is larger than the bucket takes all
// of it.
func (k *Keyed[K]) Take(key K, n int) (wait time.Duration, ok bool) {
	now := time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.m[key]
	if b == nil {
		if len(k.m) >= k.max {
			k.forget(now)
		}
		b = &bucket{k.burst, now}
		k.m[key] = b
	}
	k.fill(b, now)
	want := min(float64(n), k.burst)
	if b.tokens < want {
		return time.Duration(math.Ceil((want - b.tokens) / float64(k.rate) * float64(time.Second))), false
	}
	b.tokens -= want
	return 0, true
}

// Give gives back n tokens that were taken and not used.
func (k *Keyed[K]) Give(key K, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b := k.m[key]; b != nil {
		b.tokens = min(b.tokens+float64(n), k.burst)
	}
}

func (k *Keyed[K]) fill(b *bucket, now time.Time) {
	b.tokens = min(b.tokens+now.Sub(b.at).Seconds()*float64(k.rate), k.burst)
	b.at = now
}

// forget makes room for one key. Whoever brings many keys must not free others of what they owe: so never all.
func (k *Keyed[K]) forget(now time.Time) {
	for key, b := range k.m {
		if k.fill(b, now); b.tokens >= k.burst {
			delete(k.m, key)
		}
	}
	for key := range k.m {
		if len(k.m) < k.max {
			return
		}
		delete(k.m, key)
	}
}
