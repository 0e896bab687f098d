package engine_test

import (
	"bytes"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// What a camera offers is heard with the device of its connection, at most so much of it, and not taken for a record.
func TestOffers(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	e := open(t, fleet)
	a, b := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
	type offer struct {
		from certs.DeviceID
		b    []byte
	}
	heard := make(chan offer, 64)
	stop, err := e.Offers(func(d certs.DeviceID, m []byte) { heard <- offer{d, m} })
	if err != nil {
		t.Fatal(err)
	}
	next := func() offer {
		t.Helper()
		select {
		case o := <-heard:
			return o
		case <-time.After(cloudtest.Wait):
			t.Fatal("not heard")
		}
		return offer{}
	}
	sa, sb := a.Connect(e.Addr()), b.Connect(e.Addr())
	large := bytes.Repeat([]byte{1}, 80<<10)
	sa.Send(cloudtest.Topic(a.ID, "offers"), 1, false, large)
	if o := next(); o.from != a.ID || !bytes.Equal(o.b, large) {
		t.Errorf("heard %d bytes of %s", len(o.b), o.from)
	}
	// Too large, empty, or another's: not heard. What follows on the same connection is.
	sb.Send(cloudtest.Topic(b.ID, "offers"), 1, false, bytes.Repeat([]byte{1}, engine.MaxOffer+1))
	sb.Send(cloudtest.Topic(b.ID, "offers"), 1, false, nil)
	sb.Send(cloudtest.Topic(a.ID, "offers"), 1, false, []byte("forged"))
	sb.Send(cloudtest.Topic(b.ID, "offers"), 1, false, []byte("own"))
	if o := next(); o.from != b.ID || string(o.b) != "own" {
		t.Errorf("heard %d bytes of %s", len(o.b), o.from)
	}
	if n := e.Unheard(); n != 2 {
		t.Errorf("%d are counted", n)
	}
	// Too many: the flood is its own loss.
	for range 50 {
		sb.Send(cloudtest.Topic(b.ID, "offers"), 1, false, []byte("flood"))
	}
	sa.Send(cloudtest.Topic(a.ID, "offers"), 1, false, []byte("last"))
	flood := 0
	for o := next(); o.from == b.ID; o = next() {
		flood++
	}
	if flood > 6 {
		t.Errorf("%d of a flood are heard", flood)
	}
	stop()
	for _, s := range []string{engine.Incoming, engine.Bind} {
		st, err := e.JetStream().Stream(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if n := st.CachedInfo().State.Msgs; n != 0 {
			t.Errorf("stream %s holds %d messages", s, n)
		}
	}
}
