package session_test

import (
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// reboot closes the spool and opens it again, as a restart does.
func (w *world) reopen(dir string) {
	w.t.Helper()
	if w.spool != nil {
		if err := w.spool.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	s, err := spool.Open(dir, spool.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.spool = s
	w.t.Cleanup(func() { s.Close() })
}

// After an outage: the claim goes first and alone, then what else others build on, then what is live, then the backlog, which
// leaves room for alarms.
func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	w.reopen(dir)
	var old []spool.Position
	for range 20 {
		old = append(old, w.record(certs.Tamper, spool.Urgent))
	}
	claim := w.record(certs.Claimed, spool.Urgent)
	old = append(old, w.record(certs.Tamper, spool.Urgent))
	w.reopen(dir)
	online := w.record(certs.Online, spool.Urgent)
	alarm := w.record(certs.Started, spool.Urgent)

	b := newBroker(t, w.server)
	got := make(chan certs.Position, 100)
	release := make(chan struct{})
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		c.puback(p)
		if channelOf(p) == "records" {
			got <- positionOf(t, p.Payload)
			go func() { <-release; w.truth(c, p) }()
		}
	}
	b.start()
	s, _ := w.run(w.config(b.addr))
	next := func(what string, want spool.Position) {
		t.Helper()
		if p := <-got; p != (certs.Position{Boot: want.Boot, N: want.N}) {
			t.Errorf("%s: got %v, want %v", what, p, want)
		}
	}
	next("claim", claim)
	uplinktest.Eventually(t, "the claim alone", func() bool { return s.Stats().InFlight == 1 })
	release <- struct{}{}
	next("online", online)
	next("alarm", alarm)
	for i := range 12 {
		next("backlog", old[i])
	}
	uplinktest.Eventually(t, "a window", func() bool { return s.Stats().InFlight == 14 })
	select {
	case p := <-got:
		t.Errorf("%v is sent beyond the backlog's part of the window", p)
	default:
	}
	next2 := w.record(certs.Started, spool.Urgent)
	next("alarm of now", next2)
	close(release)
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	if st := s.Stats(); st.Resent != 0 || st.Sent != 25 {
		t.Errorf("stats: %+v", st)
	}
}

// The backlog goes through a token bucket; what is live does not.
func TestBacklogIsPaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	w.reopen(dir)
	for range 50 {
		w.record(certs.Tamper, spool.Grouped)
	}
	w.reopen(dir)
	for range 50 {
		w.record(certs.Tamper, spool.Grouped)
	}
	if err := w.spool.Sync(); err != nil {
		t.Fatal(err)
	}
	b := newBroker(t, w.server)
	w.receipting(b)
	b.start()
	cfg := w.config(b.addr)
	cfg.BacklogRate = 0.001
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "the live ones and the bucket's", func() bool { return s.Stats().Bound == 50+32 })
	if n := w.spool.Stats().Pending; n != 18 {
		t.Errorf("%d records are left", n)
	}
}
