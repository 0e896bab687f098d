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

// maxCameras bounds the own cameras that a session is told of.
const maxCameras = 1000

func (d *Deliver) cameras(w http.ResponseWriter, r *http.Request, s *session) {
	ids, err := d.known(r.Context(), s)
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

// known lists the cameras that a session may know of: its own, and those that it is let see something of.
func (d *Deliver) known(ctx context.Context, s *session) ([]certs.DeviceID, error) {
	out, err := d.own(ctx, s)
	if err != nil {
		return nil, err
	}
	shared, err := d.shared(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, p := range shared {
		if runs, err := d.running(ctx, p); err != nil {
			return nil, err
		} else if runs {
			out = append(out, p.Device)
		}
	}
	return out, nil
}

// own lists the cameras whose newest claim is this session's.
func (d *Deliver) own(ctx context.Context, s *session) ([]certs.DeviceID, error) {
	prefix := engine.OwnFilter(s.key)
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

// owns says whether a camera is this session's own now: a bound claim that names its key, to which the ledger does not
// object.
func (d *Deliver) owns(ctx context.Context, s *session, id certs.DeviceID) (bool, error) {
	claim, err := d.claim(ctx, s.key, id)
	if err != nil || claim == nil {
		return false, err
	}
	book, err := d.book(ctx, id)
	return book != nil && book.Current(s.key), err
}

// claim returns the newest bound claim of a camera by an owner, nil for none. A pointer leads there, and the record says
// whether it is the one.
func (d *Deliver) claim(ctx context.Context, owner certs.OwnerID, id certs.DeviceID) (*certs.SignedRecord, error) {
	m, err := d.shelf.stream.GetLastMsgForSubject(ctx, engine.OwnSubject(owner, id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for camera: %w", err)
	}
	seq, err := strconv.ParseUint(string(m.Data), 10, 63)
	if err != nil {
		return nil, nil
	}
	if m, err = d.shelf.at(ctx, []string{cameraPrefix(owner, id)}, seq); err != nil || m == nil {
		return nil, err
	}
	raw, _, err := certs.SplitMessage(m.Data)
	if err != nil {
		return nil, nil
	}
	rec, err := certs.ParseRecord(raw)
	if err != nil || rec.Type != certs.Claimed || rec.Device != id || rec.Owner != owner {
		return nil, nil
	}
	return rec, nil
}

// book is what the ledger knows of a camera, nil where that cannot be read.
func (d *Deliver) book(ctx context.Context, id certs.DeviceID) (*ledger.Book, error) {
	book, _, err := d.cfg.Ledger.Load(ctx, id)
	if errors.Is(err, ledger.ErrCorrupt) {
		return nil, nil
	}
	return book, err
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
