// Package uplinktest is what the tests of the uplink share: the TLS of both sides, a log that ends with the test, and
// waits that are bounded. It is for tests.
package uplinktest

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/dial"
)

// Patience bounds every wait; nothing waits that long.
const Patience = 20 * time.Second

// Dial is the camera's side, which trusts the clouds of a fleet.
func Dial(c *certstest.Camera, fleet *certs.Fleet) dial.Config {
	return dial.Config{
		Certificate: tls.Certificate{Certificate: [][]byte{c.DeviceCert}, PrivateKey: c.DeviceKey},
		CA:          fleet.Cert,
	}
}

// Ring holds what a camera dials by.
func Ring(t testing.TB, c dial.Config) *dial.Ring {
	t.Helper()
	r, err := dial.NewRing(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Server is the side of a cloud on 127.0.0.1: a certificate from one fleet, cameras of another.
func Server(t testing.TB, issuer *certs.Fleet, cameras *x509.Certificate) *tls.Config {
	t.Helper()
	k := certstest.NewKey(t)
	der, err := issuer.IssueServer(&k.PublicKey, []string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cameras)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: k}},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
	}
}

// Eventually waits for something that a test cannot be told.
func Eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// Log logs to the test, and after its end to nobody.
func Log(t testing.TB, level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(log{t}, &slog.HandlerOptions{Level: level}))
}

type log struct{ testing.TB }

func (l log) Write(b []byte) (int, error) {
	if l.Context().Err() == nil {
		l.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}
