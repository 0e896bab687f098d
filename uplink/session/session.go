package session

import (
	"context"
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

// Config of a session. Device, Addr, Dial and Spool are required; the zero value of the others stands for the default
// that they name.
type Config struct {
	Device certs.DeviceID
	Addr   string // of the cloud's MQTT listener, "host:port"
	Dial   *dial.Ring
	Spool  *spool.Spool // the session is its one reader

	FirstWithin time.Duration // the first connection is made at a random time within this; default 10 s, negative for at once
	BacklogRate float64       // records of the backlog a second; default 10
	Receipt     time.Duration // how long a record waits for its receipt before it is sent again, at first; default 10 s

	// Hooks; each may be nil. Their bytes are as they came: size-limited, not yet parsed. What changes the ownership comes from
	// one goroutine.
	OnGrant   func([]byte)
	OnPolicy  func([]byte)
	OnRelease func([]byte)
	OnEpoch   func([]byte) // an earlier offer of this device
	OnLive    func([]byte)

	// Told from the session's own goroutine: they must return quickly.
	OnConnected func(bool)                            // the connection came up, or went
	OnTime      func(time.Time)                       // so late it is at least, as a receipt says
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

// Session is the camera's MQTT side. See the package comment.
type Session struct {
	cfg    Config
	caller *dial.Caller

	down    down          // what the cloud said, still to be handled
	up      chan outgoing // still to be published
	soon    chan struct{} // one token: the next connection is not to wait
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
	if cfg.Dial == nil || cfg.Spool == nil || cfg.Device == (certs.DeviceID{}) {
		return nil, errors.New("new session: no way to dial, no spool or no device id")
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
		caller:  cfg.Dial.Caller(host),
		down:    newDown(),
		up:      make(chan outgoing, 4),
		soon:    make(chan struct{}, 1),
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
	hooks.Go(func() { s.serveOwnership(ctx) })
	hooks.Go(func() { s.serveLive(ctx) })

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

// rest waits, or until TryNow, and keeps note of when records are appended.
func (s *Session) rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	least := time.Now().Add(min(d, backoff.Floor))
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.cfg.Spool.Ready():
			s.recents.note(time.Now(), s.cfg.Spool.Last())
		case <-s.soon:
			timer.Reset(time.Until(least))
		case <-timer.C:
			return ctx.Err()
		}
	}
}

// TryNow ends a pause between attempts to connect, for when there is reason to believe that the network has just come. It
// keeps the shortest pause. It may be called concurrently.
func (s *Session) TryNow() {
	select {
	case s.soon <- struct{}{}:
	default:
	}
}

func (s *Session) topic(channel string) string {
	return "signet/v1/" + s.cfg.Device.String() + "/" + channel
}
