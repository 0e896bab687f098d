package session_test

import (
	"bytes"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/session"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// A PUBACK is not a receipt: what was acknowledged and dropped is sent again on the same connection, and the window
// is never exceeded meanwhile.
func TestAcknowledgedAndDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 40
	for range n {
		w.record(certs.Tamper, spool.Grouped)
	}
	if err := w.spool.Sync(); err != nil {
		t.Fatal(err)
	}
	b := newBroker(t, w.server)
	seen := make(map[certs.Position]int)
	open := 0
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		c.puback(p)
		if channelOf(p) != "records" {
			return
		}
		pos := positionOf(t, p.Payload)
		seen[pos]++
		switch seen[pos] {
		case 1:
			if open++; open > 16 {
				t.Errorf("%d records without a receipt", open)
			}
		case 2:
			open--
			c.say("receipts", w.receipts.Receipt(t, w.camera.ID, pos.Boot, pos.N, pos.N))
		}
	}
	b.start()
	cfg := w.config(b.addr)
	cfg.Receipt = 30 * time.Millisecond
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	st := s.Stats()
	if st.Sent != n || st.Resent < n || st.Bound != n || st.Connects != 1 {
		t.Errorf("stats: %+v", st)
	}
}

// What the broker has not even acknowledged is not sent again on the same connection.
func TestNotAcknowledged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record(certs.Tamper, spool.Urgent)
	b := newBroker(t, w.server)
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		if channelOf(p) != "records" {
			c.puback(p)
		}
	}
	b.start()
	cfg := w.config(b.addr)
	cfg.Receipt = 30 * time.Millisecond
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "the end of the connection", func() bool { return strings.Contains(s.Stats().LastError, "does not acknowledge") })
	if st := s.Stats(); st.Sent != 1 || st.Resent != 0 || w.spool.Stats().Pending != 1 {
		t.Errorf("stats: %+v", st)
	}
}

// Receipts of others, forged ones, and ones for what was never sent change nothing.
func TestFalseReceipts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 20 {
		w.record(certs.Tamper, spool.Grouped)
	}
	if err := w.spool.Sync(); err != nil {
		t.Fatal(err)
	}
	other := newWorld(t)
	b := newBroker(t, w.server)
	var connected atomic.Pointer[brokerConn]
	b.publish = func(c *brokerConn, p *packets.PublishPacket) { c.puback(p); connected.Store(c) }
	b.start()
	s, _ := w.run(w.config(b.addr))
	uplinktest.Eventually(t, "a full window", func() bool { return s.Stats().InFlight == 16 && connected.Load() != nil })

	c := connected.Load()
	boot := w.spool.Boot()
	good := w.receipts.Receipt(t, w.camera.ID, boot, 1, 1)
	tampered := bytes.Clone(good)
	tampered[len(tampered)-1] ^= 1
	c.say("receipts", w.receipts.Receipt(t, certs.NewDeviceID(), boot, 1, 20))
	c.say("receipts", other.receipts.Receipt(t, w.camera.ID, boot, 1, 20))
	c.say("receipts", tampered)
	c.say("receipts", nil)
	c.say("receipts", w.receipts.Receipt(t, w.camera.ID, boot, 17, 1<<63))
	c.say("receipts", w.receipts.Receipt(t, w.camera.ID, boot+1, 1, 20))
	uplinktest.Eventually(t, "all receipts counted", func() bool {
		st := s.Stats()
		return st.ForeignReceipts == 1 && st.BadReceipts == 3 && st.Unasked == 2
	})
	if n := w.spool.Stats().Pending; n != 20 {
		t.Errorf("%d of 20 records are left", n)
	}

	// One receipt for more than is under way takes what is.
	c.say("receipts", w.receipts.Receipt(t, w.camera.ID, boot, 1, 1<<63))
	uplinktest.Eventually(t, "the rest under way", func() bool { return w.spool.Stats().Pending == 4 && s.Stats().InFlight == 4 })
}

func TestRefusedRecordsAreSetAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pos := w.record(certs.Tamper, spool.Urgent)
	w.record(certs.Tamper, spool.Urgent)
	b := newBroker(t, w.server)
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		c.puback(p)
		if channelOf(p) != "records" {
			return
		}
		at := positionOf(t, p.Payload)
		r := &certs.Receipt{Device: w.camera.ID, At: certstest.Time}
		if at.N == pos.N {
			r.Refused = []certs.Refusal{{Boot: at.Boot, N: at.N, Reason: "wrong-signature"}, {Boot: at.Boot, N: 99, Reason: "never sent"}}
		} else {
			r.Bound = []certs.Range{{Boot: at.Boot, From: at.N, To: at.N}}
		}
		raw, err := certs.SignReceipt(r, w.receipts.Cert, w.receipts.Key)
		if err != nil {
			t.Error(err)
		}
		c.say("receipts", raw)
	}
	b.start()
	cfg := w.config(b.addr)
	told := make(chan string, 4)
	cfg.OnRefused = func(p spool.Position, reason string) { told <- p.String() + " " + reason }
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	aside, err := w.spool.Refused()
	if err != nil || len(aside) != 1 || aside[0].Position != pos || aside[0].Reason != "wrong-signature" {
		t.Errorf("set aside: %v, %v", aside, err)
	}
	if got := <-told; got != pos.String()+" wrong-signature" {
		t.Errorf("told %q", got)
	}
	if st := s.Stats(); st.Refused != 1 || st.Bound != 1 {
		t.Errorf("stats: %+v", st)
	}
}

// packet writes raw bytes to the camera.
func packet(b ...byte) func(*brokerConn) {
	return func(c *brokerConn) {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, _ = c.Conn.Write(b)
	}
}

// A broker that does not speak MQTT as agreed costs a connection, and nothing else.
func TestGarbage(t *testing.T) {
	t.Parallel()
	for name, lie := range map[string]func(*brokerConn){
		"packet of 256 MiB":     packet(0x30, 0xff, 0xff, 0xff, 0x7f),
		"endless length":        packet(0x30, 0xff, 0xff, 0xff, 0xff, 0xff),
		"long SUBACK":           packet(0x90, 0x07, 0, 1, 0, 0, 0, 0, 0),
		"QoS 2":                 packet(0x34, 0x05, 0, 1, 'a', 0, 1),
		"PUBREL":                packet(0x62, 0x02, 0, 1),
		"CONNECT":               packet(0x10, 0x00),
		"unknown packet":        packet(0xf0, 0x00),
		"topic past the end":    packet(0x30, 0x03, 0xff, 0xff, 'a'),
		"empty publish":         packet(0x30, 0x00),
		"payload over the size": func(c *brokerConn) { c.say("grant", make([]byte, 70<<10)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.record(certs.Tamper, spool.Urgent)
			b := newBroker(t, w.server)
			var once atomic.Bool
			b.publish = func(c *brokerConn, p *packets.PublishPacket) {
				c.puback(p)
				if once.CompareAndSwap(false, true) {
					lie(c)
					return
				}
				w.truth(c, p)
			}
			b.start()
			s, _ := w.run(w.config(b.addr))
			uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
			if st := s.Stats(); st.Connects != 2 {
				t.Errorf("stats: %+v", st)
			}
		})
	}
}

