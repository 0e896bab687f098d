package session

import (
	"time"

	"signet/certs"
	"signet/uplink/spool"
)

// hold is a stretch of the spool of which nothing is sent now.
type hold struct {
	from spool.Position
	to   spool.Position // the first that is not in it; zero: it has no end
}

// holds are those of all that is under way.
type holds []hold

// at returns the one with p in it, or nil.
func (h holds) at(p spool.Position) *hold {
	for i := range h {
		if h[i].from.Compare(p) <= 0 && (h[i].to == (spool.Position{}) || p.Compare(h[i].to) < 0) {
			return &h[i]
		}
	}
	return nil
}

// held returns what the records under way hold up.
func (w flights) held(now time.Time, noted time.Duration, known *firsts) (all holds) {
	for _, f := range w {
		if h := known.holdOf(f.pos, f.kind, f.noted(now, noted)); h != nil {
			all = append(all, *h)
		}
	}
	return all
}

// noted is how long an acknowledged claim waits for its receipt before it is taken to be one that the cloud has noted and
// lets wait.
func (s *Session) noted() time.Duration { return 3 * s.cfg.Receipt }

// noted says whether f is such a claim.
func (f *flight) noted(now time.Time, after time.Duration) bool {
	return f.kind.Type == certs.Claimed && !f.first.IsZero() && now.Sub(f.first) >= after &&
		(f.tries > 1 || acked(f.tok)) // only what was acknowledged is sent again
}

// untilNoted returns how long it is until a claim may be taken for noted, and whether one is already. The time is zero where
// there is none to wait for.
func (w flights) untilNoted(now time.Time, after time.Duration) (soonest time.Duration, some bool) {
	for _, f := range w {
		if f.kind.Type != certs.Claimed || f.first.IsZero() {
			continue
		}
		some = some || f.noted(now, after)
		if d := f.first.Add(after).Sub(now); d > 0 && (soonest == 0 || d < soonest) {
			soonest = d
		}
	}
	return soonest, some
}

// wait says whether all that is under way may go without a receipt for long: claims, and what ends an epoch.
func (w flights) wait() bool {
	for _, f := range w {
		if f.kind.Type != certs.Claimed && f.kind.Type != certs.Closed {
			return false
		}
	}
	return true
}
