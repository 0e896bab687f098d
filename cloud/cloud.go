// Package cloud is the reference cloud in one process: cameras on MQTT and HTTPS, owners on HTTPS, one state folder.
//
//	engine      nats-server as a library: MQTT over mutual TLS, streams
//	bind        each record to the owner that it names, or into quarantine
//	ledger      claims that devices have signed; it may veto, never choose
//	revocation  which device certificates count no longer
//	media       sealed clip parts, as files
//	mail        what owners and cameras sign for each other, until it is in force
//	deliver     the owner's API
//
// This package joins them. New reads and opens nothing but the folder's keys; Run owns everything that runs.
package cloud

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/revocation"
)

// Config says how the cloud runs. Only Dir must be set.
type Config struct {
	Dir     string       // state folder, made by Init
	MQTT    string       // host:port for cameras; default 127.0.0.1:8883; port 0 picks one
	HTTPS   string       // host:port for owners and uploads; default 127.0.0.1:8443; port 0 picks one
	Origins []string     // of the page, "https://host:port"; default: the hosts of the server certificate
	Log     *slog.Logger // nil is slog.Default

	// Page makes the owner's page at / for the fleet CA; nil serves none.
	Page func(fleet *x509.Certificate) http.Handler

	// Reserve is how many bytes of the disk media leaves free; 0 is 64 MiB.
	Reserve uint64
	// Quota is how many bytes of media a camera may upload a day; 0 is 8 GiB.
	Quota int64
	// Wait is how long a contested claim waits; 0 is a day.
	Wait time.Duration
	// Patience is passed on to bind.
	Patience []time.Duration

	// For tests only; see deliver.Config.
	InterceptRecord func(owner certs.OwnerID, seq uint64, record []byte) []byte
	InterceptMedia  func(owner certs.OwnerID, seq uint64, hash certs.Hash, ciphertext []byte) []byte
}

// Cloud is one cloud. Its methods may be called concurrently.
type Cloud struct {
	cfg     Config
	log     *slog.Logger
	id      *identity
	metrics *metrics.Set

	ready   chan struct{} // closed when the fields below are set
	engine  *engine.Engine
	revoked *revocation.List
	https   net.Listener
	began   time.Time
}

// New reads the keys of the state folder. It starts nothing.
func New(cfg Config) (*Cloud, error) {
	if cfg.MQTT == "" {
		cfg.MQTT = "127.0.0.1:8883"
	}
	if cfg.HTTPS == "" {
		cfg.HTTPS = "127.0.0.1:8443"
	}
	if cfg.Reserve == 0 {
		cfg.Reserve = 64 << 20
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	id, err := loadIdentity(cfg.Dir)
	if err != nil {
		return nil, err
	}
	return &Cloud{cfg: cfg, log: cfg.Log, id: id, metrics: metrics.NewSet(), ready: make(chan struct{})}, nil
}

// Ready is closed when cameras and owners are let in.
func (c *Cloud) Ready() <-chan struct{} { return c.ready }

// MQTTAddr is where cameras connect, host:port. After Ready.
func (c *Cloud) MQTTAddr() string { return c.engine.Addr() }

// HTTPSAddr is where owners connect, host:port. After Ready.
func (c *Cloud) HTTPSAddr() string { return c.https.Addr().String() }

// Fleet is the CA that cameras and owners pin.
func (c *Cloud) Fleet() *x509.Certificate { return c.id.fleet }

// JetStream is the way behind the cloud's back, for tests. After Ready.
func (c *Cloud) JetStream() jetstream.JetStream { return c.engine.JetStream() }

// Run runs the cloud until ctx ends, and returns when all of it has ended. It returns nil for an end that was asked
// for. It is called once.
func (c *Cloud) Run(ctx context.Context) error {
	held, err := lock(c.cfg.Dir)
	if err != nil {
		return err
	}
	defer held.Close()
	c.began = time.Now()
	if c.https, err = net.Listen("tcp", c.cfg.HTTPS); err != nil {
		return fmt.Errorf("listen for owners: %w", err)
	}
	defer c.https.Close()
	if c.revoked, err = revocation.Open(filepath.Join(c.cfg.Dir, crlFile), c.id.fleet, c.log); err != nil {
		return err
	}
	if c.engine, err = engine.Open(ctx, engine.Config{
		Dir: filepath.Join(c.cfg.Dir, engineDir), Addr: c.cfg.MQTT, Cert: c.id.server, Fleet: c.id.fleet, Log: c.log,
		Revoked: c.revoked.Has,
	}); err != nil {
		return err
	}
	defer c.engine.Close()
	parts, handler, err := c.wire(ctx)
	if err != nil {
		return err
	}
	socket, err := c.listenStatus()
	if err != nil {
		return err
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts = append(parts,
		func(ctx context.Context) error { return c.revoked.Run(ctx, func() { c.engine.Expel() }) },
		func(ctx context.Context) error { return serve(ctx, tls.NewListener(c.https, c.tls()), handler, c.log) },
	)
	if socket != nil {
		defer socket.Close()
		parts = append(parts, func(ctx context.Context) error { return serve(ctx, socket, c.statusHandler(), c.log) })
	}
	done := make(chan error, len(parts))
	for _, run := range parts {
		go func() { done <- run(ctx) }()
	}
	c.engine.Admit()
	close(c.ready)
	c.log.Info("cloud is up", "mqtt", c.MQTTAddr(), "https", c.HTTPSAddr(), "dir", c.cfg.Dir)
	var failed error
	for range parts {
		if err := <-done; err != nil && failed == nil {
			failed = err
		}
		cancel(failed) // one ends, all end
	}
	return failed
}

// tls is TLS 1.3 for browsers and cameras on one port. A client certificate is only asked for: what needs one looks.
func (c *Cloud) tls() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(c.id.fleet)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{c.id.server},
		ClientAuth:   tls.VerifyClientCertIfGiven,
		ClientCAs:    pool,
		NextProtos:   []string{"h2", "http/1.1"},
	}
}

// serve serves until ctx ends. Streams end with ctx; other requests are given two seconds.
func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			srv.Close()
		}
		err = <-ended
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// maxSocketPath is what fits into a socket's address (unix(7) has 108 bytes, other systems 104).
const maxSocketPath = 103

// listenStatus opens the status socket, for the same user only; nil where the folder's path is too long for one.
func (c *Cloud) listenStatus() (net.Listener, error) {
	path := Socket(c.cfg.Dir)
	if len(path) > maxSocketPath {
		c.log.Warn("no status socket: the state folder's path is too long", "dir", c.cfg.Dir)
		return nil, nil
	}
	_ = os.Remove(path) // left by a crash; the lock says that nobody uses it
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for status: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("listen for status: %w", err)
	}
	return l, nil
}
