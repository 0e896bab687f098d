package session

import (
	"math/bits"
	"time"

	"signet/internal/hint"
)

// Stats is the session's state, and what happened to it since New.
type Stats struct {
	Connected bool
	Since     time.Time // when Connected last changed
	LastError string    // why the last connection failed or ended; "" after one came up
	Hint      string    // what helps against LastError, or ""
	InFlight  int       // records without a receipt

	Connects uint64 // connections that came up
	Sent     uint64 // records
	Resent   uint64 // of them, again on the same connection
	Bound    uint64 // records that a receipt came for
	Refused  uint64 // records that the cloud refused

	BadReceipts     uint64 // not a receipt, or not signed by a cloud of the fleet
	ForeignReceipts uint64 // of other devices
	Unasked         uint64 // ranges and refusals of receipts that name nothing that is under way
	Dropped         uint64 // receipts, grants and policies that came faster than they were handled
	LiveDropped     uint64 // viewers' requests, likewise or above their rate
	Garbage         uint64 // messages on topics that were not subscribed to
}

// Stats returns a snapshot. It may be called concurrently.
func (s *Session) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Connected reports whether there is a connection to the cloud. It may be called concurrently.
func (s *Session) Connected() bool { return s.Stats().Connected }

// count changes the stats.
func (s *Session) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

// strange counts something that a true cloud does not do, and logs it at the first, second, fourth, … time.
func (s *Session) strange(counter func(*Stats) *uint64, what string, args ...any) {
	var n uint64
	s.count(func(st *Stats) {
		p := counter(st)
		*p++
		n = *p
	})
	if bits.OnesCount64(n) == 1 {
		s.cfg.Log.Warn("uplink: "+what, append(args, "times", n)...)
	}
}

func (s *Session) setConnected(up bool, err error) {
	changed := false
	s.count(func(st *Stats) {
		if changed = st.Connected != up; changed {
			st.Connected, st.Since = up, time.Now()
		}
		if up {
			st.Connects++
		} else {
			st.InFlight = 0
		}
		st.LastError, st.Hint = "", ""
		if err != nil {
			st.LastError = err.Error()
			st.Hint = hint.Own(err)
		}
	})
	if changed && s.cfg.OnConnected != nil {
		s.cfg.OnConnected(up)
	}
}
