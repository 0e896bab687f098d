package media

import (
	"crypto/x509"
	"math/big"
	"net/http"
	"testing"

	"signet/certs"
	"signet/uplink/uplinktest"
)

// Uploads too show a certificate that was renewed, on a connection of its own, and go to no cloud that was revoked.
func TestCertificatesChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shown := make(chan *x509.Certificate, 10)
	w.cloud.front = func(_ http.ResponseWriter, r *http.Request) bool {
		shown <- r.TLS.PeerCertificates[0]
		return false
	}
	w.cloud.StartTLS()
	cfg := w.config()
	q := w.queue(cfg)
	w.run(q)
	upload := func(n uint64) piece {
		p := newPiece(n, 1000)
		w.add(q, p)
		q.Bound(p.rng())
		return p
	}
	upload(1)
	first := <-shown
	upload(2)
	if again := <-shown; !again.Equal(first) {
		t.Error("another certificate is shown")
	}
	renewed, err := w.fleet.IssueDevice(&w.camera.DeviceKey.PublicKey, w.camera.ID, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	by := cfg.Dial.Config()
	by.Certificate.Certificate = [][]byte{renewed}
	if err := cfg.Dial.Replace(by); err != nil {
		t.Fatal(err)
	}
	upload(3)
	if now := <-shown; now.Equal(first) || string(now.Raw) != string(renewed) {
		t.Error("the old certificate is shown")
	}

	server, err := x509.ParseCertificate(w.cloud.TLS.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	by.Revoked = func(serial *big.Int) bool { return serial.Cmp(server.SerialNumber) == 0 }
	if err := cfg.Dial.Replace(by); err != nil {
		t.Fatal(err)
	}
	p := upload(4)
	uplinktest.Eventually(t, "an error", func() bool {
		return q.Stats().LastError == "connect to "+w.cloud.Listener.Addr().String()+": the cloud's certificate was revoked by its fleet"
	})
	if w.cloud.has(p) || len(shown) > 0 {
		t.Error("a revoked cloud got something")
	}
}
