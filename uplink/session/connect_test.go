package session_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/session"
	"signet/uplink/spool"
	"signet/uplink/uplinktest"
)

// Each reason why there is no connection is one line that says what to do.
func TestWhyNoConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := certstest.NewFleet(t)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	go func() {
		for {
			c, err := plain.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("220 not TLS at all\r\n"))
			c.Close()
		}
	}()
	refuse := func(code byte) func(*brokerConn, *packets.ConnectPacket) {
		return func(c *brokerConn, _ *packets.ConnectPacket) {
			a := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
			a.ReturnCode = code
			c.write(a)
		}
	}
	for name, c := range map[string]struct {
		broker func(*broker)
		addr   string
		says   string
		hint   string
	}{
		"wrong CA": {
			broker: func(b *broker) { b.conf = uplinktest.Server(t, other, w.fleet.Cert) },
			says:   "the cloud's certificate is not signed by \"" + w.fleet.Cert.Subject.CommonName + "\" (SHA-256 ",
			hint:   "enrol the camera again",
		},
		"unknown camera": {
			broker: func(b *broker) { b.conf = uplinktest.Server(t, w.fleet, other.Cert) },
			says:   "the cloud refuses the camera's certificate (tls: unknown certificate authority)",
			hint:   "must be issued by the cloud's fleet CA",
		},
		"not authorized": {
			broker: func(b *broker) { b.connect = refuse(5) },
			says:   "the cloud refuses this camera",
			hint:   "is the device enrolled at this cloud",
		},
		"unknown code": {
			broker: func(b *broker) { b.connect = refuse(200) },
			says:   "the cloud closed the connection",
		},
		"unavailable": {
			broker: func(b *broker) { b.connect = refuse(3) },
			says:   "the cloud is not available",
		},
		"closed": {
			broker: func(b *broker) { b.connect = func(c *brokerConn, _ *packets.ConnectPacket) { c.Close() } },
			says:   "the cloud closed the connection",
		},
		"not a CONNACK": {
			broker: func(b *broker) { b.connect = func(c *brokerConn, _ *packets.ConnectPacket) { packet(0x10, 0)(c) } },
			says:   "the cloud speaks out of turn",
			hint:   "is this an MQTT broker",
		},
		"topic refused": {
			broker: func(b *broker) { b.subscribe = 0x80 },
			says:   "the cloud refuses the camera's topic signet/v1/",
			hint:   "is the device enrolled",
		},
		"nobody":  {addr: "127.0.0.1:1", says: "nobody listens there", hint: "does the cloud run?"},
		"no TLS":  {addr: plain.Addr().String(), says: "what answers does not speak TLS", hint: "is this the port"},
		"no name": {addr: "does-not-exist.invalid:8883", says: "does-not-exist.invalid", hint: "name server"},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			addr := c.addr
			if addr == "" {
				b := newBroker(t, w.server)
				c.broker(b)
				b.start()
				addr = b.addr
			}
			s, stop := w.run(w.config(addr))
			uplinktest.Eventually(t, "an error", func() bool { return s.Stats().LastError != "" })
			st := s.Stats()
			if !strings.Contains(st.LastError, c.says) || strings.Contains(st.LastError, "\n") || !strings.HasPrefix(st.LastError, "connect to "+addr+": ") &&
				!strings.HasPrefix(st.LastError, "connection to "+addr+" lost: ") {
				t.Errorf("error: %s", st.LastError)
			}
			if !strings.Contains(st.Hint, c.hint) || strings.Contains(st.Hint, "\n") {
				t.Errorf("hint: %s", st.Hint)
			}
			if st.Connected || st.Connects != 0 {
				t.Errorf("stats: %+v", st)
			}
			stop()
		})
	}
}

// A cloud that is called by a name which its certificate does not have is not trusted.
func TestWrongName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	b.start()
	cfg := w.config(b.addr)
	by := uplinktest.Dial(w.camera, w.fleet)
	by.ServerName = "cloud.example"
	cfg.Dial = uplinktest.Ring(t, by)
	s, _ := w.run(cfg)
	uplinktest.Eventually(t, "an error", func() bool {
		return strings.Contains(s.Stats().LastError, "the cloud's certificate is for 127.0.0.1")
	})
}

