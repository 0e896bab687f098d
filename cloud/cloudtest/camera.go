// Package cloudtest plays cameras and owners against the cloud, over real connections. It is for tests.
package cloudtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"signet/certs"
)

// Log drops everything but warnings, which go to the test's log.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(writer{t}, &slog.HandlerOptions{Level: slog.LevelError}))
}

type writer struct{ testing.TB }

func (w writer) Write(b []byte) (int, error) {
	w.Helper()
	w.Logf("%s", b)
	return len(b), nil
}

// Fleet makes a fleet CA.
func Fleet(t testing.TB) *certs.Fleet {
	t.Helper()
	f, err := certs.NewFleet("test fleet")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Key makes a P-256 key.
func Key(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := certs.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// ServerCert makes the cloud's TLS certificate for this machine.
func ServerCert(t testing.TB, f *certs.Fleet) tls.Certificate {
	t.Helper()
	k := Key(t)
	der, err := f.IssueServer(&k.PublicKey, []string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

// Camera is a device with a certificate of a fleet.
type Camera struct {
	ID    certs.DeviceID
	Key   crypto.Signer
	Cert  []byte
	Fleet *x509.Certificate

	t testing.TB
}

// NewCamera enrols a device.
func NewCamera(t testing.TB, f *certs.Fleet) *Camera {
	t.Helper()
	k := Key(t)
	id := certs.NewDeviceID()
	der, err := f.IssueDevice(&k.PublicKey, id, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	return &Camera{ID: id, Key: k, Cert: der, Fleet: f.Cert, t: t}
}

// TLS is the camera's side of mutual TLS 1.3.
func (c *Camera) TLS() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(c.Fleet)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		RootCAs:      pool,
		ServerName:   "127.0.0.1",
		Certificates: []tls.Certificate{{Certificate: [][]byte{c.Cert}, PrivateKey: c.Key}},
	}
}

// Session is one MQTT connection.
type Session struct {
	mqtt.Client
	t testing.TB
}

// Wait bounds every wait of a test.
const Wait = 10 * time.Second

// Dial connects with a client id, which need not be the camera's, and returns what the broker says.
func (c *Camera) Dial(addr, clientID string, more ...func(*mqtt.ClientOptions)) (*Session, error) {
	o := mqtt.NewClientOptions().AddBroker("ssl://" + addr).SetClientID(clientID).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectRetry(false).
		SetTLSConfig(c.TLS()).SetConnectTimeout(Wait).SetOrderMatters(false)
	for _, f := range more {
		f(o)
	}
	cl := mqtt.NewClient(o)
	tok := cl.Connect()
	if !tok.WaitTimeout(Wait) {
		c.t.Fatal("connect: no answer")
	}
	if err := tok.Error(); err != nil {
		return nil, err
	}
	c.t.Cleanup(func() { cl.Disconnect(0) })
	return &Session{cl, c.t}, nil
}

// jail is how long the broker turns away a client id that came while its last connection was still there.
const jail = time.Second

// Connect connects as the camera that it is. Turned away, it tries once more after a while, as cameras do.
func (c *Camera) Connect(addr string, more ...func(*mqtt.ClientOptions)) *Session {
	c.t.Helper()
	s, err := c.Dial(addr, c.ID.String(), more...)
	if err != nil {
		time.Sleep(jail + jail/4)
		s, err = c.Dial(addr, c.ID.String(), more...)
	}
	if err != nil {
		c.t.Fatalf("connect camera: %v", err)
	}
	return s
}

// Topic is a channel of a device.
func Topic(d certs.DeviceID, channel string) string { return "signet/v1/" + d.String() + "/" + channel }

// Listen subscribes to a topic. granted says whether the broker allowed it.
func (s *Session) Listen(topic string) (got <-chan []byte, granted bool) {
	s.t.Helper()
	ch := make(chan []byte, 1024)
	tok := s.Subscribe(topic, 0, func(_ mqtt.Client, m mqtt.Message) {
		select {
		case ch <- m.Payload():
		default:
		}
	})
	if !tok.WaitTimeout(Wait) {
		s.t.Fatalf("subscribe %s: no answer", topic)
	}
	for _, code := range tok.(*mqtt.SubscribeToken).Result() {
		if code == 0x80 {
			return ch, false
		}
	}
	return ch, tok.Error() == nil
}

// Send publishes and waits for the PUBACK, which proves nothing.
func (s *Session) Send(topic string, qos byte, retained bool, b []byte) {
	s.t.Helper()
	tok := s.Publish(topic, qos, retained, b)
	if !tok.WaitTimeout(Wait) {
		s.t.Fatalf("publish %s: no answer", topic)
	}
}
