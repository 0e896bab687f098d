package media

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"signet/internal/hint"
)

// Run uploads until ctx ends, writes what is still in memory to flash, and returns ctx.Err().
func (q *Queue) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { q.spiller(ctx) })
	wg.Go(func() { q.scribe(ctx) })
	q.uploader(ctx)
	wg.Wait()
	q.client.CloseIdle()
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	q.spillAll()
	q.writeJournal(true)
	return ctx.Err()
}

// uploader sends part after part.
func (q *Queue) uploader(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		q.tell()
		p, bound, wait := q.next(time.Now())
		if p != nil {
			q.upload(ctx, p, bound)
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
	}
}

// next returns the part to be sent now and marks it as busy, or says how long there is none. bound is whether the part's
// record has its receipt, which may come at any time.
func (q *Queue) next(now time.Time) (best *part, bound bool, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if d := q.pause.until.Sub(now); d > 0 {
		return nil, false, d
	}
	wait = time.Hour
	for _, p := range q.parts {
		if p.busy {
			continue
		}
		switch after := q.earliest(p, now); {
		case after.After(now):
			wait = min(wait, after.Sub(now))
		case best == nil || p.before(best):
			best = p
		}
	}
	if best == nil {
		return nil, false, wait
	}
	best.busy = true
	return best, best.bound, 0
}

// earliest says when p may be sent if no receipt for its record comes before. A part of this run has its receipt soon; one
// that an earlier run left had it then, unless its record is still pending. mu must be held.
func (q *Queue) earliest(p *part, now time.Time) time.Time {
	after := p.after
	if p.bound {
		return after
	}
	if ask := p.added.Add(askAfter); p.group > 0 && ask.After(after) {
		after = ask
	}
	if !after.After(now) && q.cfg.Pending != nil && q.cfg.Pending(p.pos) {
		after = now.Add(askAfter) // to look again: the spool may drop it
	}
	return after
}

// before says whether p is sent before o.
func (p *part) before(o *part) bool {
	if p.group != o.group {
		return p.group > o.group
	}
	return p.pos.Less(o.pos)
}

// upload sends a busy part once, and decides what becomes of it.
func (q *Queue) upload(ctx context.Context, p *part, bound bool) {
	data := p.data
	if data == nil {
		var err error
		if data, err = q.disk.load(p); err != nil {
			q.mu.Lock()
			defer q.mu.Unlock()
			p.busy = false
			q.stats.Damaged++
			q.drop(p, err.Error())
			return
		}
	}
	var a answer
	var err error
	began := time.Now()
	if !bound { // nothing is known of its record: left by an earlier run, or no receipt for long
		a, err = q.ask(ctx, p.hash)
	}
	if err == nil && (a.status == 0 || a.status == http.StatusNotFound) {
		began = time.Now()
		a, err = q.put(ctx, p.hash, data)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	q.decide(p, a, err, began)
}

// decide takes in an answer.
func (q *Queue) decide(p *part, a answer, err error, began time.Time) {
	now := time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	p.busy = false
	switch {
	case p.never:
		q.refuse(p)
	case errors.Is(err, context.Canceled):
	case err != nil:
		q.failed(now, q.explain(err), 0)
	case a.status == http.StatusCreated:
		q.measure(p.size, now.Sub(began))
		fallthrough
	case a.status == http.StatusOK, a.status == http.StatusNoContent:
		q.remove(p)
		q.over(p.pos)
		q.stats.Uploaded++
		q.stats.Bytes += uint64(p.size)
		q.stats.LastError, q.stats.Hint = "", ""
		q.pause.succeeded()
	case a.status == http.StatusForbidden:
		if q.postpone(p, now); p.forbiddenLong(now) {
			q.drop(p, "the cloud forbids it")
		}
	case a.status == http.StatusBadRequest:
		// It had its hash here, so it was changed on the way, or there.
		if q.postpone(p, now); p.tries > 5 {
			q.drop(p, "the cloud finds another hash")
		}
	case a.status == http.StatusRequestEntityTooLarge:
		q.drop(p, "too large for the cloud")
	case a.status == http.StatusInsufficientStorage:
		q.failed(now, q.refusal(a.status), max(a.after, 30*time.Second))
	default:
		q.failed(now, q.refusal(a.status), a.after)
	}
}

// postpone lets one part wait. mu must be held.
func (q *Queue) postpone(p *part, now time.Time) {
	p.after = now.Add(p.wait.Next())
	p.tries++
}

// forbiddenLong takes in a 403 and says whether there is an end to it.
func (p *part) forbiddenLong(now time.Time) bool {
	if p.forbids++; p.forbids == 1 {
		p.forbidden = now
	}
	return p.forbids > maxForbidden && now.Sub(p.forbidden) >= forbiddenFor
}

// failed lets all of them wait. mu must be held.
func (q *Queue) failed(now time.Time, err error, asked time.Duration) {
	d := q.pause.failed(now, asked)
	help := hint.Own(err)
	if err.Error() != q.stats.LastError {
		q.cfg.Log.Warn("media: upload failed", "err", err, "retry", d.Round(100*time.Millisecond), "hint", help)
	}
	q.stats.LastError, q.stats.Hint = err.Error(), help
}

// measure takes in how fast a part went. Small ones say more about latency. mu must be held.
func (q *Queue) measure(size int64, d time.Duration) {
	if size < 32<<10 || d <= 0 {
		return
	}
	r := float64(size) / d.Seconds()
	if q.rate == 0 {
		q.rate = r
	}
	q.rate += (r - q.rate) / 4
}

// tell reports what was given up.
func (q *Queue) tell() {
	q.mu.Lock()
	gone := q.gone
	q.gone = nil
	q.mu.Unlock()
	for _, pos := range gone {
		if q.cfg.Dropped == nil {
			q.Told(pos)
			continue
		}
		q.cfg.Dropped(pos)
	}
}
