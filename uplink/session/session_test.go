package session_test

import (
	"bytes"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

func TestRecordsLeaveTheSpoolByReceipt(t *testing.T) {
	t.Parallel()
	w, b := newAnswered(t)
	cfg := w.config(b.addr)
	bound := make(chan []spool.Range, 100)
	cfg.OnBound = func(r []spool.Range) { bound <- r }
	s, stop := w.run(cfg)

	thumb := certstest.Piece{Kind: certs.Thumbnail, Plaintext: bytes.Repeat([]byte("x"), 10<<10), MIME: "image/jpeg"}
	first := w.record(certs.Started, spool.Urgent, thumb)
	for range 40 {
		w.record(certs.Tamper, spool.Grouped)
	}
	if err := w.spool.Sync(); err != nil {
		t.Fatal(err)
	}
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	if r := <-bound; r[0].Boot != first.Boot || r[0].From != first.N {
		t.Errorf("the first range bound is %v, not of %v", r, first)
	}
	if st := s.Stats(); st.Sent != 41 || st.Bound != 41 || st.Resent != 0 || !st.Connected || st.InFlight != 0 {
		t.Errorf("stats: %+v", st)
	}
	stop()

	if s.Connected() {
		t.Error("connected after Run")
	}
	c := seen[*packets.ConnectPacket](b)[0]
	if c.ClientIdentifier != w.camera.ID.String() || c.ProtocolVersion != 4 || !c.CleanSession || c.Keepalive != 30 ||
		!c.WillFlag || !c.WillRetain || string(c.WillMessage) != "offline" || c.WillTopic != "signet/v1/"+c.ClientIdentifier+"/status" {
		t.Errorf("CONNECT is %v", c)
	}
	if st := b.published("status"); len(st) != 2 || string(st[0]) != "online" || string(st[1]) != "offline" {
		t.Errorf("status was %q, not online, offline", st)
	}
	uplinktest.Eventually(t, "DISCONNECT", func() bool { return len(seen[*packets.DisconnectPacket](b)) == 1 })
}
