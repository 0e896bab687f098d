package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"golang.org/x/time/rate"

	"signet/certs"
)

// Accounts keep apart who connects, who decides about it, and the server's own events.
const (
	fleetAccount = "FLEET"
	authAccount  = "AUTH"
	accounts     = "accounts: { FLEET: { jetstream: enabled }, AUTH: {}, SYS: {} }\nsystem_account: SYS"
)

// DefaultPartitions is how many workers bind side by side. It may not change while messages are waiting.
const DefaultPartitions = 4

// Config says how the engine runs.
type Config struct {
	Dir        string            // folder of JetStream, made with mode 0700
	Addr       string            // host:port of the MQTT listener; port 0 picks one
	Cert       tls.Certificate   // the server's, for Addr's host
	Fleet      *x509.Certificate // CA of the device certificates
	Partitions int               // of incoming records; 0 is DefaultPartitions
	Handshakes rate.Limit        // a second, at most; 0 is 1000
	MaxConns   int               // 0 is 16384
	Memory     int64             // bytes of streams in memory, at most; 0 is 128 MiB
	Log        *slog.Logger

	// Revoked says whether a device certificate with this serial number was revoked; nil: none is. It may be called
	// concurrently. Whoever changes its answer calls Expel.
	Revoked func(serial *big.Int) bool

	Free func(dir string) (bytes uint64, err error) // of the disk; nil asks the file system
}

// Engine is a running nats-server and the connections of this process into it. Its methods may be called concurrently.
type Engine struct {
	cfg     Config
	log     *slog.Logger
	srv     *server.Server
	opts    *server.Options
	gate    gate
	doors   *doors
	issuer  nkeys.KeyPair // signs who may connect; lives as long as this process
	auth    *nats.Conn
	authSub *nats.Subscription
	conn    *nats.Conn
	js      jetstream.JetStream
	refused atomic.Uint64
	unheard atomic.Uint64 // offers
	started time.Time
	done    chan struct{}
	wg      sync.WaitGroup
}

// Open starts the engine and returns when its streams stand. Cameras are let in after Admit.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Partitions == 0 {
		cfg.Partitions = DefaultPartitions
	}
	if cfg.Handshakes == 0 {
		cfg.Handshakes = 1000
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 16384
	}
	if cfg.Memory == 0 {
		cfg.Memory = 128 << 20
	}
	if cfg.Free == nil {
		cfg.Free = freeBytes
	}
	if cfg.Revoked == nil {
		cfg.Revoked = func(*big.Int) bool { return false }
	}
	e := &Engine{cfg: cfg, log: cfg.Log, started: time.Now(), done: make(chan struct{}), doors: newDoors(cfg.Revoked)}
	e.gate.limit = rate.NewLimiter(cfg.Handshakes, max(1, int(cfg.Handshakes)))
	if err := e.open(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

func (e *Engine) open(ctx context.Context) error {
	if err := writable(e.cfg.Dir); err != nil {
		return err
	}
	if err := e.Room(RoomForRecords); err != nil {
		return fmt.Errorf("open state folder: %w", err)
	}
	if err := vacant(e.cfg.Addr); err != nil {
		return err
	}
	inside, err := nkeys.CreateUser()
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	door, err := nkeys.CreateUser()
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if e.issuer, err = nkeys.CreateAccount(); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if err := e.startServer(inside, door); err != nil {
		return err
	}
	if e.auth, err = e.connect("auth", door); err != nil {
		return err
	}
	if err := e.serveAuthentication(2 * runtime.GOMAXPROCS(0)); err != nil {
		return err
	}
	if e.conn, err = e.connect("inside", inside); err != nil {
		return err
	}
	if e.js, err = jetstream.New(e.conn); err != nil {
		return fmt.Errorf("open streams: %w", err)
	}
	return createStreams(ctx, e.js, e.cfg.Partitions)
}

// startServer starts nats-server. Nobody but this process and MQTT clients can connect: the NATS port stays closed.
func (e *Engine) startServer(inside, door nkeys.KeyPair) error {
	host, portText, err := net.SplitHostPort(e.cfg.Addr)
	if err != nil {
		return fmt.Errorf("parse MQTT address: %w", err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return fmt.Errorf("parse MQTT address: port %q", portText)
	}
	insideKey, err1 := inside.PublicKey()
	doorKey, err2 := door.PublicKey()
	issuer, err3 := e.issuer.PublicKey()
	if err := errors.Join(err1, err2, err3); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	o := &server.Options{}
	if err := o.ProcessConfigString(accounts); err != nil {
		return fmt.Errorf("configure engine: %w", err)
	}
	o.ServerName = "signet-cloud"
	o.DontListen = true
	o.NoSigs = true
	o.DisableJetStreamBanner = true
	o.MaxConn = e.cfg.MaxConns
	o.MaxPayload = maxPayload
	o.AuthTimeout = 30
	o.JetStream = true
	o.StoreDir = e.cfg.Dir
	o.SyncAlways = true // before a receipt is signed, the record is on the disk
	o.JetStreamMaxMemory = e.cfg.Memory
	o.JetStreamMaxStore = math.MaxInt64 / 2 // else limits of streams are reserved, and refused on a small disk
	o.MQTT = server.MQTTOpts{
		Host:        host,
		Port:        int(port),
		TLSConfig:   e.gate.tlsConfig(e.cfg.Cert, e.cfg.Fleet),
		TLSTimeout:  30, // with the default of 2 s most of 13,000 simultaneous connects fail
		AuthTimeout: 30,
	}
	if port == 0 {
		o.MQTT.Port = -1
	}
	only := map[string]struct{}{jwt.ConnectionTypeInProcess: {}}
	for _, a := range o.Accounts {
		switch a.GetName() {
		case fleetAccount:
			o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: insideKey, Account: a, AllowedConnectionTypes: only})
		case authAccount:
			o.Nkeys = append(o.Nkeys, &server.NkeyUser{Nkey: doorKey, Account: a, AllowedConnectionTypes: only})
		}
	}
	o.AuthCallout = &server.AuthCallout{Issuer: issuer, Account: authAccount, AuthUsers: []string{insideKey, doorKey}}
	if e.srv, err = server.NewServer(o); err != nil {
		return fmt.Errorf("make engine: %w", err)
	}
	e.opts = o
	log := &serverLog{log: e.log}
	e.srv.SetLogger(log, false, false)
	e.srv.Start()
	if !e.srv.ReadyForConnections(30 * time.Second) {
		if f := log.firstFatal(); f != "" {
			return fmt.Errorf("start engine: %s", f)
		}
		return errors.New("start engine: not ready after 30 s")
	}
	return nil
}

