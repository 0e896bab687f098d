package session

import (
	"errors"
	"time"
)

const (
	forgottenFor = time.Hour
	maxForgotten = 5 // connections within that time
)

var errForgotten = errors.New("the cloud does not know the camera's claim")

// forgotten is what is known of a cloud that refuses records for want of a claim, as one does that came back from an old
// backup. Its refusals set nothing aside at first: the connection ends, a new claimed record goes first on the next one, and
// everything behind it. What such a cloud refuses after several connections is set aside as any other refused record.
type forgotten struct {
	since time.Time // the first of those connections
	ended int       // how many there were
}

// wantsClaim says whether a claimed record may lift a refusal, by the reason that docs/protocol.md gives it.
func wantsClaim(reason string) bool {
	return reason == "not-claimed" || reason == "unknown-certificate"
}

// patient says whether the connection is to end for such a refusal.
func (f *forgotten) patient(now time.Time) bool {
	return f.ended < maxForgotten || now.Sub(f.since) >= forgottenFor
}

// note takes in that a connection ended for one, and says whether it was the first for long.
func (f *forgotten) note(now time.Time) (first bool) {
	if first = f.ended == 0 || now.Sub(f.since) >= forgottenFor; first {
		*f = forgotten{since: now}
	}
	f.ended++
	return first
}

// forgot takes in why a connection ended.
func (s *Session) forgot(err error) {
	if errors.Is(err, errForgotten) && s.forgotten.note(time.Now()) && s.cfg.OnForgotten != nil {
		s.cfg.OnForgotten()
	}
}
