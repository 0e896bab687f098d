package session_test

import (
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/dial"
	"signet/uplink/session"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// replace puts another Config into a session's ring.
func replace(t *testing.T, r *dial.Ring, change func(*dial.Config)) {
	t.Helper()
	c := r.Config()
	change(&c)
	if err := r.Replace(c); err != nil {
		t.Fatal(err)
	}
}

// A device certificate that was renewed is shown at once: on a connection that is made anew, from no ticket of the old one.
func TestRenewedDeviceCertificate(t *testing.T) {
	t.Parallel()
	w, b := newAnswered(t)
	cfg := w.config(b.addr)
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "a connection", s.Connected)

	renewed, err := w.fleet.IssueDevice(&w.camera.DeviceKey.PublicKey, w.camera.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, cfg.Dial, func(c *dial.Config) {
		c.Certificate.Certificate = [][]byte{renewed}
	})
	uplinktest.Eventually(t, "another connection", func() bool { return s.Stats().Connects == 2 && s.Connected() })
	b.mu.Lock()
	if shown := b.shown; len(shown) != 2 || shown[0].Equal(shown[1]) || string(shown[1].Raw) != string(renewed) {
		t.Errorf("%d certificates were shown, or not the new one", len(shown))
	}
	if b.resumed[1] {
		t.Error("the new connection was made by a ticket of the old certificate")
	}
	b.mu.Unlock()

	replace(t, cfg.Dial, func(c *dial.Config) { c.Revoked = func(*big.Int) bool { return false } })
	w.record(certs.Tamper, spool.Urgent)
	uplinktest.Eventually(t, "a receipt", func() bool { return s.Stats().Bound == 1 })
	if n := s.Stats().Connects; n != 2 {
		t.Errorf("what changed nothing of the certificate ended the connection: %d", n)
	}
}

// A cloud whose certificate the fleet revoked is not spoken to from the next connection on, resumed or not.
func TestRevokedCloud(t *testing.T) {
	t.Parallel()
	w, b := newAnswered(t)
	cfg := w.config(b.addr)
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "a connection", s.Connected)
	server, err := x509.ParseCertificate(w.server.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	replace(t, cfg.Dial, func(c *dial.Config) {
		c.Revoked = func(serial *big.Int) bool { return serial.Cmp(server.SerialNumber) == 0 }
	})
	if !s.Connected() {
		t.Error("a list that came ended the connection")
	}
	b.cut()
	const want = "the cloud's certificate was revoked by its fleet"
	uplinktest.Eventually(t, "an error", func() bool { return s.Stats().LastError == "connect to "+b.addr+": "+want })
	if s.Stats().Hint == "" || s.Stats().Connects != 1 {
		t.Errorf("stats: %+v", s.Stats())
	}
}

// A receipt that is signed by a key whose certificate the fleet revoked lets nothing go.
func TestRevokedReceiptKey(t *testing.T) {
	t.Parallel()
	w, b := newAnswered(t)
	cfg := w.config(b.addr)
	signer, err := x509.ParseCertificate(w.receipts.Cert)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := w.run(cfg)
	w.record(certs.Tamper, spool.Urgent)
	uplinktest.Eventually(t, "a receipt", func() bool { return s.Stats().Bound == 1 })
	replace(t, cfg.Dial, func(c *dial.Config) {
		c.Revoked = func(serial *big.Int) bool { return serial.Cmp(signer.SerialNumber) == 0 }
	})
	w.record(certs.Tamper, spool.Urgent)
	uplinktest.Eventually(t, "another receipt", func() bool { return s.Stats().BadReceipts > 0 })
	if st := s.Stats(); st.Bound != 1 || w.spool.Stats().Pending != 1 {
		t.Errorf("stats: %+v, %d records pending", st, w.spool.Stats().Pending)
	}
}

// What is told to try now does not wait out a long pause, but keeps the shortest.
func TestTryNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	b.start()
	cfg := w.config(b.addr)
	cfg.FirstWithin = 1000 * time.Hour
	s, err := session.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	uplinktest.Run(t, s.Run)
	began := time.Now()
	s.TryNow()
	uplinktest.Eventually(t, "a connection", s.Connected)
	if d := time.Since(began); d < time.Second {
		t.Errorf("connected after %v", d)
	}
}

// A claim to which a former owner may object has no answer for long: what was sealed for him goes on, and nothing of the new
// epoch does.
func TestFormerOwnersRecordsPassAClaimThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dir := t.TempDir()
	w.reopen(dir)
	for range 3 {
		w.record(certs.Tamper, spool.Urgent)
	}
	first := *w.camera
	w.camera.Claim(t, certstest.NewOwner(t))
	if w.camera.Cert.Epoch != first.Cert.Epoch+1 {
		t.Fatalf("epoch %d after %d", w.camera.Cert.Epoch, first.Cert.Epoch)
	}
	claim := w.record(certs.Claimed, spool.Urgent)
	w.record(certs.Online, spool.Urgent)
	w.record(certs.Started, spool.Urgent)
	w.reopen(dir)
	w.record(certs.Started, spool.Urgent)

	b := newBroker(t, w.server)
	sent := make(chan certs.Position, 100)
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		c.puback(p)
		if channelOf(p) != "records" {
			return
		}
		r := recordOf(t, p.Payload)
		sent <- r.Position
		if r.Epoch == first.Cert.Epoch {
			w.truth(c, p)
		}
	}
	b.start()
	s, _ := w.run(w.config(b.addr))
	if p := <-sent; p != (certs.Position{Boot: claim.Boot, N: claim.N}) {
		t.Errorf("first %v is sent, not the claim", p)
	}
	uplinktest.Eventually(t, "the former owner's records", func() bool { return s.Stats().Bound == 3 })
	w.record(certs.Started, spool.Urgent)
	for range 3 {
		<-sent
	}
	select {
	case p := <-sent:
		t.Errorf("%v of the new epoch is sent while its claim waits", p)
	case <-time.After(50 * time.Millisecond): // it would be sent at once
	}
	if st := s.Stats(); st.InFlight != 1 {
		t.Errorf("stats: %+v", st)
	}
}
