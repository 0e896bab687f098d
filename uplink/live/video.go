package live

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"signet/capture"
)

// Bounds of what waits for one viewer. More means that the way to the viewer does not carry the stream: then the
// viewer goes on at the next key frame.
const (
	maxUnits     = 64
	maxUnitBytes = 4 << 20
)

// videoFresh is how long after its last access unit a source counts as one that has H.264.
const videoFresh = 10 * time.Second

// unit is one H.264 access unit in Annex B, shared by all viewers. Nobody writes to it.
type unit struct {
	data []byte
	mono capture.Mono
	key  bool
}

// video carries H.264 access units from the camera's goroutine to the viewers.
type video struct {
	last     atomic.Int64 // unix nanoseconds of the last access unit; 0: none yet
	watching atomic.Int32

	mu       sync.Mutex
	watchers map[*unitQueue]bool
}

func newVideo() *video { return &video{watchers: map[*unitQueue]bool{}} }

// there says whether the source has H.264 now.
func (v *video) there() bool {
	last := v.last.Load()
	return last != 0 && time.Since(time.Unix(0, last)) < videoFresh
}

// offer takes an access unit. A viewer can begin at a key frame, since each has its parameter sets.
func (v *video) offer(f *capture.Frame) {
	v.last.Store(time.Now().UnixNano())
	if v.watching.Load() == 0 {
		return
	}
	u := unit{bytes.Clone(f.Data), f.Mono, f.Key}
	v.mu.Lock()
	defer v.mu.Unlock()
	for q := range v.watchers {
		q.push(u)
	}
}

// watch returns a queue of access units from the next key frame on, and a function that ends it.
func (v *video) watch() (*unitQueue, func()) {
	q := &unitQueue{wake: make(chan struct{}, 1), waiting: true}
	v.mu.Lock()
	v.watchers[q] = true
	v.mu.Unlock()
	v.watching.Add(1)
	return q, func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.watchers[q] {
			delete(v.watchers, q)
			v.watching.Add(-1)
		}
	}
}

// unitQueue holds what one viewer was not sent yet. When it is full it lets go of all and waits for a key frame.
type unitQueue struct {
	wake chan struct{} // of one

	mu      sync.Mutex
	units   []unit
	bytes   int
	waiting bool // for a key frame
	dropped int
}

func (q *unitQueue) push(u unit) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting && !u.key {
		q.dropped++
		return
	}
	q.waiting = false
	if len(q.units) == maxUnits || q.bytes+len(u.data) > maxUnitBytes {
		q.dropped += len(q.units)
		q.units, q.bytes = nil, 0
		if !u.key {
			q.waiting = true
			q.dropped++
			return
		}
	}
	q.units = append(q.units, u)
	q.bytes += len(u.data)
	notify(q.wake)
}

// take returns what has come, in order.
func (q *unitQueue) take() []unit {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.units
	q.units, q.bytes = nil, 0
	return out
}
