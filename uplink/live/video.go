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
	sets     []byte // the newest SPS and PPS, each behind a start code
	watchers map[*unitQueue]bool
}

func newVideo() *video { return &video{watchers: map[*unitQueue]bool{}} }

// there says whether the source has H.264 now.
func (v *video) there() bool {
	last := v.last.Load()
	return last != 0 && time.Since(time.Unix(0, last)) < videoFresh
}

// offer takes an access unit. Parameter sets are kept even while nobody watches: some encoders send them once.
func (v *video) offer(f *capture.Frame) {
	v.last.Store(time.Now().UnixNano())
	watched := v.watching.Load() > 0
	if !watched && !f.Key {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	complete := v.keepSets(f.Data)
	if !watched {
		return
	}
	u := unit{mono: f.Mono, key: f.Key}
	if f.Key && !complete {
		u.data = append(bytes.Clone(v.sets), f.Data...)
	} else {
		u.data = bytes.Clone(f.Data)
	}
	for q := range v.watchers {
		q.push(u)
	}
}

// keepSets remembers the parameter sets of an access unit and says whether it has both.
func (v *video) keepSets(data []byte) bool {
	var sps, pps []byte
	for n := range units(data) {
		switch n[0] & 0x1f { // nal_unit_type, H.264 table 7-1
		case 7:
			sps = n
		case 8:
			pps = n
		case 1, 5: // slices: nothing follows that is looked for
			if sps == nil || pps == nil {
				return false
			}
		}
	}
	if sps == nil || pps == nil {
		return false
	}
	size := 8 + len(sps) + len(pps)
	same := len(v.sets) == size && bytes.Equal(v.sets[4:4+len(sps)], sps) && bytes.Equal(v.sets[8+len(sps):], pps)
	if !same && size <= 4096 {
		sets := append([]byte{0, 0, 0, 1}, sps...)
		sets = append(sets, 0, 0, 0, 1)
		v.sets = append(sets, pps...)
	}
	return true
}

// units yields the NAL units of an Annex B stream, without start codes; none of them is empty.
func units(b []byte) func(yield func([]byte) bool) {
	start := []byte{0, 0, 1}
	return func(yield func([]byte) bool) {
		i := bytes.Index(b, start)
		for i >= 0 {
			b = b[i+3:]
			i = bytes.Index(b, start)
			n := b
			if i >= 0 {
				n = b[:i]
			}
			n = bytes.TrimRight(n, "\x00") // trailing_zero_8bits, or the first zero of the next start code
			if len(n) > 0 && !yield(n) {
				return
			}
		}
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
