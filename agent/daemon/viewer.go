package daemon

import (
	"context"
	"errors"

	"signet/uplink/live"
)

// liveTerms are what live view needs of the terms in force.
func (d *Daemon) liveTerms() *live.Terms {
	t := d.owner.Terms()
	if t == nil {
		return nil
	}
	return &live.Terms{Cert: t.Event, Key: t.Key, Policy: t.Policy}
}

// answerViewer is told by the session of a viewer request, on a goroutine that may take its time.
func (d *Daemon) answerViewer(request []byte) {
	if d.live == nil {
		return
	}
	answer, err := d.live.Handle(context.Background(), request)
	if err != nil {
		if !errors.Is(err, live.ErrStopped) {
			d.log.Warn("viewer request gets no answer", "err", err)
		}
		return
	}
	if err := d.session.PublishAnswer(answer); err != nil {
		d.log.Warn("cannot answer a viewer", "err", err)
	}
}
