// Package dial opens connections from a camera to its cloud: mutual TLS 1.3, the cloud's certificate checked against exactly
// one CA, and errors that say in one line what to do.
//
// MQTT and HTTPS use the same [Ring], which holds the [Config] in force, each with its own [Caller], since tickets of one
// server do not resume sessions of another.
package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// ErrRevoked says that the fleet has revoked the cloud's certificate.
var ErrRevoked = errors.New("certificate was revoked by the fleet")

// Config says who calls and who may answer.
type Config struct {
	Certificate tls.Certificate   // the device's, with its key
	CA          *x509.Certificate // must have issued the cloud's certificate
	Fleet       *x509.Certificate // CA of the camera's fleet, whose clouds alone may sign receipts, whatever CA is; nil: CA
	ServerName  string            // name or address in the cloud's certificate; "" for the host that is called

	// Revoked says whether the fleet has revoked the certificate of that serial number, which it issued. nil: none.
	Revoked func(serial *big.Int) bool
}

// clockFloor is before no build of this program. A camera without a battery wakes up in 1970, when no certificate is
// valid yet.
var clockFloor = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func now() time.Time {
	if t := time.Now(); t.After(clockFloor) {
		return t
	}
	return clockFloor
}

// Check reports what is missing in c.
func (c Config) Check() error {
	switch {
	case len(c.Certificate.Certificate) == 0 || c.Certificate.PrivateKey == nil:
		return errors.New("no device certificate")
	case c.CA == nil:
		return errors.New("no CA of the cloud")
	}
	return nil
}

// TLS returns the camera's side of mutual TLS 1.3 with the host. It keeps tickets, so that a second handshake costs
// less: use it again for the next connection to the same server.
func (c Config) TLS(host string) *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(c.CA)
	name := c.ServerName
	if name == "" {
		name = host
	}
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		RootCAs:            pool,
		ServerName:         name,
		Certificates:       []tls.Certificate{c.Certificate},
		ClientSessionCache: tls.NewLRUClientSessionCache(2),
		VerifyConnection:   c.verify, // of resumed sessions too
		Time:               now,
	}
}

// FleetCA returns the CA whose clouds may sign receipts.
func (c Config) FleetCA() *x509.Certificate {
	if c.Fleet != nil {
		return c.Fleet
	}
	return c.CA
}

// verify refuses a server whose certificate the fleet has issued and revoked.
func (c Config) verify(s tls.ConnectionState) error {
	for _, chain := range s.VerifiedChains {
		if n := len(chain); n > 1 && chain[n-1].Equal(c.FleetCA()) && c.IsRevoked(chain[n-2].SerialNumber) {
			return ErrRevoked
		}
	}
	return nil
}

// IsRevoked says whether the fleet has revoked the certificate of that serial number.
func (c Config) IsRevoked(serial *big.Int) bool { return c.Revoked != nil && c.Revoked(serial) }

// sendBuffer bounds what the kernel takes before a write waits, in bytes (the kernel doubles it). It keeps a slow uplink
// from hiding seconds of data behind every alarm, and still fills 10 Mbit/s over 100 ms.
const sendBuffer = 64 << 10

// Dial connects to addr, "host:port", with a tls.Config from TLS. Its error is one that Explain made.
func (c Config) Dial(ctx context.Context, addr string, conf *tls.Config) (*tls.Conn, error) {
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, c.Explain(err, addr)
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // a wish
	}
	conn := tls.Client(raw, conf)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, c.Explain(err, addr)
	}
	return conn, nil
}

// SplitAddr checks that addr is "host:port" and returns the host.
func SplitAddr(addr string) (host string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" || port == "" {
		return "", fmt.Errorf("address %q is not host:port", addr)
	}
	return host, nil
}
