package session

import (
	"slices"
	"time"

	"signet/uplink/spool"
)

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
	upto  spool.Position   // where first was taken from what the session knows
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
	return &chooser{s: s, first: first, upto: s.first.scanned, mark: mark, live: mark}
}

// more takes in what else was found that goes first.
func (c *chooser) more() {
	for _, p := range c.s.first.pos {
		if c.upto.Compare(p) < 0 {
			c.first = append(c.first, p)
		}
	}
	c.upto = c.s.first.scanned
}

// again takes in that something is held up no longer, which was passed by. What was sent is under way, or not pending.
func (c *chooser) again() { c.live, c.back = c.mark, spool.Position{} }

// next returns the next record that may be sent now. When only the token bucket forbids it, later says how long it does.
func (c *chooser) next(now time.Time, w flights) (p spool.Position, backlog, ok bool, later time.Duration) {
	sp := c.s.cfg.Spool
	if len(w) >= window {
		return p, false, false, 0
	}
	held := w.held(now, c.s.noted(), &c.s.first)
	if p, ok := c.nextFirst(held, w); ok {
		return p, false, true, 0
	}
	if p, ok := after(sp, &c.live, held, w); ok {
		return p, false, true, 0
	}
	if w.backlog() >= backlogPart {
		return p, false, false, 0
	}
	was := c.back
	p, ok = after(sp, &c.back, held, w)
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

// nextFirst takes the next record that others build on.
func (c *chooser) nextFirst(held holds, w flights) (spool.Position, bool) {
	for i := 0; i < len(c.first); {
		p := c.first[i]
		if held.at(p) != nil {
			i++
			continue
		}
		c.first = slices.Delete(c.first, i, i+1)
		if w.find(p) == nil && pending(c.s.cfg.Spool, p) { // else it was sent as a live one
			return p, true
		}
	}
	return spool.Position{}, false
}

// after returns the first pending record after *p that is neither under way nor held up, and moves *p to it.
func after(s *spool.Spool, p *spool.Position, held holds, w flights) (spool.Position, bool) {
	at := *p
	for {
		items := s.Pending(at, window+1)
		if len(items) == 0 {
			return spool.Position{}, false
		}
		for _, it := range items {
			at = it.Position
			if h := held.at(at); h != nil {
				if h.to == (spool.Position{}) {
					return spool.Position{}, false
				}
				at = spool.Position{Boot: h.to.Boot, N: h.to.N - 1}
				break
			}
			if w.find(at) == nil {
				*p = at
				return at, true
			}
		}
	}
}
