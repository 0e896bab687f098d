package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// Item is a record that this owner may have.
type Item struct {
	Seq      uint64
	Record   *certs.SignedRecord
	Received time.Time
	Inline   map[certs.Hash][]byte // its small media

	bytes []byte // what leaves: Record.Raw, unless a test intercepts
}

// admit is the one way out for records: it parses a stored message again and compares the owner that it names with the
// session's. Anything else is kept back, counted and logged.
func (d *Deliver) admit(s *session, m *jetstream.RawStreamMsg) (*Item, bool) {
	raw, media, err := certs.SplitMessage(m.Data)
	if err != nil {
		d.keepBack(s, m.Sequence, "unreadable", err)
		return nil, false
	}
	rec, err := certs.ParseRecord(raw)
	if err != nil {
		d.keepBack(s, m.Sequence, "unreadable", err)
		return nil, false
	}
	if rec.Owner != s.owner {
		d.keepBack(s, m.Sequence, "foreign", fmt.Errorf("record names owner %s", rec.Owner.Short()))
		return nil, false
	}
	if err := rec.MatchInline(media); err != nil {
		d.keepBack(s, m.Sequence, "unreadable", err)
		return nil, false
	}
	it := &Item{Seq: m.Sequence, Record: rec, Received: m.Time, Inline: map[certs.Hash][]byte{}, bytes: rec.Raw}
	for _, b := range media {
		it.Inline[certs.HashOf(b)] = b
	}
	if d.cfg.InterceptRecord != nil {
		it.bytes = d.cfg.InterceptRecord(s.owner, it.Seq, it.bytes)
	}
	return it, true
}

func (d *Deliver) keepBack(s *session, seq uint64, why string, err error) {
	d.count(`signet_deliver_kept_back_total{reason="` + why + `"}`)
	d.log.Error("kept back", "owner", s.owner.Short(), "seq", seq, "reason", why, "err", err)
}

// Access is a row of the access stream: what an owner was given, by which session. It is written before.
type Access struct {
	At      time.Time   `json:"at"`
	Owner   string      `json:"owner"`
	Session string      `json:"session"` // a name for it, not its token
	Addr    string      `json:"addr"`
	What    string      `json:"what"` // records, stream, media, live
	Seqs    [][2]uint64 `json:"seqs,omitempty"`
	Media   string      `json:"media,omitempty"`
	Device  string      `json:"device,omitempty"`
}

// note writes the row and waits until it is on the disk.
func (d *Deliver) note(ctx context.Context, s *session, a Access) error {
	if err := d.cfg.Engine.Room(engine.RoomForAccess); err != nil {
		return fmt.Errorf("note access: %w", err)
	}
	a.At, a.Owner, a.Session, a.Addr = time.Now(), s.owner.String(), s.name, s.addr
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("note access: %w", err)
	}
	if _, err := d.js.Publish(ctx, "access."+s.owner.String(), b); err != nil {
		return fmt.Errorf("note access: %w", err)
	}
	return nil
}

// runs joins neighbours.
func runs(seqs []uint64) [][2]uint64 {
	var out [][2]uint64
	for _, seq := range seqs {
		if n := len(out); n > 0 && out[n-1][1]+1 == seq {
			out[n-1][1] = seq
			continue
		}
		out = append(out, [2]uint64{seq, seq})
	}
	return out
}

func (d *Deliver) filter(s *session) string { return engine.OwnerPrefix(s.owner) + ">" }
