package bind

import (
	"bytes"
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
	"golang.org/x/time/rate"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/limit"
)

// Config says what binding needs.
type Config struct {
	Engine  *engine.Engine
	Ledger  *ledger.Store
	Fleet   *x509.Certificate
	Signer  Signer
	Chains  *Chains
	Metrics *metrics.Set
	Log     *slog.Logger
	// Revoked says whether a device certificate with this serial number was revoked; nil: none is. A claim that is news
	// is refused then. The certificate of a connection is the engine's to ask for.
	Revoked func(serial *big.Int) bool
	// Patience is how long a record waits for a claim or certificate that may still come, because records can overtake
	// each other; after each wait it is tried once more. Nil is 1, 2, 4 and 8 seconds.
	Patience []time.Duration
	// Rate is how many records of one device are decided a second, and Burst how many at once before that; 0 is 50 and
	// 512. More would hold up the others of its partition.
	Rate  rate.Limit
	Burst int
	// Kept is how many bytes of one device are put into quarantine a day, all of them at once; 0 is 64 MiB. More would
	// push out what others have there. What is beyond has no receipt: the camera keeps it.
	Kept int
}

// Binder runs one worker a partition.
type Binder struct {
	cfg    Config
	js     jetstream.JetStream
	stream jetstream.Stream
	ledger *ledger.Store
	raised *limit.Keyed[certs.DeviceID] // newest offers that were sent back
	log    *slog.Logger
}

// New prepares binding; it starts nothing.
func New(ctx context.Context, cfg Config) (*Binder, error) {
	if cfg.Patience == nil {
		cfg.Patience = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
	}
	if cfg.Rate == 0 {
		cfg.Rate = 50
	}
	if cfg.Burst == 0 {
		cfg.Burst = 512
	}
	if cfg.Kept == 0 {
		cfg.Kept = 64 << 20
	}
	if cfg.Revoked == nil {
		cfg.Revoked = func(*big.Int) bool { return false }
	}
	js := cfg.Engine.JetStream()
	s, err := js.Stream(ctx, engine.Bind)
	if err != nil {
		return nil, fmt.Errorf("open bound records: %w", err)
	}
	return &Binder{
		cfg: cfg, js: js, stream: s, ledger: cfg.Ledger, log: cfg.Log,
		raised: limit.New[certs.DeviceID](rate.Every(raiseEvery), 1, maxDevices),
	}, nil
}

