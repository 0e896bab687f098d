package bind

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/time/rate"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/limit"
)

const (
	// idle and hold say how long a receipt waits for company: until nothing more comes, and no longer than this.
	idle = 2 * time.Millisecond
	hold = 50 * time.Millisecond
	// maxBooks bounds the ledger entries in a worker's memory.
	maxBooks = 8192
	// retry is when a message is tried again that could not be decided.
	retry = time.Second
	// hopeless is how long nothing may be decided until this process ends, for whoever started it to start it anew:
	// what has failed for so long does not come back by itself.
	hopeless = time.Minute
	// slowDown is the least time that a record waits which came too soon after others: not all of a camera's window
	// comes back for each token.
	slowDown = 250 * time.Millisecond
	// maxWaiting is the largest record that may wait so; a larger one is dropped, for what waits takes memory.
	maxWaiting = 32 << 10
	// maxTries bounds the records whose waits for a claim are counted.
	maxTries = 1 << 16
	// raiseEvery is how often a device is sent its own newest offer, at most.
	raiseEvery = time.Minute
	// maxDevices bounds the devices that are counted, each for its own bucket.
	maxDevices = 1 << 16
)

// worker binds the records of one partition, one after the other: so each device's order is kept.
type worker struct {
	*Binder
	books    map[certs.DeviceID]book // as last read or written; a publish on an old one fails
	receipts *receipts
	rate     *limit.Keyed[certs.DeviceID] // records
	kept     *limit.Keyed[certs.DeviceID] // bytes in quarantine
	tries    map[uint64]int               // of records that wait for a claim, by sequence; other waits do not count
	flushed  time.Time                    // or since when a receipt is open
	failing  time.Time                    // since when nothing could be decided
	warned   time.Time
}

func newWorker(b *Binder) *worker {
	const day = 24 * 60 * 60
	return &worker{
		Binder: b, books: map[certs.DeviceID]book{}, receipts: newReceipts(b.cfg.Signer), tries: map[uint64]int{},
		rate: limit.New[certs.DeviceID](b.cfg.Rate, b.cfg.Burst, maxDevices),
		kept: limit.New[certs.DeviceID](rate.Limit(b.cfg.Kept)/day, b.cfg.Kept, maxDevices),
	}
}

// book is a ledger entry and its revision.
type book struct {
	*ledger.Book
	revision uint64
	owners   []certs.OwnerID // who ever claimed the device, once they were asked for
	doubted  bool            // there may be a newer one
}

// book returns a device's entry, as remembered or as it stands now (fresh).
func (w *worker) book(ctx context.Context, d certs.DeviceID) (b book, fresh bool, err error) {
	known, ok := w.books[d]
	if ok && !known.doubted {
		return known, false, nil
	}
	if b.Book, b.revision, err = w.ledger.Reload(ctx, d, known.Book, known.revision); err != nil {
		delete(w.books, d)
		return book{}, true, err
	}
	if b.revision == known.revision {
		b.owners = known.owners
	}
	w.remember(d, b)
	return b, true, nil
}

func (w *worker) remember(d certs.DeviceID, b book) {
	if len(w.books) >= maxBooks {
		clear(w.books)
	}
	w.books[d] = b
}

// doubt has a device's entry looked at again before it is used.
func (w *worker) doubt(d certs.DeviceID) {
	if b, ok := w.books[d]; ok {
		b.doubted = true
		w.books[d] = b
	}
}

func (w *worker) run(ctx context.Context, c jetstream.Consumer) error {
	it, err := c.Messages(jetstream.PullMaxMessages(256))
	if err != nil {
		return fmt.Errorf("read incoming records: %w", err)
	}
	defer it.Stop()
	stop := context.AfterFunc(ctx, it.Stop)
	defer stop()
	for {
		var m jetstream.Msg
		var err error
		if len(w.receipts.open) > 0 {
			m, err = it.Next(jetstream.NextMaxWait(idle))
		} else {
			m, err = it.Next()
		}
		switch {
		case errors.Is(err, nats.ErrTimeout):
			w.flush()
		case err == nil:
			if len(w.receipts.open) == 0 {
				w.flushed = time.Now()
			}
			if err := w.one(ctx, m); err != nil {
				return err
			}
			if time.Since(w.flushed) > hold {
				w.flush()
			}
		case ctx.Err() != nil:
			w.flush()
			return nil
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return fmt.Errorf("read incoming records: %w", err)
		default:
			w.log.Warn("read incoming records", "err", err) // a missed heartbeat; the iterator goes on
		}
	}
}

