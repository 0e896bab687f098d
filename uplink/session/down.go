package session

import (
	"context"
	"strings"

	"golang.org/x/time/rate"
)

// Channels of a device's topic that the cloud sends on (docs/protocol.md).
const (
	chReceipts = "receipts"
	chGrant    = "grant"
	chPolicy   = "policy"
	chRelease  = "release"
	chEpoch    = "epoch"
	chLive     = "live"
)

var downward = [...]string{chReceipts, chGrant, chPolicy, chRelease, chEpoch, chLive}

// down is the queues of what the cloud says, by channel. Where one is full the newest is dropped and counted.
type down struct {
	queues  map[string]chan []byte
	viewers *rate.Limiter
}

func newDown() down {
	d := down{queues: map[string]chan []byte{}, viewers: rate.NewLimiter(2, 6)} // requests a second: each costs a signature, and perhaps a peer connection
	for _, ch := range downward {
		d.queues[ch] = make(chan []byte, 2)
	}
	d.queues[chReceipts] = make(chan []byte, window)
	d.queues[chLive] = make(chan []byte, 4)
	return d
}

// take sorts a message from the broker into its queue. It never blocks. The guard has limited its size.
func (s *Session) take(topic string, payload []byte) {
	channel, mine := strings.CutPrefix(topic, s.topic(""))
	queue := s.down.queues[channel]
	if !mine || queue == nil {
		s.strange(func(st *Stats) *uint64 { return &st.Garbage }, "the cloud sends on a topic that was not asked for", "topic", clip(topic))
		return
	}
	dropped := func(st *Stats) *uint64 { return &st.Dropped }
	if channel == chLive {
		dropped = func(st *Stats) *uint64 { return &st.LiveDropped }
		if !s.down.viewers.Allow() {
			s.strange(dropped, "too many viewers' requests, dropped")
			return
		}
	}
	select {
	case queue <- payload:
	default:
		s.strange(dropped, "the cloud sends faster than the camera handles it, dropped", "channel", channel)
	}
}

// serveOwnership calls the hooks for what changes whose the camera is, until ctx ends.
func (s *Session) serveOwnership(ctx context.Context) {
	q := s.down.queues
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-q[chGrant]:
			call(s.cfg.OnGrant, b)
		case b := <-q[chPolicy]:
			call(s.cfg.OnPolicy, b)
		case b := <-q[chRelease]:
			call(s.cfg.OnRelease, b)
		case b := <-q[chEpoch]:
			call(s.cfg.OnEpoch, b)
		}
	}
}

// serveLive calls the hook for viewers' requests until ctx ends.
func (s *Session) serveLive(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-s.down.queues[chLive]:
			call(s.cfg.OnLive, b)
		}
	}
}

func call(hook func([]byte), b []byte) {
	if hook != nil {
		hook(b)
	}
}

// clip shortens what a stranger chose, for logs.
func clip(s string) string {
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return s
}
