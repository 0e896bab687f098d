package daemon

import (
	"context"
	"errors"
	"time"

	"signet/internal/hint"
	"signet/uplink/session"
)

// How often an offer is sent until there is a grant (docs/protocol.md). An owner looks at a claim now, and at a renewal
// some time; both go at once when a connection comes up.
const (
	claimEvery   = 5 * time.Second
	renewalEvery = 10 * time.Minute
	offerAgain   = time.Second // when the uplink was busy
)

// sendOffers publishes the offer that waits for a grant, if any, again and again until ctx ends. It returns ctx.Err().
func (d *Daemon) sendOffers(ctx context.Context, publish func([]byte) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failed := ""
	for {
		changed, touched, online := d.owner.Changed(), d.touched.next(), d.online.next()
		w, err := d.owner.Waiting()
		pause := time.Hour
		switch {
		case err != nil:
			pause = time.Minute
			if err.Error() != failed {
				d.log.Error("cannot offer", "err", err, "hint", hint.Of(err))
			}
			failed = err.Error()
		case w != nil:
			failed = ""
			if pause = claimEvery; w.Renewal {
				pause = renewalEvery
			}
			err := publish(w.Message)
			switch {
			case errors.Is(err, session.ErrBusy):
				pause = offerAgain
			case err != nil && !errors.Is(err, session.ErrNotConnected):
				d.log.Error("cannot offer", "err", err)
			}
		}
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		case <-changed:
		case <-touched:
		case <-online:
		}
	}
}
