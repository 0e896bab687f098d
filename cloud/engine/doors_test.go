package engine_test

import (
	"math/big"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// A live connection whose certificate is revoked is closed, and the next one refused; of others nothing happens. Another
// certificate of the same device is let in, and what came before is still known by the one that it came with.
func TestRevokedCertificateIsShutOut(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	var revoked atomic.Pointer[big.Int]
	e := open(t, fleet, func(c *engine.Config) {
		c.Revoked = func(s *big.Int) bool { r := revoked.Load(); return r != nil && r.Cmp(s) == 0 }
	})
	thief, other := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
	lost := make(chan certs.DeviceID, 4)
	connect := func(c *cloudtest.Camera) *cloudtest.Session {
		return c.Connect(e.Addr(), func(o *mqtt.ClientOptions) {
			o.SetConnectionLostHandler(func(mqtt.Client, error) { lost <- c.ID })
		})
	}
	connect(thief)
	s := connect(other)
	if n := e.Expel(); n != 0 {
		t.Errorf("%d are expelled", n)
	}
	before := time.Now()
	cert, err := certs.VerifyDeviceCertificate(thief.Cert, fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	revoked.Store(cert.Serial)
	if !e.Revoked(thief.ID, before) || e.Revoked(other.ID, before) || e.Revoked(certs.NewDeviceID(), before) {
		t.Error("what came on a connection is not known by it")
	}
	if n := e.Expel(); n != 1 {
		t.Errorf("%d are expelled", n)
	}
	select {
	case id := <-lost:
		if id != thief.ID {
			t.Error("another camera is disconnected")
		}
	case <-time.After(cloudtest.Wait):
		t.Fatal("the revoked camera stays")
	}
	refused := e.Refused()
	if _, err := thief.Dial(e.Addr(), thief.ID.String()); err == nil {
		t.Error("the revoked camera is let in")
	}
	if e.Refused() != refused+1 {
		t.Error("the refusal is not counted")
	}
	if thief.Cert, err = fleet.IssueDevice(cert.Key, thief.ID, certs.KeyInFile); err != nil {
		t.Fatal(err)
	}
	connect(thief)
	if !e.Revoked(thief.ID, before) || e.Revoked(thief.ID, time.Now()) {
		t.Error("the new connection is judged by the old one's certificate, or the other way round")
	}
	s.Send(cloudtest.Topic(other.ID, "status"), 1, true, []byte("online"))
	if !s.IsConnected() || e.Expel() != 0 {
		t.Error("somebody else is disconnected")
	}
}
