package recorder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signet/agent/ownership"
	"signet/certs"
	"signet/internal/wait"
	"signet/uplink/spool"
)

// endWithin is how long the last record of an epoch waits for the flash. Then the keys are destroyed without it: whoever holds
// the button has a right to that, whatever the flash does.
const endWithin = 30 * time.Second

// errEnded says that a closed record was not written in time.
var errEnded = errors.New("the last record could not be written in time")

// End closes the epoch that State.Ending names: what is queued is written, then the closed record, and then the keys are
// destroyed. Run has returned, and no pipeline runs. Afterwards the camera is nobody's, and the Recorder is as new. It waits for
// the flash for half a minute, and closes then what it could not write; the error says so, or what of the old owner's could
// not be removed. Only when ctx ends earlier, and a restart will find the Ending again, is nothing destroyed: it returns
// ctx.Err().
func (r *Recorder) End(ctx context.Context, s *ownership.State) error {
	e := s.Ending()
	if e == nil {
		return errors.New("end epoch: it is not to be closed")
	}
	soon, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	r.work()
	failed := r.lastWords(soon, s)
	if failed != nil && ctx.Err() != nil && e.Noted {
		return ctx.Err()
	}
	last := r.last
	if l := r.cfg.Spool.Last(); last.Less(certs.Position{Boot: l.Boot, N: l.N}) {
		last = certs.Position{Boot: l.Boot, N: l.N}
	}
	r.cfg.Spool.Former(spool.Position{Boot: last.Boot, N: last.N})
	err := s.Close(last)
	r.begin()
	if err := errors.Join(failed, err); err != nil {
		return fmt.Errorf("end epoch: %w", err)
	}
	return nil
}

// lastWords writes what waits, and the closed record, and returns when all is durable. An epoch that is over already has
// nothing more to say.
func (r *Recorder) lastWords(ctx context.Context, s *ownership.State) error {
	t := s.Terms()
	if t == nil {
		return nil
	}
	if !s.Announced(t) { // else the cloud would not know of what epoch this is the end
		r.await(claimed(t))
	}
	var why error
	for done := false; ; {
		r.store()
		if len(r.backlog) == 0 && !done {
			_, why = r.write(closed(t, s))
			done = why == nil
			if errors.Is(why, errRecord) {
				return why
			}
		}
		if done {
			if why = r.cfg.Spool.Sync(); why == nil {
				return nil
			}
		}
		if wait.For(ctx, tryAgain) != nil {
			return errors.Join(errEnded, why)
		}
	}
}

// closed is the last record of an epoch. The closing in it names its position.
func closed(t *ownership.Terms, s *ownership.State) statement {
	return statement{terms: t, kind: certs.Closed, urgency: spool.Urgent, at: present(), fill: func(rec *certs.Record) (err error) {
		rec.Closing, err = s.Closing(rec.Position)
		return err
	}}
}

// begin forgets the epoch that is over, so that nothing of it is told in the next.
func (r *Recorder) begin() {
	r.letGo.Add(uint64(r.queue.clear() + len(r.backlog)))
	r.backlog, r.said, r.state, r.signed, r.policy = nil, nil, nil, certs.Hash{}, 0
	r.waiting.Store(0)
	r.announced.Store(false)
	r.told = r.letGo.Load() + r.failed.Load()
	for _, l := range r.lanes {
		l.begin()
	}
}

// follow makes the claimed record of a renewal before any other is signed with its key.
func (r *Recorder) follow(t *ownership.Terms) {
	if t == nil || r.state == nil || t.Event.X5T == r.signed {
		return
	}
	r.signed = t.Event.X5T
	s, state := claimed(t), r.state
	s.stored = func() {
		if err := state.SetAnnounced(t); err != nil {
			r.cfg.Log.Error("the event key that was renewed is kept until the next start", "err", err)
		}
	}
	r.await(s)
}
