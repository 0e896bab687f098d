package deliver

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

const (
	heartbeat  = 15 * time.Second
	writeLimit = 10 * time.Second // for one event; who reads slower is dropped and comes again with the last id
)

// Arrived tells that a clip part was uploaded.
type Arrived struct {
	Seq    uint64 `json:"seq"`
	SHA256 string `json:"sha256"`
}

// follower writes one owner's stream.
type follower struct {
	*Deliver
	*listener
	w    http.ResponseWriter
	ctl  *http.ResponseController
	next uint64 // sequence from which the shelf is read
	subs map[certs.DeviceID]*nats.Subscription
	told chan *nats.Msg // uploads, and cameras that come and go
}

// stream follows the owner's records from a sequence on, and what happens to them.
func (d *Deliver) stream(w http.ResponseWriter, r *http.Request, s *session) {
	from := r.URL.Query().Get("after")
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		from = id
	}
	after, err := number(from, 0)
	if err != nil {
		fail(w, http.StatusBadRequest, "after is a whole number", "")
		return
	}
	l := d.news.join(s)
	if l == nil {
		tooMany(w, heartbeat)
		return
	}
	defer d.news.leave(l)
	if from == "" {
		if after, err = d.shelf.last(r.Context()); err != nil {
			d.broken(w, r, err)
			return
		}
	}
	f := &follower{
		Deliver: d, listener: l, w: w, ctl: http.NewResponseController(w), next: after + 1,
		subs: map[certs.DeviceID]*nats.Subscription{}, told: make(chan *nats.Msg, 256),
	}
	defer f.close()
	if err := f.run(r.Context()); err != nil && r.Context().Err() == nil {
		d.log.Info("stream ends", "owner", s.owner.Short(), "session", s.name, "err", err)
	}
}

func (f *follower) close() {
	for _, sub := range f.subs {
		_ = sub.Unsubscribe()
	}
}

func (f *follower) run(ctx context.Context) error {
	arrived, err := f.cfg.Engine.Conn().ChanSubscribe(engine.ArrivedSubject(f.s.owner), f.told)
	if err != nil {
		fail(f.w, http.StatusServiceUnavailable, "the cloud cannot answer now", "try again later")
		return fmt.Errorf("follow media: %w", err)
	}
	defer arrived.Unsubscribe()
	h := f.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	if err := f.write(": stream\n\n"); err != nil {
		return err
	}
	if err := f.watchCameras(ctx); err != nil {
		return err
	}
	f.ring() // for what there is already
	return f.follow(ctx)
}

func (f *follower) follow(ctx context.Context) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	expires := time.NewTimer(time.Until(f.s.expires))
	defer expires.Stop()
	for {
		var err error
		select {
		case <-f.wake:
			err = f.read(ctx)
		case m := <-f.told:
			err = f.tell(ctx, m)
		case <-beat.C:
			f.ring() // a wake that was missed costs no more than this
			err = f.write(": still here\n\n")
		case <-expires.C:
			return errors.New("session has expired")
		case <-f.s.ended:
			return errors.New("session has ended")
		case <-ctx.Done():
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// read passes on the next record, if there is one. Then there may be another: it comes back for that, so that a long
// backlog keeps nothing else waiting.
func (f *follower) read(ctx context.Context) error {
	m, err := f.shelf.next(ctx, f.filter(f.s), f.next)
	if err != nil || m == nil {
		return err
	}
	f.next = m.Sequence + 1
	f.ring()
	return f.record(ctx, m)
}

func (f *follower) record(ctx context.Context, m *jetstream.RawStreamMsg) error {
	it, ok := f.admit(f.s, m)
	if !ok {
		return nil
	}
	b, err := it.encode()
	if err != nil {
		return err
	}
	if err := f.note(ctx, f.s, Access{What: "stream", Seqs: [][2]uint64{{it.Seq, it.Seq}}}); err != nil {
		return err
	}
	f.count("signet_deliver_records_total")
	if err := f.write(fmt.Sprintf("event: record\nid: %d\ndata: %s\n\n", it.Seq, base64.StdEncoding.EncodeToString(b))); err != nil {
		return err
	}
	if it.Record.Type == certs.Claimed {
		return f.watchCameras(ctx)
	}
	return nil
}

// tell passes on that a part arrived or that a camera came or went.
func (f *follower) tell(ctx context.Context, m *nats.Msg) error {
	if id, err := engine.DeviceOf(m.Subject); err == nil {
		if mine, err := f.owns(ctx, f.s, id); err != nil || !mine {
			return err // it may have another owner by now
		}
		return f.event("status", f.judge(id, string(m.Data), time.Now()))
	}
	var a Arrived
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return nil
	}
	// The subject says whose it is; the record is asked.
	rec, err := f.shelf.next(ctx, f.filter(f.s), a.Seq)
	if err != nil || rec == nil || rec.Sequence != a.Seq {
		return err
	}
	if _, ok := f.admit(f.s, rec); !ok {
		return nil
	}
	return f.event("media", a)
}

// watchCameras listens to the owner's cameras and tells how they are.
func (f *follower) watchCameras(ctx context.Context) error {
	ids, err := f.own(ctx, f.s)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if f.subs[id] != nil {
			continue
		}
		sub, err := f.cfg.Engine.Conn().ChanSubscribe(engine.DeviceSubject(id, engine.StatusUp), f.told)
		if err != nil {
			return fmt.Errorf("follow cameras: %w", err)
		}
		f.subs[id] = sub
		p, err := f.presence(ctx, id)
		if err != nil {
			return err
		}
		if err := f.event("status", p); err != nil {
			return err
		}
	}
	return nil
}

func (f *follower) event(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.write("event: " + name + "\ndata: " + string(b) + "\n\n")
}

func (f *follower) write(s string) error {
	// Not every transport has deadlines. One that is left standing would end an HTTP/2 stream that is merely silent.
	_ = f.ctl.SetWriteDeadline(time.Now().Add(writeLimit))
	defer func() { _ = f.ctl.SetWriteDeadline(time.Time{}) }()
	if _, err := f.w.Write([]byte(s)); err != nil {
		return err
	}
	return f.ctl.Flush()
}
