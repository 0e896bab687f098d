package deliver

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// Item is a record that this session may have.
type Item struct {
	Seq      uint64
	Record   *certs.SignedRecord
	Received time.Time
	Inline   map[certs.Hash][]byte // its small media

	bytes []byte // what leaves: Record.Raw, unless a test intercepts
}

// admit is the one way out for records: it parses a stored message again, and asks the owner that it names. That is the
// session's key itself, or somebody whose policy lets it have this record. Anything else is kept back.
func (d *Deliver) admit(v *sight, m *jetstream.RawStreamMsg) (*Item, bool) {
	s := v.session
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
	if rec.Owner != s.key {
		if !strings.HasPrefix(m.Subject, cameraPrefix(rec.Owner, rec.Device)) {
			d.keepBack(s, m.Sequence, "foreign", fmt.Errorf("record names owner %s", rec.Owner.Short()))
			return nil, false
		}
		if !v.lets(&rec.Record) {
			return nil, false
		}
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
		it.bytes = d.cfg.InterceptRecord(s.key, it.Seq, it.bytes)
	}
	return it, true
}

func (d *Deliver) keepBack(s *session, seq uint64, why string, err error) {
	d.count(`signet_deliver_kept_back_total{reason="` + why + `"}`)
	d.log.Error("kept back", "key", s.key.Short(), "seq", seq, "reason", why, "err", err)
}

func cameraPrefix(o certs.OwnerID, d certs.DeviceID) string {
	return engine.OwnerPrefix(o) + d.String() + "."
}
