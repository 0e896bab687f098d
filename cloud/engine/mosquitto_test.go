package engine_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// mosquitto runs Debian's broker with the configuration in testdata until the test ends. revoked are the certificates on
// the fleet's list.
func mosquitto(t *testing.T, fleet *certs.Fleet, revoked ...*big.Int) broker {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			t.Skip("mosquitto is not installed: Debian has it in the package of that name")
		}
	}
	dir := t.TempDir()
	write := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	port := vacant(t)
	conf := testdata(t, "mosquitto.conf")
	if strings.Count(conf, "\nlistener 8883\n") != 1 {
		t.Fatal("the configuration has another listener")
	}
	// As root it would become another user, who cannot read the test's files.
	write("mosquitto.conf", []byte(strings.Replace(conf, "\nlistener 8883\n", "\nlistener "+port+" 127.0.0.1\n", 1)+"user root\n"))
	write("devices.acl", []byte(testdata(t, "devices.acl")))
	if err := fleet.Save(dir); err != nil {
		t.Fatal(err)
	}
	server := cloudtest.ServerCert(t, fleet)
	if err := certs.WriteCert(filepath.Join(dir, "server.pem"), server.Certificate[0]); err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write("server.key", pemOf("PRIVATE KEY", key))
	crl, err := fleet.Revoke(nil, revoked, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.WriteCRL(filepath.Join(dir, "fleet.crl"), crl); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd := exec.Command(path, "-c", "mosquitto.conf")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("mosquitto: %s", said.String())
		}
	})
	b := &viaMQTT{addr: "127.0.0.1:" + port}
	b.connect(t, fleet)
	return b
}

// vacant returns a port that nobody listens on.
func vacant(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// viaMQTT is a broker to which the cloud itself is a client.
type viaMQTT struct {
	addr  string
	cloud mqtt.Client
}

// connect connects as the cloud, as soon as the broker answers.
func (b *viaMQTT) connect(t *testing.T, fleet *certs.Fleet) {
	t.Helper()
	key := cloudtest.Key(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "cloud"}, NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, fleet.Cert, &key.PublicKey, fleet.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(fleet.Cert)
	for end := time.Now().Add(cloudtest.Wait); ; time.Sleep(20 * time.Millisecond) {
		b.cloud = mqtt.NewClient(mqtt.NewClientOptions().AddBroker("ssl://" + b.addr).SetClientID("any").SetProtocolVersion(4).
			SetAutoReconnect(false).SetConnectTimeout(cloudtest.Wait).SetTLSConfig(&tls.Config{
			MinVersion: tls.VersionTLS13, RootCAs: pool, ServerName: "127.0.0.1",
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		}))
		tok := b.cloud.Connect()
		if tok.WaitTimeout(cloudtest.Wait) && tok.Error() == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("connect as the cloud: %v", tok.Error())
		}
	}
	t.Cleanup(func() { b.cloud.Disconnect(0) })
}

func (b *viaMQTT) Addr() string { return b.addr }

func (b *viaMQTT) tell(t *testing.T, topic, m string) {
	t.Helper()
	if tok := b.cloud.Publish(topic, 0, false, m); !tok.WaitTimeout(cloudtest.Wait) || tok.Error() != nil {
		t.Fatalf("publish %s: %v", topic, tok.Error())
	}
}

func (b *viaMQTT) listen(t *testing.T) <-chan said {
	t.Helper()
	ch := make(chan said, 1024)
	tok := b.cloud.Subscribe("#", 1, func(_ mqtt.Client, m mqtt.Message) { ch <- said{m.Topic(), string(m.Payload())} })
	if !tok.WaitTimeout(cloudtest.Wait) || tok.Error() != nil {
		t.Fatalf("subscribe: %v", tok.Error())
	}
	return ch
}
