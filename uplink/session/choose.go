package session

import (
	"context"
	"slices"
	"time"

	"signet/certs"
	"signet/uplink/spool"
)

// firsts is the pending records that others build on, ascending: the cloud sets aside for good what comes before them.
type firsts struct {
	pos     []spool.Position
	claim   spool.Position // the newest claimed record
	scanned spool.Position // up to here the spool was looked through

	epoch uint64         // the newest
	began spool.Position // its first record that was seen
}

// saw takes in a record's epoch.
func (f *firsts) saw(p spool.Position, epoch uint64) {
	if epoch > f.epoch {
		f.epoch, f.began = epoch, p
	}
}

// barrier returns where nothing is to be sent, from there on, before the record at p is answered, or the zero position. Before
// a claim nothing of its epoch; but what was sealed for an earlier owner goes on, since a claim may wait for a day.
func (f *firsts) barrier(p spool.Position, kind body) spool.Position {
	switch {
	case kind.Type == certs.Claimed && kind.Epoch == f.epoch && f.began.Compare(p) < 0:
		return f.began
	case kind.Type == certs.Claimed || kind.Type == certs.Closed:
		return p
	}
	return spool.Position{}
}

// scan looks through what was appended since the last scan. It reads all of the backlog once, in the first one.
func (f *firsts) scan(ctx context.Context, s *spool.Spool) {
	f.pos = slices.DeleteFunc(f.pos, func(p spool.Position) bool { return !pending(s, p) })
	last := s.Last()
	for ctx.Err() == nil {
		items := s.Pending(f.scanned, 64)
		for _, it := range items {
			f.scanned = it.Position
			if it.Compare(last) > 0 {
				return
			}
			e, err := s.Read(it.Position)
			if err != nil {
				continue // gone meanwhile, or damaged and now a gap
			}
			kind := kindOf(e.Record)
			f.saw(it.Position, kind.Epoch)
			if kind.Type == certs.Claimed {
				f.claim = it.Position
			}
			if goesFirst(kind.Type) {
				f.pos = append(f.pos, it.Position)
			}
		}
		if len(items) == 0 {
			return
		}
	}
}

func pending(s *spool.Spool, p spool.Position) bool {
	before := spool.Position{Boot: p.Boot, N: p.N - 1}
	items := s.Pending(before, 1)
	return len(items) == 1 && items[0].Position == p
}

func goesFirst(t certs.RecordType) bool {
	return t == certs.Claimed || t == certs.Online || t == certs.Closed
}

// recents remembers where the records of the last minute begin. The spool does not know times.
type recents struct {
	last  spool.Position // the newest that was seen
	notes []note
}

type note struct {
	at     time.Time
	before spool.Position // the newest record before this time
}

// note takes in that the newest record is last.
func (r *recents) note(now time.Time, last spool.Position) {
	if last == r.last {
		return
	}
	if n := len(r.notes); n == 0 || now.Sub(r.notes[n-1].at) > recent/16 {
		r.notes = append(r.notes, note{now, r.last})
	}
	r.last = last
	r.trim(now)
}

func (r *recents) trim(now time.Time) {
	r.notes = slices.DeleteFunc(r.notes, func(n note) bool { return now.Sub(n.at) > recent })
}

// mark returns the position after which records are live.
func (r *recents) mark(now time.Time) spool.Position {
	r.trim(now)
	if len(r.notes) > 0 {
		return r.notes[0].before
	}
	return r.last
}

// chooser says which record is sent next, of those that were not sent on this connection.
type chooser struct {
	s     *Session
	first []spool.Position // still to be sent
	mark  spool.Position   // what is after it is live
	live  spool.Position   // the last live record that was sent
	back  spool.Position   // the last of the backlog that was sent
}

func newChooser(s *Session, now time.Time) *chooser {
	mark := s.recents.mark(now)
	first := slices.Clone(s.first.pos)
	if i := slices.Index(first, s.first.claim); i > 0 && s.forgotten.ended > 0 {
		first = slices.Insert(slices.Delete(first, i, i+1), 0, s.first.claim)
	}
	return &chooser{s: s, first: first, mark: mark, live: mark}
}

// next returns the next record that may be sent now. When only the token bucket forbids it, later says how long it does.
func (c *chooser) next(now time.Time, w flights) (p spool.Position, backlog, ok bool, later time.Duration) {
	sp := c.s.cfg.Spool
	if len(w) >= window {
		return p, false, false, 0
	}
	barrier := w.barrier()
	if len(c.first) > 0 && before(c.first[0], barrier) {
		p, c.first = c.first[0], c.first[1:]
		return p, false, true, 0
	}
	if len(c.first) == 0 {
		if p, ok := after(sp, &c.live, barrier, w); ok {
			return p, false, true, 0
		}
	}
	if w.backlog() >= backlogPart {
		return p, false, false, 0
	}
	was := c.back
	p, ok = after(sp, &c.back, barrier, w)
	if !ok || p.Compare(c.mark) > 0 {
		c.back = was
		return p, false, false, 0
	}
	r := c.s.backlog.ReserveN(now, 1)
	if later = r.DelayFrom(now); later > 0 {
		r.CancelAt(now)
		c.back = was
		return p, false, false, later
	}
	return p, true, true, 0
}

// before says whether a position is before a barrier, which may be none.
func before(p, barrier spool.Position) bool {
	return barrier == (spool.Position{}) || p.Compare(barrier) < 0
}

// after returns the first pending record after *p that is not under way and is before the barrier, and moves *p to it.
func after(s *spool.Spool, p *spool.Position, barrier spool.Position, w flights) (spool.Position, bool) {
	for _, it := range s.Pending(*p, window+1) {
		if !before(it.Position, barrier) {
			break
		}
		if w.find(it.Position) == nil {
			*p = it.Position
			return it.Position, true
		}
	}
	return spool.Position{}, false
}