// Connections are made no closer than 1.1 s, and a second one resumes the TLS session.
func TestReconnects(t *testing.T) {
	t.Parallel()
	w, b := newAnswered(t)
	s, _ := w.run(w.config(b.addr))
	for range 2 {
		uplinktest.Eventually(t, "a connection", s.Connected)
		b.mu.Lock()
		for c := range b.conns {
			c.Close()
		}
		b.mu.Unlock()
		uplinktest.Eventually(t, "the end of it", func() bool { return !s.Connected() })
		if e := s.Stats().LastError; !strings.HasSuffix(e, "lost: the cloud closed the connection") {
			t.Errorf("error: %s", e)
		}
	}
	uplinktest.Eventually(t, "a connection", s.Connected)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.times) != 3 {
		t.Fatalf("%d connections", len(b.times))
	}
	for i, at := range b.times[1:] {
		if d := at.Sub(b.times[i]); d < 1100*time.Millisecond {
			t.Errorf("a connection after %v", d)
		}
	}
	for i, resumed := range b.resumed {
		if resumed != (i > 0) {
			t.Errorf("connection %d resumed: %v", i, resumed)
		}
	}
}

// A cloud that is there again gets everything, whatever was under way when it went.
func TestPowerCutOfTheBroker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	n := 0
	b.publish = func(c *brokerConn, p *packets.PublishPacket) {
		c.puback(p)
		if channelOf(p) != "records" {
			return
		}
		if n++; n == 20 || n == 50 {
			c.Close()
		}
		if n > 50 || n%3 == 0 {
			w.truth(c, p) // others stay without
		}
	}
	b.start()
	cfg := w.config(b.addr)
	cfg.Receipt = 50 * time.Millisecond
	s, _ := w.run(cfg)
	for range 100 {
		w.record(certs.Tamper, spool.Grouped)
	}
	if err := w.spool.Sync(); err != nil {
		t.Fatal(err)
	}
	uplinktest.Eventually(t, "an empty spool", func() bool { return w.spool.Stats().Pending == 0 })
	if st := s.Stats(); st.Bound != 100 || st.Connects != 3 {
		t.Errorf("stats: %+v", st)
	}
}

// Run ends in time although the broker takes nothing.
func TestEndsWhileTheBrokerHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newBroker(t, w.server)
	hang := make(chan struct{})
	b.publish = func(c *brokerConn, p *packets.PublishPacket) { <-hang }
	b.start()
	for range 16 {
		w.record(certs.Started, spool.Urgent,
			certstest.Piece{Kind: certs.Thumbnail, Plaintext: make([]byte, 60<<10), MIME: "image/jpeg"},
			certstest.Piece{Kind: certs.FactsMedia, Plaintext: make([]byte, 60<<10), MIME: certs.FactsMIME})
	}
	s, stop := w.run(w.config(b.addr))
	t.Cleanup(func() { close(hang) })
	uplinktest.Eventually(t, "a record under way", func() bool { return s.Stats().InFlight > 0 })
	began := time.Now()
	stop()
	if d := time.Since(began); d > 8*time.Second {
		t.Errorf("it took %v", d)
	}
	if n := w.spool.Stats().Pending; n != 16 {
		t.Errorf("%d records left", n)
	}
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for want, change := range map[string]func(*session.Config){
		`cloud's address "nowhere" is not host:port`: func(c *session.Config) { c.Addr = "nowhere" },
		"no way to dial": func(c *session.Config) { c.Dial = nil },
		"no spool":       func(c *session.Config) { c.Spool = nil },
	} {
		cfg := w.config("127.0.0.1:1")
		change(&cfg)
		if _, err := session.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %s", err, want)
		}
	}
}

// The first connection waits for its random time, and ctx ends that.
func TestFirstConnectionIsSpread(t *testing.T) {
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
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := s.Run(ctx); err != context.DeadlineExceeded {
		t.Errorf("Run returned %v", err)
	}
	if len(b.times) > 0 {
		t.Error("connected at once")
	}
}