// Run binds until ctx ends. A worker that fails ends all.
func (b *Binder) Run(asked context.Context) error {
	ctx, cancel := context.WithCancelCause(asked)
	defer cancel(nil)
	stop, err := b.cfg.Engine.Offers(func(d certs.DeviceID, m []byte) {
		if err := b.hear(ctx, d, m); err != nil && ctx.Err() == nil {
			b.log.Debug("offer is not looked at", "device", d, "err", oneLine(err.Error()))
		}
	})
	if err != nil {
		return err
	}
	defer stop()
	var wg sync.WaitGroup
	for p := range b.cfg.Engine.Partitions() {
		c, err := b.cfg.Engine.PartitionConsumer(ctx, p)
		if err != nil {
			cancel(err)
			break
		}
		w := newWorker(b)
		wg.Go(func() {
			if err := w.run(ctx, c); err != nil {
				cancel(fmt.Errorf("bind partition %d: %w", p, err))
			}
		})
	}
	wg.Wait()
	if asked.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// outcome is what was decided.
type outcome int

const (
	bound outcome = iota
	duplicate
	refused
	early   // not yet decided: try again later
	dropped // not decided: the camera sends it again
	held    // not decided: its claim waits, and the camera sends it again
)

// decide says what becomes of a message that came at a time, and has done it when it returns. An error means that nothing
// was decided.
func (w *worker) decide(ctx context.Context, device certs.DeviceID, raw []byte, received time.Time, lastTry bool) (outcome, *message, *refusal, error) {
	if err := w.cfg.Engine.Room(engine.RoomForRecords); err != nil {
		return 0, nil, nil, err
	}
	m, no := read(device, raw)
	if no == nil && w.cfg.Engine.Revoked(device, received) {
		no = refuse(Revoked, errors.New("it came on a connection whose certificate was revoked"))
	}
	if no == nil {
		var err error
		if no, err = m.prove(ctx, w.cfg.Chains, w.cfg.Fleet); err != nil {
			return 0, m, nil, err
		}
		m.revoked = m.claim != nil && w.cfg.Revoked(m.claim.Serial())
	}
	if no == nil {
		what, n, err := w.bind(ctx, m)
		if err != nil {
			return 0, m, nil, err
		}
		if no = n; no == nil {
			return what, m, nil, nil
		}
	}
	switch {
	case no.reason == waiting:
		return held, m, no, nil
	case no.early && !lastTry:
		return early, m, no, nil
	}
	if _, ok := w.kept.Take(device, len(raw)); !ok {
		return dropped, m, no, nil
	}
	return refused, m, no, w.quarantine(ctx, device, raw, no)
}

// bind stores a proven message at its position, unless something stands there or the ledger objects.
func (w *worker) bind(ctx context.Context, m *message) (outcome, *refusal, error) {
	rec := m.record
	there, err := w.stream.GetLastMsgForSubject(ctx, engine.RecordSubject(&rec.Record))
	switch {
	case err == nil && sameRecord(there.Data, rec.Raw):
		return duplicate, nil, w.announce(ctx, rec, there.Sequence)
	case err == nil:
		return 0, refuse(Fork, fmt.Errorf("position %v holds other bytes", rec.Position)), nil
	case !errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil, fmt.Errorf("read position %v: %w", rec.Position, err)
	}
	for try := 0; ; try++ {
		no, err := w.store(ctx, m)
		if errors.Is(err, ledger.ErrConflict) && try < 3 {
			w.doubt(rec.Device)
			continue
		}
		return bound, no, err
	}
}

// sameRecord says whether a stored message holds exactly this record.
func sameRecord(stored, record []byte) bool {
	there, _, err := certs.SplitMessage(stored)
	return err == nil && bytes.Equal(there, record)
}

// store asks the ledger and stores the message on the condition that the entry which was asked still stands.
func (w *worker) store(ctx context.Context, m *message) (*refusal, error) {
	rec := m.record
	bk, fresh, err := w.book(ctx, rec.Device)
	if errors.Is(err, ledger.ErrCorrupt) {
		return refuse(LedgerCorrupt, err), nil
	} else if err != nil {
		return nil, err
	}
	next, changed, no := w.weigh(bk.Book, m, w.ledger.Now())
	if no != nil && !fresh {
		return nil, ledger.ErrConflict // what this worker remembers is no ground for a refusal: read it again
	}
	if no == nil && next.Claims() > 1 {
		if no, err := w.forked(ctx, rec, bk); no != nil || err != nil {
			return no, err
		}
	}
	if changed { // also with an objection: a claim that waits is known then
		if next, bk.revision, err = w.ledger.Save(ctx, next, bk.revision); err != nil {
			return nil, err
		}
		bk = book{Book: next, revision: bk.revision}
		w.remember(rec.Device, bk)
	}
	w.raiseBehind(bk.Book, rec, no)
	if no != nil && no.reason == waiting && m.chain != nil {
		w.cfg.Chains.remember(rec.X5T, m.chain) // for the records that wait with it; kept when one is bound
	}
	if no != nil {
		return no, nil
	}
	if m.chain != nil {
		if err := w.cfg.Chains.keep(ctx, rec.X5T, m.chain); err != nil {
			return nil, err
		}
	}
	ack, err := w.js.Publish(ctx, engine.RecordSubject(&rec.Record), m.raw,
		jetstream.WithMsgID(certs.HashOf(m.raw).String()),
		jetstream.WithExpectLastSequenceForSubject(bk.revision, engine.LedgerSubject(rec.Device)))
	if ledger.Conflict(err) {
		return nil, ledger.ErrConflict
	} else if err != nil {
		return nil, fmt.Errorf("store record: %w", err)
	}
	return nil, w.announce(ctx, rec, ack.Sequence)
}

// weigh shows a record to a device's entry and returns the entry as it is after this record. An objection comes with the
// entry if there is something to note in it all the same.
func (w *worker) weigh(bk *ledger.Book, m *message, now time.Time) (next *ledger.Book, changed bool, _ *refusal) {
	rec := m.record
	next, changed = bk.Settle(now)
	if m.claim != nil {
		with, news, v := next.Claim(m.claim, now)
		switch {
		case v != nil:
			return bk, false, object(v)
		case news && m.revoked:
			return bk, false, refuse(Revoked, errors.New("the certificate that signed its offer was revoked"))
		}
		next, changed = with, changed || news
	}
	if v := next.Veto(&rec.Record, m.cert.Key); v != nil {
		return next, changed, object(v)
	}
	if m.end != nil {
		with, news, v := next.Close(m.end, now)
		if v != nil {
			return next, changed, object(v)
		}
		next, changed = with, changed || news
	}
	return next, changed, nil
}
