package session_test

import (
	"sync/atomic"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// refuse sends a receipt that refuses a record.
func (w *world) refuse(c *brokerConn, at certs.Position, reason string) {
	b, err := certs.SignReceipt(&certs.Receipt{
		Device: w.camera.ID, Refused: []certs.Refusal{{Boot: at.Boot, N: at.N, Reason: reason}}, At: certstest.Time,
	}, w.receipts.Cert, w.receipts.Key)
	if err != nil {
		w.t.Error(err)
	}
	c.say("receipts", b)
}

// A cloud that came back from an old backup gets the claim again, first, and then everything that it refused.
func TestCloudThatForgotTheClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got []certs.RecordType
	var claimed atomic.Bool
	b := newBroker(t, w.server)
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		c.puback(p)
		if channelOf(p) != "records" {
			return
		}
		r := recordOf(t, p.Payload)
		b.mu.Lock()
		got = append(got, r.Type)
		b.mu.Unlock()
		if r.Type == certs.Claimed {
			claimed.Store(true)
		}
		switch {
		case claimed.Load():
			w.truth(c, p)
		case r.Type == certs.Online:
			w.refuse(c, r.Position, "not-claimed")
		default:
			w.refuse(c, r.Position, "unknown-certificate")
		}
	}
	b.start()
	w.record(certs.Online, spool.Urgent)
	for range 20 {
		w.record(certs.Tamper, spool.Urgent)
	}
	cfg := w.config(b.addr)
	asked := 0
	cfg.OnForgotten = func() {
		asked++
		w.record(certs.Claimed, spool.Urgent)
	}
	cfg.OnRefused = func(p spool.Position, why string) { t.Errorf("%v set aside: %s", p, why) }
	s, stop := w.run(cfg)
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	stop()
	if st := s.Stats(); st.Bound != 22 || st.Connects != 2 || asked != 1 {
		t.Errorf("asked for a claim %d times, stats: %+v", asked, st)
	}
	if i := len(got) - 22; i < 1 || got[i] != certs.Claimed || got[i+1] != certs.Online {
		t.Errorf("sent: %v", got)
	}
}

// A cloud that refuses for want of a claim, whatever comes, is not asked for ever.
func TestCloudThatTakesNoClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		c.puback(p)
		if channelOf(p) == "records" {
			w.refuse(c, positionOf(t, p.Payload), "not-claimed")
		}
	}
	b.start()
	for range 3 {
		w.record(certs.Tamper, spool.Urgent)
	}
	cfg := w.config(b.addr)
	asked := 0
	cfg.OnForgotten = func() { asked++ }
	s, stop := w.run(cfg)
	uplinktest.Eventually(t, "all set aside", func() bool { return s.Stats().Refused == 3 })
	stop()
	if st := s.Stats(); st.Connects != 6 || asked != 1 || w.spool.Stats().Pending != 0 {
		t.Errorf("asked for a claim %d times, stats: %+v", asked, st)
	}
}
