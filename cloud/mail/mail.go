package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// Errors that callers branch on.
var (
	ErrNotYours = errors.New("not signed by this owner, or not of a claim of this owner")
	ErrOlder    = errors.New("older than what is there")
)

// MaxStatement bounds what an owner sends, bytes.
const MaxStatement = 64 << 10

// Config says what mail needs.
type Config struct {
	Engine  *engine.Engine
	Fleet   *x509.Certificate
	Ledger  *ledger.Store
	Metrics *metrics.Set
	Log     *slog.Logger
	// Revoked says whether a device certificate with this serial number was revoked; nil: none is. What it has signed is not
	// offered to anybody then.
	Revoked func(serial *big.Int) bool
}

// Mail keeps and sends. It may be used concurrently.
type Mail struct {
	cfg    Config
	log    *slog.Logger
	kept   store
	bound  jetstream.Stream // to see what cameras have in force
	claims *claims
	awake  *awake
	turns  turns
	again  time.Duration
}

// turns has those wait for each other who change what is kept of one device: statement and pointers change together.
type turns [64]sync.Mutex

// take waits for a device's turn and returns what ends it.
func (t *turns) take(d certs.DeviceID) (end func()) {
	mu := &t[d[len(d)-1]%byte(len(t))]
	mu.Lock()
	return mu.Unlock
}

// New opens what is kept; it starts nothing. Run must run for offers to come in and mail to go out again.
func New(ctx context.Context, cfg Config) (*Mail, error) {
	if cfg.Revoked == nil {
		cfg.Revoked = func(*big.Int) bool { return false }
	}
	js := cfg.Engine.JetStream()
	s, err := js.CreateOrUpdateStream(ctx, stream())
	if err != nil {
		return nil, fmt.Errorf("open mail: %w", err)
	}
	b, err := js.Stream(ctx, engine.Bind)
	if err != nil {
		return nil, fmt.Errorf("open bound records: %w", err)
	}
	return &Mail{
		cfg: cfg, log: cfg.Log, kept: store{js, s}, bound: b,
		claims: newClaims(),
		awake:  newAwake(),
		again:  again,
	}, nil
}

// Subject is where it is said, to whoever listens, that there may be new mail for the holder of a key.
func Subject(k certs.KeyID) string { return "post." + k.String() }

// tell says so. Nothing depends on it: who misses it looks at the next occasion.
func (m *Mail) tell(keys ...certs.KeyID) {
	for _, k := range keys {
		if err := m.cfg.Engine.Conn().Publish(Subject(k), nil); err != nil {
			m.log.Warn("tell of mail", "key", k.Short(), "err", err)
		}
	}
}

func (m *Mail) count(what string) {
	m.cfg.Metrics.GetOrCreateCounter("signet_mail_" + what + "_total").Inc()
}

// keepBack counts and logs an entry that is not what it should be where it stands.
func (m *Mail) keepBack(d certs.DeviceID, o certs.OwnerID, k kind, err error) {
	m.count("kept_back")
	m.log.Error("kept back", "device", d, "owner", o.Short(), "kind", k, "err", err)
}