// Garbage on topics, well-formed as MQTT, does not even cost the connection; and viewers' requests have a limit.
func TestGarbageOnTopics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	var connected atomic.Pointer[brokerConn]
	b.publish = func(c *brokerConn, p *packets.PublishPacket) { c.puback(p); connected.Store(c); w.truth(c, p) }
	b.start()
	cfg := w.config(b.addr)
	grants, policies, live := make(chan []byte, 100), make(chan []byte, 100), make(chan []byte, 100)
	cfg.OnGrant = func(p []byte) { grants <- p }
	cfg.OnPolicy = func(p []byte) { policies <- p }
	releases, epochs := make(chan []byte, 100), make(chan []byte, 100)
	cfg.OnRelease = func(p []byte) { releases <- p }
	cfg.OnEpoch = func(p []byte) { epochs <- p }
	cfg.OnLive = func(p []byte) { live <- p }
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "a connection", func() bool { return connected.Load() != nil })
	c := connected.Load()
	for _, ch := range []string{"receipts", "status", "records", "answers", "offers", "", "x", "grant/x"} {
		c.say(ch, []byte("garbage"))
	}
	c.say("grant", []byte("a grant"))
	c.say("policy", []byte("a policy"))
	c.say("release", []byte("a release"))
	c.say("epoch", []byte("an offer"))
	for range 50 {
		c.say("live", []byte("a request"))
	}
	if got := <-grants; string(got) != "a grant" {
		t.Errorf("grant %q", got)
	}
	if got := <-policies; string(got) != "a policy" {
		t.Errorf("policy %q", got)
	}
	if got := <-releases; string(got) != "a release" {
		t.Errorf("release %q", got)
	}
	if got := <-epochs; string(got) != "an offer" {
		t.Errorf("epoch %q", got)
	}
	uplinktest.Eventually(t, "requests dropped", func() bool {
		st := s.Stats()
		return st.Garbage == 7 && st.BadReceipts == 1 && int(st.LiveDropped)+len(live) == 50
	})
	if n := len(live); n == 0 || n > 10 {
		t.Errorf("%d requests came through", n)
	}
	w.record(certs.Tamper, spool.Urgent)
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	if st := s.Stats(); st.Connects != 1 {
		t.Errorf("stats: %+v", st)
	}
}

// A hook that hangs costs what comes after it, and nothing else.
func TestHangingHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	var connected atomic.Pointer[brokerConn]
	b.publish = func(c *brokerConn, p *packets.PublishPacket) { c.puback(p); connected.Store(c); w.truth(c, p) }
	b.start()
	cfg := w.config(b.addr)
	hang := make(chan struct{})
	cfg.OnGrant = func([]byte) { <-hang }
	s, _ := w.run(cfg)
	t.Cleanup(func() { close(hang) })
	uplinktest.Eventually(t, "a connection", func() bool { return connected.Load() != nil })
	for range 10 {
		connected.Load().say("grant", []byte("a grant"))
	}
	uplinktest.Eventually(t, "grants dropped", func() bool { return s.Stats().Dropped >= 7 })
	w.record(certs.Tamper, spool.Urgent)
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
}

func TestAnswersAndOffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	w.receipting(b)
	s, err := session.New(w.config("127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PublishAnswer([]byte("x")); err != session.ErrNotConnected {
		t.Errorf("without a connection: %v", err)
	}
	b.start()
	s, _ = w.run(w.config(b.addr))
	uplinktest.Eventually(t, "a connection", s.Connected)
	if err := s.PublishAnswer([]byte("an answer")); err != nil {
		t.Error(err)
	}
	uplinktest.Eventually(t, "the answer", func() bool { return len(b.published("answers")) == 1 })
	if got := b.published("answers")[0]; string(got) != "an answer" {
		t.Errorf("answer %q", got)
	}
	largest := make([]byte, session.MaxOffer)
	if err := s.PublishOffer(largest); err != nil {
		t.Error(err)
	}
	if err := s.PublishOffer(make([]byte, session.MaxOffer+1)); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("too large an offer: %v", err)
	}
	uplinktest.Eventually(t, "the offer", func() bool { return len(b.published("offers")) == 1 })
	for _, p := range seen[*packets.PublishPacket](b) {
		if channelOf(p) == "offers" && (p.Qos != 1 || p.Retain || !bytes.Equal(p.Payload, largest)) {
			t.Errorf("the offer has QoS %d, retained %v, %d bytes", p.Qos, p.Retain, len(p.Payload))
		}
	}
}
