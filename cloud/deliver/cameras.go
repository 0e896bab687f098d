package deliver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// Presence is what the cloud sees of a camera's connection; nobody has signed it.
type Presence struct {
	Device string `json:"device"`
	Online bool   `json:"online"`
	Since  int64  `json:"since"` // unix milliseconds
}

// maxCameras bounds the cameras that one owner is told of.
const maxCameras = 1000

func (d *Deliver) cameras(w http.ResponseWriter, r *http.Request, s *session) {
	ids, err := d.own(r.Context(), s)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	list := []Presence{}
	for _, id := range ids {
		p, err := d.presence(r.Context(), id)
		if err != nil {
			d.broken(w, r, err)
			return
		}
		list = append(list, p)
	}
	reply(w, list)
}

// own lists the cameras whose newest claim is this owner's.
func (d *Deliver) own(ctx context.Context, s *session) ([]certs.DeviceID, error) {
	prefix := engine.OwnFilter(s.owner)
	info, err := d.shelf.stream.Info(ctx, jetstream.WithSubjectFilter(prefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("list cameras: %w", err)
	}
	var out []certs.DeviceID
	for subject := range info.State.Subjects {
		id, err := certs.ParseDeviceID(strings.TrimPrefix(subject, prefix))
		if err != nil || len(out) == maxCameras {
			continue
		}
		ok, err := d.owns(ctx, s, id)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, id)
		}
	}
	return out, nil
}

// owns says whether a camera is this owner's now: a bound claim that names this owner, to which the ledger does not
// object.
func (d *Deliver) owns(ctx context.Context, s *session, id certs.DeviceID) (bool, error) {
	m, err := d.shelf.stream.GetLastMsgForSubject(ctx, engine.OwnSubject(s.owner, id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for camera: %w", err)
	}
	seq, err := strconv.ParseUint(string(m.Data), 10, 63)
	if err != nil {
		return false, nil
	}
	if m, err = d.shelf.next(ctx, d.filter(s), seq); err != nil {
		return false, err
	}
	if m == nil || m.Sequence != seq {
		return false, nil
	}
	it, ok := d.admit(s, m)
	if !ok || it.Record.Type != certs.Claimed || it.Record.Device != id {
		return false, nil
	}
	book, _, err := d.cfg.Ledger.Load(ctx, id)
	if errors.Is(err, ledger.ErrCorrupt) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return book.Current(s.owner), nil
}

// presence is a camera's last word about its connection. Its will speaks when it cannot. What was said to an earlier
// process of this cloud is past.
func (d *Deliver) presence(ctx context.Context, id certs.DeviceID) (Presence, error) {
	m, err := d.status.GetLastMsgForSubject(ctx, engine.DeviceSubject(id, engine.StatusUp))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Presence{Device: id.String(), Since: d.cfg.Engine.Started().UnixMilli()}, nil
	}
	if err != nil {
		return Presence{}, fmt.Errorf("read status: %w", err)
	}
	return d.judge(id, string(m.Data), m.Time), nil
}

func (d *Deliver) judge(id certs.DeviceID, word string, at time.Time) Presence {
	p := Presence{Device: id.String(), Online: word == "online", Since: at.UnixMilli()}
	if started := d.cfg.Engine.Started(); p.Online && at.Before(started) {
		p.Online, p.Since = false, started.UnixMilli()
	}
	return p
}
