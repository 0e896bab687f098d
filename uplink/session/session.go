package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"signet/certs"
	"signet/internal/hint"
	"signet/uplink/backoff"
	"signet/uplink/dial"
	"signet/uplink/spool"
)

// Config of a session. Device, Addr, Dial, Fleet and Spool are required; the zero value of the others stands for the default
// that they name.
type Config struct {
	Device certs.DeviceID
	Addr   string // of the cloud's MQTT listener, "host:port"
	Dial   dial.Config
	Fleet  *x509.Certificate // CA of the camera's fleet, whose clouds alone may sign receipts, whatever CA Dial trusts
	Spool  *spool.Spool      // the session is its one reader

	FirstWithin time.Duration // the first connection is made at a random time within this; default 10 s, negative for at once
	BacklogRate float64       // records of the backlog a second; default 10
	Receipt     time.Duration // how long a record waits for its receipt before it is sent again, at first; default 10 s

	// Hooks; each may be nil. Their bytes are as they came: size-limited, not yet parsed.
	OnGrant  func([]byte)
	OnPolicy func([]byte)
	OnLive   func([]byte)

	// Told from the session's own goroutine: they must return quickly.
	OnConnected func(bool)                            // the connection came up, or went
	OnBound     func([]spool.Range)                   // the cloud has these records
	OnForgotten func()                                // the cloud does not know the claim: a claimed record is wanted; at most once an hour
	OnRefused   func(p spool.Position, reason string) // the cloud set this record aside, and so did the spool

	Log *slog.Logger // default: none
}

const (
	window      = 16               // records without a receipt, at most (docs/protocol.md)
	backlogPart = 12               // of them, at most, from the backlog
	recent      = time.Minute      // what is younger when the connection comes up is live
	keepAlive   = 30 * time.Second // MQTT's; half-open connections are noticed by pingTimeout after it
	pingTimeout = 20 * time.Second
	handshake   = 30 * time.Second // for each of: TCP and TLS, CONNACK, SUBACK
	farewell    = time.Second      // for the last word when Run ends
	maxReceipt  = 5 * time.Minute  // a record waits at most this long before it is sent again
)

// ErrNotConnected says that there is no connection to the cloud right now.
var ErrNotConnected = errors.New("not connected to the cloud")

// ErrBusy says that more was asked for than the connection takes.
var ErrBusy = errors.New("uplink is busy")

// Session is the camera's MQTT side. See the package comment.
type Session struct {
	cfg Config
	tls *tls.Config // keeps tickets

	down    down          // what the cloud said, still to be handled
	answers chan []byte   // still to be published
	backlog *rate.Limiter // kept over connections

	// Of Run's goroutine.
	recents recents
	first   firsts
	pace    pace
	wait    backoff.Backoff
	spread  time.Duration // the cloud's wish

	forgotten forgotten

	mu    sync.Mutex
	stats Stats
}

// New checks cfg and returns a session that does nothing before Run.
func New(cfg Config) (*Session, error) {
	host, err := dial.SplitAddr(cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("new session: cloud's %w", err)
	}
	if err := cfg.Dial.Check(); err != nil {
		return nil, fmt.Errorf("new session: %w", err)
	}
	if cfg.Fleet == nil {
		return nil, errors.New("new session: no CA of the fleet")
	}
	if cfg.Spool == nil || cfg.Device == (certs.DeviceID{}) {
		return nil, errors.New("new session: no spool or no device id")
	}
	if cfg.FirstWithin == 0 {
		cfg.FirstWithin = 10 * time.Second
	}
	if cfg.BacklogRate <= 0 {
		cfg.BacklogRate = 10
	}
	if cfg.Receipt <= 0 {
		cfg.Receipt = 10 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Session{
		cfg:     cfg,
		tls:     cfg.Dial.TLS(host),
		down:    newDown(),
		answers: make(chan []byte, 4),
		backlog: rate.NewLimiter(rate.Limit(cfg.BacklogRate), 2*window),
		pace:    pace{least: cfg.Receipt},
	}, nil
}

// Run keeps a connection until ctx ends, and returns ctx.Err(). Every failure of a connection is logged, shown in Stats and
// tried again.
func (s *Session) Run(ctx context.Context) error {
	var hooks sync.WaitGroup
	defer hooks.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hooks.Go(func() { s.serve(ctx, s.down.grant, s.cfg.OnGrant, s.down.policy, s.cfg.OnPolicy) })
	hooks.Go(func() { s.serve(ctx, s.down.live, s.cfg.OnLive, nil, nil) })

	previous, _ := s.cfg.Spool.Previous()
	s.recents.last = previous
	s.recents.note(time.Now(), s.cfg.Spool.Last())
	pause := time.Duration(0)
	if s.cfg.FirstWithin > 0 {
		pause = rand.N(s.cfg.FirstWithin)
	}
	for {
		if err := s.rest(ctx, pause); err != nil {
			return err
		}
		s.first.scan(ctx, s.cfg.Spool)
		began := time.Now()
		err := s.connection(ctx)
		if ctx.Err() != nil {
			s.setConnected(false, nil)
			return ctx.Err()
		}
		s.setConnected(false, err)
		s.forgot(err)
		s.wait.Lasted(time.Since(began))
		s.wait.Spread(s.spread)
		pause = s.wait.Next()
		s.cfg.Log.Warn("uplink: no connection", "err", err, "retry", pause.Round(100*time.Millisecond), "hint", hint.Own(err))
	}
}

// rest waits, and keeps note of when records are appended.
func (s *Session) rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.cfg.Spool.Ready():
			s.recents.note(time.Now(), s.cfg.Spool.Last())
		case <-timer.C:
			return ctx.Err()
		}
	}
}

// PublishAnswer sends a viewer answer, QoS 0. It does not wait for the network. The error is ErrNotConnected or ErrBusy.
// It may be called concurrently.
func (s *Session) PublishAnswer(b []byte) error {
	if !s.Connected() {
		return ErrNotConnected
	}
	select {
	case s.answers <- b:
		return nil
	default:
		return ErrBusy
	}
}

func (s *Session) topic(channel string) string {
	return "signet/v1/" + s.cfg.Device.String() + "/" + channel
}
