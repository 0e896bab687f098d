package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// Errors that callers branch on.
var (
	ErrNotYours = errors.New("not signed by this owner, or not of a claim of this owner")
	ErrOlder    = errors.New("older than what is there")
)

// MaxStatement bounds what an owner sends, bytes.
const MaxStatement = 64 << 10

// Claim names an epoch as a statement about it does: who claimed which device with which offer.
type Claim struct {
	Device certs.DeviceID
	Owner  certs.OwnerID
	Epoch  uint64
	Offer  certs.Hash // of the offer that began the epoch
}

// Standing is what the ledger says of a claim.
type Standing int

// The standings.
const (
	Unknown Standing = iota // no such claim, or another's
	Waiting                 // claimed; its records are not bound yet, or never
	Open                    // the device's newest bound epoch, and it has not ended
	Ended
)

// runs says whether a camera may be in the epoch.
func (s Standing) runs() bool { return s == Waiting || s == Open }

// Ledger is what is asked of the ledger of claims. It may veto, never choose: it is told who is said to own and says
// whether that is so. What it cannot read is Unknown. It may be called concurrently.
type Ledger interface {
	// Standing says how a claim stands.
	Standing(context.Context, Claim) (Standing, error)
	// Renewed says whether the event key of a claim was renewed by an offer.
	Renewed(context.Context, Claim, certs.Hash) (bool, error)
	// Knows says whether a device claimed this epoch, or a later one, before.
	Knows(context.Context, certs.DeviceID, uint64) (bool, error)
}

// Config says what mail needs.
type Config struct {
	Engine  *engine.Engine
	Fleet   *x509.Certificate
	Ledger  Ledger
	Metrics *metrics.Set
	Log     *slog.Logger
}

// Mail keeps and sends. It may be used concurrently.
type Mail struct {
	cfg    Config
	log    *slog.Logger
	kept   store
	bound  jetstream.Stream // to see what cameras have in force
	claims *claims
	awake  *awake
}

// New opens what is kept; it starts nothing. Run must run for offers to come in and mail to go out again.
func New(ctx context.Context, cfg Config) (*Mail, error) {
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
