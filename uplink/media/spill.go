package media

import (
	"context"
	"errors"
	"time"
)

// diskRetry is how long flash is left alone after it took a part not.
const diskRetry = 30 * time.Second

// Why spillOne wrote nothing.
var (
	errNoneLeft = errors.New("no part must go to flash")
	errNoRoom   = errors.New("the parts on flash are as many as there may be")
)

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
		for ctx.Err() == nil && q.spillOne() == nil {
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

// spillAll writes what is in memory to flash, and says what cannot be kept. Run has ended. It may be
// called concurrently: what another call is writing is not lost.
func (q *Queue) spillAll() {
	var err error
	for err == nil {
		err = q.spillOne()
	}
	q.tell()
	if !errors.Is(err, errNoneLeft) {
		q.cfg.Log.Error("media: parts that flash did not take are lost", "bytes", q.Stats().RAM, "err", err)
	}
}

// spillOne writes the part that would be sent last to flash. The error is errNoneLeft when none must go there.
func (q *Queue) spillOne() error {
	q.mu.Lock()
	var p *part
	if q.behind() {
		for _, o := range q.parts {
			if o.data != nil && !o.busy && (p == nil || p.before(o)) {
				p = o
			}
		}
	}
	if p == nil {
		q.mu.Unlock()
		return errNoneLeft
	}
	if q.cfg.Dir == "" {
		q.mu.Unlock()
		return errNoDisk
	}
	p.busy = true
	for q.flash+p.size > q.cfg.MaxDisk && q.giveUp(func(o *part) bool { return o.data == nil }) {
	}
	room := q.flash+p.size <= q.cfg.MaxDisk
	q.mu.Unlock()

	err := errNoRoom
	if room {
		err = q.disk.store(p)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	p.busy = false
	poke(q.wake)
	switch {
	case err == nil:
		q.failing = false
		p.data = nil
		q.ram -= p.size
		q.flash += p.size
		q.stats.Spilled += uint64(p.size)
	case room:
		q.diskFailed(err)
	}
	if p.never {
		q.refuse(p)
	}
	return err
}

// diskFailed logs the first of a row of failures. mu must be held.
func (q *Queue) diskFailed(err error) {
	if !q.failing {
		q.cfg.Log.Error("media: flash takes no parts, they stay in memory", "err", err)
	}
	q.failing = true
}
