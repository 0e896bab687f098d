package media

import (
	"context"
	"time"
)

// diskRetry is how long flash is left alone after it took a part not.
const diskRetry = 30 * time.Second

// spiller writes parts to flash while the uplink is behind.
func (q *Queue) spiller(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.spill:
		case <-timer.C:
		}
		for ctx.Err() == nil && q.spillOne() {
		}
		timer.Reset(q.spillAgain())
	}
}

// spillAgain says when to look again without being asked to.
func (q *Queue) spillAgain() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.ram == 0:
		return time.Hour
	case q.behind():
		return diskRetry
	case !q.off.IsZero():
		return max(offGrace-time.Since(q.off), time.Millisecond)
	}
	return time.Hour
}

// spillAll writes what is in memory to flash, and says what cannot be kept. Run has ended.
func (q *Queue) spillAll() {
	for q.spillOne() {
	}
	q.tell()
	q.mu.Lock()
	left := q.ram
	q.mu.Unlock()
	if left > 0 {
		q.cfg.Log.Error("media: parts that flash did not take are lost", "bytes", left)
	}
}

// spillOne writes the part that would be sent last to flash, if one must go there. It reports whether it did.
func (q *Queue) spillOne() bool {
	q.mu.Lock()
	var p *part
	if q.behind() && q.cfg.Dir != "" {
		for _, o := range q.parts {
			if o.data != nil && !o.busy && (p == nil || p.before(o)) {
				p = o
			}
		}
	}
	if p == nil {
		q.mu.Unlock()
		return false
	}
	p.busy = true
	for q.flash+p.size > q.cfg.MaxDisk && q.giveUp(func(o *part) bool { return o.data == nil }) {
	}
	room := q.flash+p.size <= q.cfg.MaxDisk
	q.mu.Unlock()

	var err error
	if room {
		err = q.disk.store(p)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	p.busy = false
	poke(q.wake)
	switch {
	case !room:
		return false
	case err != nil:
		q.diskFailed(err)
		return false
	}
	q.disk.failing = false
	p.data = nil
	q.ram -= p.size
	q.flash += p.size
	q.stats.Spilled += uint64(p.size)
	if p.never {
		q.refuse(p)
	}
	return true
}

// diskFailed logs the first of a row of failures. mu must be held.
func (q *Queue) diskFailed(err error) {
	if !q.disk.failing {
		q.cfg.Log.Error("media: flash takes no parts, they stay in memory", "err", err)
	}
	q.disk.failing = true
}
