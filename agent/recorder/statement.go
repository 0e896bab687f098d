package recorder

import (
	"fmt"
	"time"

	"signet/agent/clock"
	"signet/agent/ownership"
	"signet/capture"
	"signet/certs"
	"signet/uplink/spool"
)

// statement is a record to be: its media are sealed, it has no position yet and so is not signed.
type statement struct {
	terms   *ownership.Terms // that it is sealed and signed by
	kind    certs.RecordType
	urgency spool.Urgency
	event   *certs.EventID
	at      instant
	sealed  []sealed
	fill    func(*certs.Record) error // what only this kind has, upon its position; may be nil
	stored  func()                    // told when it is in the spool; may be nil
	tries   int                       // that failed, but for want of room
}

// sealed is a piece of media, encrypted. A clip part has no data any more when that was let go.
type sealed struct {
	media certs.Media
	data  []byte
}

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

// write signs a statement and puts it into the spool. It returns the record's position. The error wraps
// spool.ErrFull when the flash takes nothing.
func (r *Recorder) write(s statement) (certs.Position, error) {
	pos, err := r.cfg.Spool.Append(s.urgency, func(p spool.Position) (spool.Entry, error) {
		return r.sign(s, certs.Position{Boot: p.Boot, N: p.N})
	})
	if pos == (spool.Position{}) {
		return certs.Position{}, fmt.Errorf("write %v: %w", s.kind, err)
	}
	if err != nil {
		r.cfg.Log.Warn("record is not durable yet", "position", pos, "err", err)
	}
	r.records.Add(1)
	r.policy = max(r.policy, s.terms.Policy.Version)
	r.last = certs.Position{Boot: pos.Boot, N: pos.N}
	r.cfg.Log.Info("recorded", "type", s.kind, "position", pos, "event", eventText(s.event))
	return r.last, nil
}

func eventText(id *certs.EventID) string {
	if id == nil {
		return "-"
	}
	return id.String()
}

func (r *Recorder) sign(s statement, p certs.Position) (spool.Entry, error) {
	t := s.terms
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
	var err error
	if s.fill != nil {
		if err = s.fill(&rec); err != nil {
			return e, err
		}
	}
	if e.Record, err = certs.SignRecord(&rec, t.Event, t.Key); err != nil {
		return e, fmt.Errorf("%w: %w", errRecord, err)
	}
	return e, nil
}

// instant is one moment on the clocks of a record.
type instant struct {
	mono capture.Mono // CLOCK_MONOTONIC
	wall certs.Wall
}

func (i instant) time() time.Time { return time.UnixMilli(int64(i.wall.UnixMs)) }

// present returns now.
func present() instant { return instant{capture.Now(), clock.Wall(time.Now())} }