// one decides one message and puts the decision on the device's receipt. Its error ends the worker.
func (w *worker) one(ctx context.Context, m jetstream.Msg) error {
	device, err := engine.IncomingDevice(m.Subject())
	if err != nil {
		w.log.Error("drop message", "err", err)
		_ = m.Term()
		return nil
	}
	md, err := m.Metadata()
	if err != nil {
		w.log.Error("drop message", "err", err)
		_ = m.Term()
		return nil
	}
	if wait, ok := w.rate.Take(device, 1); !ok {
		w.count("slowed", "")
		if len(m.Data()) > maxWaiting {
			_ = m.Term()
		} else {
			_ = m.NakWithDelay(max(wait, slowDown))
		}
		return nil
	}
	tries := w.tries[md.Sequence.Stream]
	what, msg, no, err := w.decide(ctx, device, m.Data(), md.Timestamp, tries >= len(w.cfg.Patience))
	if err != nil {
		w.count("undecided", "")
		if time.Since(w.warned) > 10*time.Second { // one word for many
			w.warned = time.Now()
			w.log.Warn("records are not decided, no receipts", "device", device, "err", err)
		}
		w.doubt(device)
		_ = m.NakWithDelay(retry)
		return w.hopeless(err)
	}
	w.failing = time.Time{}
	if what == early {
		w.count("early", "")
		w.log.Info("record waits", "device", device, "position", msg.record.Position, "reason", no.reason)
		if len(w.tries) >= maxTries {
			clear(w.tries)
		}
		w.tries[md.Sequence.Stream] = tries + 1
		_ = m.NakWithDelay(w.cfg.Patience[tries])
		return nil
	}
	delete(w.tries, md.Sequence.Stream)
	switch what {
	case held:
		w.count("held", "")
		w.log.Debug("its claim waits", "device", device, "position", msg.record.Position, "detail", no.detail)
		_ = m.Term()
		return nil
	case dropped:
		w.count("dropped", no.reason)
		w.log.Debug("dropped: this device's part of the quarantine is full", "device", device, "reason", no.reason)
		_ = m.Term()
		return nil
	}
	p := w.receipts.of(device)
	switch what {
	case refused:
		w.count("quarantined", no.reason)
		w.refuse(device, msg, no, p)
	case duplicate:
		w.count("duplicate", "")
		p.bound = append(p.bound, msg.record.Position)
	case bound:
		w.count("bound", "")
		r := msg.record
		w.log.Info("bound", "device", device, "position", r.Position, "type", r.Type, "owner", r.Owner.Short(), "bytes", len(m.Data()))
		p.bound = append(p.bound, r.Position)
	}
	p.done = append(p.done, m.Ack)
	if w.receipts.full(device) {
		w.send(device)
	}
	return nil
}

// hopeless says when to give up. A full disk is no reason: room can be made.
func (w *worker) hopeless(err error) error {
	switch {
	case errors.Is(err, engine.ErrFull), errors.Is(err, context.Canceled):
		w.failing = time.Time{}
	case w.failing.IsZero():
		w.failing = time.Now()
	case time.Since(w.failing) > hopeless:
		return fmt.Errorf("nothing could be decided for %v: %w", hopeless, err)
	}
	return nil
}

// refuse notes a refusal. Only a record that can be read, of this device, has a position to name.
func (w *worker) refuse(device certs.DeviceID, msg *message, no *refusal, p *pending) {
	if msg == nil {
		w.log.Warn("quarantined", "device", device, "reason", no.reason, "detail", oneLine(no.detail.Error()))
		return
	}
	at := msg.record.Position
	w.log.Warn("quarantined", "device", device, "position", at, "reason", no.reason, "detail", oneLine(no.detail.Error()))
	p.refused = append(p.refused, certs.Refusal{Boot: at.Boot, N: at.N, Reason: string(no.reason)})
}

func (w *worker) flush() {
	for d := range w.receipts.open {
		w.send(d)
	}
	w.flushed = time.Now()
}

// send publishes a device's receipt and only then lets go of its messages: a crash in between sends it again.
func (w *worker) send(d certs.DeviceID) {
	b, done, err := w.receipts.take(d, time.Now())
	if err == nil && b != nil {
		if err = w.cfg.Engine.Publish(d, engine.Receipts, b); err == nil {
			w.count("receipts", "")
		}
	}
	if err != nil {
		w.log.Error("send receipt", "device", d, "err", err)
		return // not let go: they come again and are duplicates then
	}
	for _, ack := range done {
		if err := ack(); err != nil {
			w.log.Debug("let go of a record", "err", err)
		}
	}
}

func (b *Binder) count(what string, r Reason) {
	name := "signet_bind_" + what + "_total"
	if r != "" {
		name += `{reason="` + string(r) + `"}`
	}
	b.cfg.Metrics.GetOrCreateCounter(name).Inc()
}

func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	if len(s) > 300 {
		s = s[:300] + "..."
	}
	return s
}
