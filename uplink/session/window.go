package session

import (
	"time"

	"signet/certs"
	"signet/uplink/spool"
)

// flight is a record that was sent and has no receipt yet.
type flight struct {
	pos     spool.Position
	backlog bool
	kind    body
	tok     puback        // of the last time that it was sent
	first   time.Time     // when it was written for the first time
	due     time.Time     // when it is sent again; zero while it is being written
	tries   int           // how often it was sent
	waits   int           // how often it was due without a PUBACK
	after   time.Duration // of the last waiting
}

// puback is what is used of a paho token.
type puback interface{ Done() <-chan struct{} }

func acked(t puback) bool {
	select {
	case <-t.Done():
		return true
	default:
		return false
	}
}

// flights is the window: the records under way, in the order in which they were first sent.
type flights []*flight

func (w flights) find(p spool.Position) *flight {
	for _, f := range w {
		if f.pos == p {
			return f
		}
	}
	return nil
}

func (w *flights) remove(p spool.Position) {
	for i, f := range *w {
		if f.pos == p {
			*w = append((*w)[:i:i], (*w)[i+1:]...)
			return
		}
	}
}

// backlog counts the records of the backlog.
func (w flights) backlog() int {
	n := 0
	for _, f := range w {
		if f.backlog {
			n++
		}
	}
	return n
}

// due returns the record that must be sent again first, and when.
func (w flights) due() (first *flight) {
	for _, f := range w {
		if !f.due.IsZero() && (first == nil || f.due.Before(first.due)) {
			first = f
		}
	}
	return first
}

// in returns the records that ranges name.
func (w flights) in(ranges []certs.Range) (out []spool.Position) {
	for _, f := range w {
		for _, r := range ranges {
			if f.pos.Boot == r.Boot && r.From <= f.pos.N && f.pos.N <= r.To {
				out = append(out, f.pos)
				break
			}
		}
	}
	return out
}

// pace says how long a receipt is waited for: twice what receipts took lately, so that a slow cloud is not sent everything
// twice, and doubled with each try of a record.
type pace struct {
	least time.Duration
	mean  time.Duration
}

// took takes in how long a receipt took after its record was first written.
func (p *pace) took(d time.Duration) {
	if p.mean == 0 {
		p.mean = d
	}
	p.mean += (d - p.mean) / 4
}

// after returns the waiting time of a record that was sent tries times.
func (p *pace) after(tries int) time.Duration {
	d := max(p.least, 2*p.mean)
	for range min(tries-1, 16) {
		d *= 2
		if d >= maxReceipt {
			return maxReceipt
		}
	}
	return min(d, maxReceipt)
}
