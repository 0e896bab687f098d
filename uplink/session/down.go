package session

import (
	"context"
	"strings"

	"golang.org/x/time/rate"
)

// down is the queues of what the cloud says. Where one is full the newest is dropped and counted.
type down struct {
	receipt, grant, policy, live chan []byte
	viewers                      *rate.Limiter
}

// Channels of a device's topic that the cloud sends on.
const (
	chReceipts = "receipts"
	chGrant    = "grant"
	chPolicy   = "policy"
	chLive     = "live"
)

func newDown() down {
	return down{
		receipt: make(chan []byte, window),
		grant:   make(chan []byte, 2),
		policy:  make(chan []byte, 2),
		live:    make(chan []byte, 4),
		viewers: rate.NewLimiter(2, 6), // requests a second: each costs a signature, and perhaps a peer connection
	}
}

// take sorts a message from the broker into its queue. It never blocks. The guard has limited its size.
func (s *Session) take(topic string, payload []byte) {
	channel, mine := strings.CutPrefix(topic, s.topic(""))
	dropped := func(st *Stats) *uint64 { return &st.Dropped }
	var queue chan []byte
	switch {
	case !mine:
	case channel == chReceipts:
		queue = s.down.receipt
	case channel == chGrant:
		queue = s.down.grant
	case channel == chPolicy:
		queue = s.down.policy
	case channel == chLive:
		queue = s.down.live
		dropped = func(st *Stats) *uint64 { return &st.LiveDropped }
		if !s.down.viewers.Allow() {
			s.strange(dropped, "too many viewers' requests, dropped")
			return
		}
	}
	if queue == nil {
		s.strange(func(st *Stats) *uint64 { return &st.Garbage }, "the cloud sends on a topic that was not asked for", "topic", clip(topic))
		return
	}
	select {
	case queue <- payload:
	default:
		s.strange(dropped, "the cloud sends faster than the camera handles it, dropped", "channel", channel)
	}
}

// serve calls hooks for what is in two queues until ctx ends.
func (s *Session) serve(ctx context.Context, a chan []byte, onA func([]byte), b chan []byte, onB func([]byte)) {
	call := func(f func([]byte), p []byte) {
		if f != nil {
			f(p)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-a:
			call(onA, p)
		case p := <-b:
			call(onB, p)
		}
	}
}

// clip shortens what a stranger chose, for logs.
func clip(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return s
}
