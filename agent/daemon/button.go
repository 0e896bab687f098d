package daemon

import (
	"context"
	"errors"

	"signet/agent/ownership"
	"signet/board/button"
	"signet/internal/hint"
)

// button is told what is done with the button, and returns at once.
func (d *Daemon) button(e button.Event) {
	d.holding.Store(e == button.Holding)
	d.shown.tell()
	if e != button.Pressed && e != button.Held {
		d.log.Debug("button", "event", e)
		return
	}
	select {
	case d.pressed <- e:
	default: // who presses it so often will press it again
	}
}

// serveButton does what the button says until ctx ends. It returns ctx.Err().
func (d *Daemon) serveButton(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e := <-d.pressed:
			d.log.Info("button", "event", e)
			d.obey(e)
		}
	}
}

func (d *Daemon) obey(e button.Event) {
	if e == button.Held {
		err := d.owner.Reset()
		switch {
		case errors.Is(err, ownership.ErrUnowned):
			d.log.Info("reset: nobody owns this camera")
		case err != nil: // it is reset all the same, but a restart before the end would not know
			d.log.Error("reset is not noted on the flash", "err", err, "hint", hint.Of(err))
		}
	}
	if d.claim != nil && (e == button.Held || d.owner.Terms() == nil) {
		d.claim.Open()
	}
}
