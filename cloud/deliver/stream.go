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

// follower writes one stream.
type follower struct {
	*Deliver
	*listener
	w    http.ResponseWriter
	ctl  *http.ResponseController
	next uint64 // sequence from which the shelf is read
	walk *walk  // through what is there, nil when it was read to its end

	sight    *sight                          // as of the last look
	prefixes []string                        // under which records may stand
	arrivals map[certs.OwnerID]unsubscriber  // uploads
	cameras  map[certs.DeviceID]unsubscriber // that come and go
	told     chan *nats.Msg                  // of both
	post     chan struct{}                   // there may be mail; of one place
	seen     seen
}

type unsubscriber interface{ Unsubscribe() error }

// stream follows records from a sequence on, and what happens to them.
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
		arrivals: map[certs.OwnerID]unsubscriber{}, cameras: map[certs.DeviceID]unsubscriber{},
		told: make(chan *nats.Msg, 256), post: make(chan struct{}, 1),
	}
	defer f.close()
	if err := f.run(r.Context()); err != nil && r.Context().Err() == nil {
		d.log.Info("stream ends", "key", s.key.Short(), "session", s.name, "err", err)
	}
}

func (f *follower) close() {
	for _, sub := range f.arrivals {
		_ = sub.Unsubscribe()
	}
	for _, sub := range f.cameras {
		_ = sub.Unsubscribe()
	}
}

func (f *follower) run(ctx context.Context) error {
	stop, err := f.listenForMail()
	if err != nil {
		fail(f.w, http.StatusServiceUnavailable, "the cloud cannot answer now", "try again later")
		return err
	}
	defer stop()
	h := f.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	if err := f.write(": stream\n\n"); err != nil {
		return err
	}
	if err := f.look(ctx); err != nil {
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
			err = f.woken(ctx)
		case m := <-f.told:
			err = f.tell(ctx, m)
		case <-f.post:
			err = f.look(ctx)
		case <-beat.C:
			f.ring() // a wake that was missed costs no more than this, nor does a word of mail
			if err = f.see(ctx); err == nil {
				err = f.write(": still here\n\n")
			}
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

// woken reads, but looks before if there was a word of mail: the session may see less by now.
func (f *follower) woken(ctx context.Context) error {
	select {
	case <-f.post:
		if err := f.look(ctx); err != nil {
			return err
		}
	default:
	}
	return f.read(ctx)
}

// read passes on the next record, if there is one. Then there may be another: it comes back for that, so that a long
// backlog keeps nothing else waiting.
func (f *follower) read(ctx context.Context) error {
	if f.walk == nil {
		last, err := f.shelf.last(ctx)
		if err != nil || last < f.next {
			return err
		}
		f.walk = f.shelf.walk(f.prefixes, f.next, last+1)
	}
	m, err := f.walk.next(ctx)
	if err != nil {
		return err
	}
	f.ring() // for the next one, or for what came since the walk began
	if m == nil {
		f.next, f.walk = f.walk.end, nil
		return nil
	}
	f.next = m.Sequence + 1
	return f.record(ctx, m)
}

func (f *follower) record(ctx context.Context, m *jetstream.RawStreamMsg) error {
	it, ok := f.admit(f.sight, m)
	if !ok {
		return nil
	}
	b, err := it.encode()
	if err != nil {
		return err
	}
	if err := f.note(ctx, f.s, it.Record.Owner, Access{What: "stream", Seqs: [][2]uint64{{it.Seq, it.Seq}}}); err != nil {
		return err
	}
	f.count("signet_deliver_records_total")
	if err := f.write(fmt.Sprintf("event: record\nid: %d\ndata: %s\n\n", it.Seq, base64.StdEncoding.EncodeToString(b))); err != nil {
		return err
	}
	if it.Record.Type == certs.Claimed || it.Record.Type == certs.Closed {
		return f.look(ctx)
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
