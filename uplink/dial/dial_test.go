package dial_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/certs/certstest"
	"signet/uplink/dial"
)

// A camera without a clock wakes up before every certificate's time, and connects all the same.
func TestWithoutClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in here it is the year 2000
		if time.Now().Year() >= 2020 {
			t.Skip("the certificates are valid now")
		}
		fleet := certstest.NewFleet(t)
		camera := certstest.NewCamera(t, fleet)
		key := certstest.NewKey(t)
		der, err := fleet.IssueServer(&key.PublicKey, []string{"cloud.example"})
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AddCert(fleet.Cert)
		a, b := net.Pipe()
		defer a.Close()
		defer b.Close()
		server := tls.Server(b, &tls.Config{
			MinVersion:   tls.VersionTLS13,
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    pool,
			Time:         func() time.Time { return certstest.Time },
		})
		done := make(chan error, 1)
		go func() {
			if err := server.Handshake(); err != nil {
				done <- err
				return
			}
			_, err := server.Write([]byte("x"))
			done <- err
		}()
		cfg := dial.Config{
			Certificate: tls.Certificate{Certificate: [][]byte{camera.DeviceCert}, PrivateKey: camera.DeviceKey},
			CA:          fleet.Cert,
		}
		client := tls.Client(a, cfg.TLS("cloud.example"))
		if _, err := client.Read(make([]byte, 1)); err != nil {
			t.Errorf("client: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("server: %v", err)
		}
		if v := client.ConnectionState().Version; v != tls.VersionTLS13 {
			t.Errorf("TLS version %#x", v)
		}
	})
}

// Every failure becomes one line that names the address, keeps its cause, and mostly has a hint.
func TestExplain(t *testing.T) {
	cfg := dial.Config{CA: certstest.NewFleet(t).Cert}
	for _, c := range []struct {
		err  error
		says string
	}{
		{fmt.Errorf("x: %w", context.DeadlineExceeded), "no answer"},
		{&net.DNSError{Name: "cloud.example", IsNotFound: true}, "the name cloud.example is not known"},
		{&net.DNSError{Name: "cloud.example", IsTimeout: true}, "no name server says who cloud.example is"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, "the cloud's certificate is not valid at this time"},
		{errors.New("tls: something else"), "something else"},
	} {
		err := cfg.Explain(c.err, "h:1")
		if err.Error() != "connect to h:1: "+c.says || !errors.Is(err, c.err) && !strings.Contains(c.says, "not valid") {
			t.Errorf("%v: %v", c.err, err)
		}
		if again := cfg.Explain(fmt.Errorf("again: %w", err), "h:1"); !errors.Is(again, err) {
			t.Errorf("explained twice: %v", again)
		}
	}
}

// Two fleets may have the same name: the line says that they are two all the same, and which.
func TestExplainAnotherCAOfTheSameName(t *testing.T) {
	fleet, other := certstest.NewFleet(t), certstest.NewFleet(t)
	key := certstest.NewKey(t)
	der, err := other.IssueServer(&key.PublicKey, []string{"cloud.example"})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if cert.Issuer.CommonName != fleet.Cert.Subject.CommonName {
		t.Fatal("the fleets have different names")
	}
	got := dial.Config{CA: fleet.Cert}.Explain(x509.UnknownAuthorityError{Cert: cert}, "h:1")
	want := fmt.Sprintf(" with the key %x… but by another CA of the same name, with the key %x…", fleet.Cert.SubjectKeyId[:4], other.Cert.SubjectKeyId[:4])
	if !strings.HasSuffix(got.Error(), want) {
		t.Errorf("%v\nwants %s", got, want)
	}
	var e *dial.Error
	if !errors.As(got, &e) || !strings.Contains(e.Hint(), "enrol the camera again") {
		t.Errorf("hint: %v", e)
	}
}

func TestSplitAddr(t *testing.T) {
	if h, err := dial.SplitAddr("[::1]:8883"); h != "::1" || err != nil {
		t.Errorf("%q, %v", h, err)
	}
	for _, bad := range []string{"", "host", ":8883", "host:", "a:b:c", "https://host:1"} {
		if h, err := dial.SplitAddr(bad); err == nil {
			t.Errorf("%q gives host %q", bad, h)
		}
	}
}
