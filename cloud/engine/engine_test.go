package engine_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

func open(t *testing.T, f *certs.Fleet, change ...func(*engine.Config)) *engine.Engine {
	t.Helper()
	cfg := engine.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", Cert: cloudtest.ServerCert(t, f), Fleet: f.Cert, Log: cloudtest.Log(t)}
	for _, c := range change {
		c(&cfg)
	}
	e, err := engine.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	e.Admit()
	return e
}

// next waits for one message of a partition or says that none came.
func next(t *testing.T, e *engine.Engine) (subjects []string) {
	t.Helper()
	for p := range e.Partitions() {
		c, err := e.PartitionConsumer(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.FetchNoWait(100)
		if err != nil {
			t.Fatal(err)
		}
		for m := range b.Messages() {
			subjects = append(subjects, m.Subject())
			if err := m.Ack(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return subjects
}

func TestOnlyTheCertificatesDeviceComesIn(t *testing.T) {
	fleet, other := cloudtest.Fleet(t), cloudtest.Fleet(t)
	e := open(t, fleet)
	a, b := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)

	a.Connect(e.Addr())
	for name, id := range map[string]string{"another's": b.ID.String(), "empty": "", "upper case": strings.ToUpper(a.ID.String()), "wildcard": "*", "user": "inside"} {
		if _, err := a.Dial(e.Addr(), id); err == nil {
			t.Errorf("client id %s was let in", name)
		}
	}
	if e.Refused() == 0 {
		t.Error("refusals are not counted")
	}

	// The device of another fleet, and a device whose certificate is not a device's.
	stranger := cloudtest.NewCamera(t, other)
	stranger.Fleet = fleet.Cert
	if _, err := stranger.Dial(e.Addr(), stranger.ID.String()); err == nil {
		t.Error("a device of another fleet was let in")
	}
	key := cloudtest.Key(t)
	der, err := fleet.IssueServer(&key.PublicKey, []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	server := cloudtest.NewCamera(t, fleet)
	server.Key, server.Cert = key, der
	if _, err := server.Dial(e.Addr(), server.ID.String()); err == nil {
		t.Error("a server's certificate was let in as a device")
	}
}

// A stranger that uses a device's id is refused, and the device stays.
func TestRefusedTakeoverLeavesTheVictim(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	e := open(t, fleet)
	victim, thief := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
	lost := make(chan struct{})
	s := victim.Connect(e.Addr(), func(o *mqtt.ClientOptions) {
		o.SetConnectionLostHandler(func(mqtt.Client, error) { close(lost) })
	})
	got, ok := s.Listen(cloudtest.Topic(victim.ID, "receipts"))
	if !ok {
		t.Fatal("own topic refused")
	}
	if _, err := thief.Dial(e.Addr(), victim.ID.String()); err == nil {
		t.Fatal("thief was let in")
	}
	if err := e.Publish(victim.ID, engine.Receipts, []byte("still there")); err != nil {
		t.Fatal(err)
	}
	select {
	case b := <-got:
		if string(b) != "still there" {
			t.Errorf("got %q", b)
		}
	case <-lost:
		t.Error("the victim was disconnected")
	case <-time.After(cloudtest.Wait):
		t.Error("the victim hears nothing")
	}
}

func TestForeignTopicsAreRefused(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	e := open(t, fleet)
	a, b := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)

	for _, topic := range []string{
		"#", "+", "signet/#", "signet/v1/#", "signet/v1/+/receipts", "signet/v1/+/records",
		cloudtest.Topic(b.ID, "receipts"), cloudtest.Topic(b.ID, "grant"), cloudtest.Topic(b.ID, "#"),
		cloudtest.Topic(a.ID, "#"), cloudtest.Topic(a.ID, "records"),
		"$SYS/#", "$SYS/REQ/USER/AUTH", "$JS/API/#", "$MQTT/#", "$MQTT/sub/#", "bind/#", "in/#", "access/#", "quarantine/#", "_INBOX/#",
	} {
		// A connection each: the broker may close it for asking.
		s := a.Connect(e.Addr())
		if _, ok := s.Listen(topic); ok {
			t.Errorf("subscription to %s was granted", topic)
		}
		s.Disconnect(0)
	}

	seen := make(chan *nats.Msg, 64)
	sub, err := e.Conn().ChanSubscribe("signet.>", seen)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	s := b.Connect(e.Addr())
	for _, topic := range []string{
		cloudtest.Topic(a.ID, "records"), cloudtest.Topic(a.ID, "receipts"), cloudtest.Topic(b.ID, "receipts"), cloudtest.Topic(b.ID, "grant"),
		"bind/dev/" + a.ID.String(), "in/0/" + a.ID.String(), "$JS/API/STREAM/DELETE/BIND", "$SYS/REQ/USER/AUTH", "access/x",
	} {
		s.Send(topic, 0, false, []byte("forged"))
		s.Send(topic, 1, false, []byte("forged"))
		s.Send(topic, 1, true, []byte("forged"))
	}
	s.Send(cloudtest.Topic(b.ID, "status"), 1, true, []byte("online"))
	own := cloudtest.Topic(b.ID, "records")
	s.Send(own, 1, false, []byte("own"))
	// What follows on the same connection arrives after: when it is there, the forged ones would be too.
	for got := 0; got < 2; {
		select {
		case m := <-seen:
			if string(m.Data) == "forged" {
				t.Fatalf("forged message on %s", m.Subject)
			}
			got++
		case <-time.After(cloudtest.Wait):
			t.Fatal("own messages do not arrive")
		}
	}
	if got := next(t, e); len(got) != 1 || !strings.HasSuffix(got[0], b.ID.String()) {
		t.Errorf("incoming holds %v instead of b's own record", got)
	}
	for _, st := range []string{engine.Bind, engine.Access, engine.Quarantine} {
		stream, err := e.JetStream().Stream(t.Context(), st)
		if err != nil {
			t.Fatal(err)
		}
		if n := stream.CachedInfo().State.Msgs; n != 0 {
			t.Errorf("stream %s holds %d messages", st, n)
		}
	}
}

// A last will is a publish too.
func TestForeignWillIsNotPublished(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	e := open(t, fleet)
	a, b := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
	seen := make(chan *nats.Msg, 64)
	sub, err := e.Conn().ChanSubscribe("signet.>", seen)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	dying := func(c *cloudtest.Camera, topic string) {
		cfg := c.TLS()
		conn := &cut{}
		s, err := c.Dial(e.Addr(), c.ID.String(), func(o *mqtt.ClientOptions) {
			o.SetWill(topic, "offline", 1, true)
			o.SetTLSConfig(cfg)
			o.SetCustomOpenConnectionFn(conn.open(cfg))
		})
		if err != nil {
			return // refused at the door is as good
		}
		_ = s
		conn.cut()
	}
	dying(b, cloudtest.Topic(a.ID, "status"))
	dying(a, cloudtest.Topic(a.ID, "status"))
	select {
	case m := <-seen:
		if d, err := engine.DeviceOf(m.Subject); err != nil || d != a.ID || string(m.Data) != "offline" {
			t.Errorf("got %q on %s", m.Data, m.Subject)
		}
	case <-time.After(cloudtest.Wait):
		t.Fatal("own will was not published")
	}
	select {
	case m := <-seen:
		t.Errorf("foreign will: %q on %s", m.Data, m.Subject)
	case <-time.After(100 * time.Millisecond):
	}
}

func TestOpenSaysWhyNot(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	e := open(t, fleet)
	cfg := engine.Config{Dir: t.TempDir(), Addr: e.Addr(), Cert: cloudtest.ServerCert(t, fleet), Fleet: fleet.Cert, Log: cloudtest.Log(t)}
	if _, err := engine.Open(t.Context(), cfg); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("taken port: %v", err)
	}
	cfg.Addr, cfg.Free = "127.0.0.1:0", func(string) (uint64, error) { return 1 << 20, nil }
	if _, err := engine.Open(t.Context(), cfg); !errors.Is(err, engine.ErrFull) {
		t.Errorf("full disk: %v", err)
	}
	cfg.Dir, cfg.Free = "/proc/none", nil
	if _, err := engine.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "state folder") {
		t.Errorf("folder that cannot be made: %v", err)
	}
}

// Until Admit nobody comes in, and what is shed is counted.
func TestGate(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	cfg := engine.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", Cert: cloudtest.ServerCert(t, fleet), Fleet: fleet.Cert, Log: cloudtest.Log(t)}
	e, err := engine.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	a := cloudtest.NewCamera(t, fleet)
	if _, err := a.Dial(e.Addr(), a.ID.String()); err == nil {
		t.Error("let in before Admit")
	}
	if e.Shed() == 0 {
		t.Error("shed handshakes are not counted")
	}
	e.Admit()
	a.Connect(e.Addr())
}

// A record depends on the ledger entry it was checked against.
func TestConditionOnTheLedger(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	e := open(t, fleet)
	d := certs.NewDeviceID()
	ctx, cancel := context.WithTimeout(t.Context(), cloudtest.Wait)
	defer cancel()
	js := e.JetStream()
	a, err := js.Publish(ctx, engine.LedgerSubject(d), []byte("1"), jetstream.WithExpectLastSequencePerSubject(0))
	if err != nil {
		t.Fatal(err)
	}
	rec := &certs.Record{Device: d, Position: certs.Position{Boot: 1}}
	if _, err := js.Publish(ctx, engine.RecordSubject(rec), nil, jetstream.WithExpectLastSequenceForSubject(a.Sequence, engine.LedgerSubject(d))); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(ctx, engine.LedgerSubject(d), []byte("2"), jetstream.WithExpectLastSequencePerSubject(a.Sequence)); err != nil {
		t.Fatal(err)
	}
	rec.Position.N = 1
	_, err = js.Publish(ctx, engine.RecordSubject(rec), nil, jetstream.WithExpectLastSequenceForSubject(a.Sequence, engine.LedgerSubject(d)))
	var api *jetstream.APIError
	if !errors.As(err, &api) || api.ErrorCode != 10071 && api.ErrorCode != 10164 {
		t.Errorf("record on an old entry: %v", err)
	}
}

// A camera that floods drops its own messages, not another's.
func TestFlood(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	e := open(t, fleet)
	a, b := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
	sa, sb := a.Connect(e.Addr()), b.Connect(e.Addr())
	for range 200 {
		sa.Send(cloudtest.Topic(a.ID, "records"), 1, false, []byte("flood"))
	}
	sb.Send(cloudtest.Topic(b.ID, "records"), 1, false, []byte("own"))
	from := map[string]int{}
	for _, subject := range next(t, e) {
		from[subject[len(subject)-36:]]++
	}
	if n := from[a.ID.String()]; n != 64 {
		t.Errorf("%d of the flood are waiting", n)
	}
	if from[b.ID.String()] != 1 {
		t.Error("the other camera's record was dropped")
	}
}