func (e *Engine) connect(name string, key nkeys.KeyPair) (*nats.Conn, error) {
	pub, err := key.PublicKey()
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", name, err)
	}
	c, err := nats.Connect("", nats.InProcessServer(e.srv), nats.Name(name), nats.Nkey(pub, key.Sign),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			e.log.Warn("engine connection", "name", name, "err", err)
		}))
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", name, err)
	}
	return c, nil
}

// Admit lets cameras in: until then handshakes are shed.
func (e *Engine) Admit() { e.gate.open.Store(true) }

// Addr is where cameras connect, host:port.
func (e *Engine) Addr() string {
	return net.JoinHostPort(e.opts.MQTT.Host, strconv.Itoa(e.opts.MQTT.Port))
}

// JetStream is this process's way to the streams.
func (e *Engine) JetStream() jetstream.JetStream { return e.js }

// Conn is this process's way to the cameras: what is published to a camera's subject reaches its topic.
func (e *Engine) Conn() *nats.Conn { return e.conn }

// Started is when this process opened the engine. What a camera said about its connection before then is past.
func (e *Engine) Started() time.Time { return e.started }

// Partitions says how many consumers INCOMING has.
func (e *Engine) Partitions() int { return e.cfg.Partitions }

// Refused counts connections that the authentication refused.
func (e *Engine) Refused() uint64 { return e.refused.Load() }

// Shed counts handshakes that the gate ended.
func (e *Engine) Shed() uint64 { return e.gate.shed.Load() }

// Publish sends b to a camera, at most once; nothing waits for a camera that is not connected.
func (e *Engine) Publish(d certs.DeviceID, c Channel, b []byte) error {
	if err := e.conn.Publish(DeviceSubject(d, c), b); err != nil {
		return fmt.Errorf("publish to %s: %w", d, err)
	}
	return nil
}

// Close ends the server and waits for its end. Streams are synced.
func (e *Engine) Close() {
	e.gate.open.Store(false)
	if e.conn != nil {
		e.conn.Close()
	}
	close(e.done)
	e.wg.Wait()
	if e.auth != nil {
		e.auth.Close()
	}
	if e.srv != nil {
		e.srv.Shutdown()
		e.srv.WaitForShutdown()
	}
}

// writable makes dir and tries to write into it, for an error that names it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make state folder: %w", err)
	}
	probe := filepath.Join(dir, ".probe")
	if err := os.WriteFile(probe, []byte("probe"), 0o600); err != nil {
		_ = os.Remove(probe)
		return fmt.Errorf("write to state folder: %w", err)
	}
	return os.Remove(probe)
}

// vacant tries the address first: the server itself would only log that it is taken.
func vacant(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for cameras: %w", err)
	}
	return l.Close()
}
