package recorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"signet/agent/clock"
	"signet/agent/ownership"
	"signet/capture"
	"signet/certs"
	"signet/uplink/spool"
)

// Config is what a Recorder needs. All fields but the hooks are required.
type Config struct {
	Device   certs.DeviceID
	Terms    func() *ownership.Terms // in force; nil while unowned
	Spool    *spool.Spool
	BootID   [16]byte
	Firmware certs.Hash // of the agent's executable
	Log      *slog.Logger
	// Part takes a sealed clip part for upload; position is of the record that names it. It does not block.
	Part func(position certs.Position, hash certs.Hash, sealed []byte)
	// Live lets viewers see a frame, which is valid only during the call. It does not block. May be nil.
	Live func(*capture.Frame)
}

// Recorder makes records. Its methods are for the pipeline's goroutine, but Run and Counters.
type Recorder struct {
	cfg    Config
	queue  *queue
	camera atomic.Pointer[certs.CameraFacts]
	now    atomic.Int64 // the camera's clock less CLOCK_MONOTONIC at the newest frame, nanoseconds
	event  *event       // that is running; nil between events

	announced               atomic.Bool // Announce has been
	recording               atomic.Bool
	records, failed, frames atomic.Uint64
}

// event is what the recorder remembers of a running event.
type event struct {
	id    certs.EventID
	start capture.Mono
}

// New returns a Recorder that does nothing until Run.
func New(cfg Config) *Recorder { return &Recorder{cfg: cfg, queue: newQueue()} }

// Counters say what became of the work.
type Counters struct {
	Frames  uint64 // seen
	Records uint64 // signed and spooled
	Failed  uint64 // could not be spooled
	Dropped uint64 // let go because flash or processor could not keep up
}

// Counters may be called at any time.
func (r *Recorder) Counters() Counters {
	return Counters{r.frames.Load(), r.records.Load(), r.failed.Load(), r.queue.lost()}
}

// Recording says whether an event is running. It may be called at any time.
func (r *Recorder) Recording() bool { return r.recording.Load() }

// Run does the queued work until ctx ends, and then what is still queued.
func (r *Recorder) Run(ctx context.Context) error {
	for {
		r.drain(ctx)
		select {
		case <-r.queue.ready:
		case <-ctx.Done():
			r.drain(context.WithoutCancel(ctx))
			return ctx.Err()
		}
	}
}

func (r *Recorder) drain(ctx context.Context) {
	for ctx.Err() == nil {
		j, ok := r.queue.pop()
		if !ok {
			return
		}
		if err := j.do(); err != nil {
			r.failed.Add(1)
			r.cfg.Log.Error("cannot record", "err", err)
		}
	}
}

func (r *Recorder) push(j job) {
	if n := r.queue.push(j); n > 0 {
		r.cfg.Log.Warn("flash or processor cannot keep up: let go", "jobs", n)
	}
}

// statement is a record to be, before it has a position.
type statement struct {
	kind    certs.RecordType
	urgency spool.Urgency
	event   *certs.EventID
	at      instant
	sealed  []sealed
	fill    func(*certs.Record, *ownership.Terms) // what only this kind has; may be nil
}

// instant is one moment on the clocks of a record.
type instant struct {
	mono capture.Mono // CLOCK_MONOTONIC
	wall certs.Wall
}

func (i instant) time() time.Time { return time.UnixMilli(int64(i.wall.UnixMs)) }

// sealed is a piece of media, encrypted.
type sealed struct {
	media certs.Media
	data  []byte
}

// present returns now.
func present() instant { return instant{capture.Now(), clock.Wall(time.Now())} }

// momentOf places a camera's moment on the clocks of the board.
func (r *Recorder) momentOf(m capture.Mono) instant {
	now := capture.Now()
	mono := m.Add(-time.Duration(r.now.Load()))
	return instant{max(mono, 0), clock.Wall(time.Now().Add(-now.Sub(mono)))}
}

// see notes what the camera's clock shows now.
func (r *Recorder) see(m capture.Mono) { r.now.Store(int64(m.Sub(capture.Now()))) }

// write signs a statement and puts it into the spool. It returns the record's position.
func (r *Recorder) write(t *ownership.Terms, s statement) (certs.Position, error) {
	pos, err := r.cfg.Spool.Append(s.urgency, func(p spool.Position) (spool.Entry, error) {
		return r.sign(t, s, certs.Position{Boot: p.Boot, N: p.N})
	})
	if pos == (spool.Position{}) {
		return certs.Position{}, fmt.Errorf("write %v: %w", s.kind, err)
	}
	if err != nil {
		r.cfg.Log.Warn("record is not durable yet", "position", pos, "err", err)
	}
	r.records.Add(1)
	r.cfg.Log.Info("recorded", "type", s.kind, "position", pos, "event", eventText(s.event))
	return certs.Position{Boot: pos.Boot, N: pos.N}, nil
}

func eventText(id *certs.EventID) string {
	if id == nil {
		return "-"
	}
	return id.String()
}

func (r *Recorder) sign(t *ownership.Terms, s statement, p certs.Position) (spool.Entry, error) {
	rec := certs.Record{
		Device: r.cfg.Device, Owner: t.Owner, Epoch: t.Epoch, Position: p,
		BootID: r.cfg.BootID, MonoMs: uint64(time.Duration(s.at.mono).Milliseconds()), Wall: s.at.wall,
		Type: s.kind, Event: s.event, PolicyVersion: t.Policy.Version, Firmware: r.cfg.Firmware,
	}
	var e spool.Entry
	for _, m := range s.sealed {
		rec.Media = append(rec.Media, m.media)
		if m.media.Kind.Inline() {
			e.Media = append(e.Media, m.data)
		}
	}
	if s.fill != nil {
		s.fill(&rec, t)
	}
	var err error
	e.Record, err = certs.SignRecord(&rec, t.Event, t.Key)
	return e, err
}

var errUnowned = errors.New("camera has no owner")

// seal encrypts plaintext to the recipients of the policy in force.
func seal(t *ownership.Terms, m certs.Media, plaintext []byte) (sealed, error) {
	b, err := t.Sealer.Seal(plaintext)
	if err != nil {
		return sealed{}, err
	}
	m.Hash, m.Size = certs.HashOf(b), uint64(len(b))
	return sealed{m, b}, nil
}

// sealFacts encrypts facts about this device and event.
func (r *Recorder) sealFacts(t *ownership.Terms, f certs.Facts, event *certs.EventID) (sealed, error) {
	f.Device, f.Event = r.cfg.Device, event
	b, err := f.Marshal()
	if err != nil {
		return sealed{}, err
	}
	return seal(t, certs.Media{Kind: certs.FactsMedia, MIME: certs.FactsMIME}, b)
}
