package cloud_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// A camera that is revoked while the cloud runs loses its connection, its uploads and its way back at once, and others
// notice nothing. Enrolled again it goes on where it was.
func TestRevokedWhileItRuns(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	w, other := enrolled(t, dir, fleet).Claim(cloudtest.Owner(t), 1), cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	lost := make(chan struct{})
	s := w.Connect(c.MQTTAddr(), func(o *mqtt.ClientOptions) { o.SetConnectionLostHandler(func(mqtt.Client, error) { close(lost) }) })
	so := other.Connect(c.MQTTAddr())
	clip, part := w.Part(10_000, 0)
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed)),
		cloudtest.Message(t, w.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{part} }))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	uploads := w.HTTP() // keeps its connection
	if status, _ := w.Upload(uploads, "HEAD", c.HTTPSAddr(), part.Hash, nil); status != 404 {
		t.Fatalf("before: %d", status)
	}

	revoked, number, err := cloud.Revoke(dir, []string{w.ID.String()})
	if err != nil || len(revoked) != 1 || number != 1 {
		t.Fatalf("revoke: %v, %d certificates, list %d", err, len(revoked), number)
	}
	select {
	case <-lost:
	case <-time.After(cloudtest.Wait):
		t.Fatal("the revoked camera stays connected")
	}
	if _, err := w.Dial(c.MQTTAddr(), w.ID.String()); err == nil {
		t.Error("the revoked camera is let in")
	}
	if status, _ := w.Upload(uploads, "PUT", c.HTTPSAddr(), part.Hash, clip); status != 403 {
		t.Errorf("the revoked camera uploads: %d", status)
	}
	if no := so.Deliver(other.Camera, cloudtest.Message(t, other.Record(certs.Claimed))); len(no) != 0 {
		t.Errorf("another camera is refused: %v", no)
	}

	enroll(t, dir, w.Camera)
	if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Tamper))); len(no) != 0 {
		t.Errorf("with another certificate: %v", no)
	}
	if status, _ := w.Upload(w.HTTP(), "PUT", c.HTTPSAddr(), part.Hash, clip); status != 201 {
		t.Errorf("with another certificate it uploads: %d", status)
	}
}

// enrolled makes a camera whose certificate is known in the state folder.
func enrolled(t *testing.T, dir string, fleet *certs.Fleet) *cloudtest.Camera {
	t.Helper()
	c := cloudtest.NewCamera(t, fleet)
	enroll(t, dir, c)
	return c
}

// enroll gives a camera a certificate as signet-cloud fleet enroll does.
func enroll(t *testing.T, dir string, c *cloudtest.Camera) {
	t.Helper()
	der, err := certs.DeviceRequest(c.ID, c.Key, certs.KeyInFile)
	if err != nil {
		t.Fatal(err)
	}
	csr, out := filepath.Join(t.TempDir(), "camera.csr"), filepath.Join(t.TempDir(), "camera.pem")
	if err := os.WriteFile(csr, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := cloud.Enroll(dir, csr, out); err != nil {
		t.Fatal(err)
	}
	if c.Cert, err = certs.ReadCert(out); err != nil {
		t.Fatal(err)
	}
}
