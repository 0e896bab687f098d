package daemon

import (
	"context"
	"errors"

	"signet/agent/ownership"
	"signet/board/button"
	"signet/certs"
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
		d.dismiss()
	}
	if d.claim != nil && (e == button.Held || d.owner.Terms() == nil) {
		d.claim.Open()
	}
}

// dismiss ends the ownership, whatever the flash does: whoever holds the button has a right to that.
func (d *Daemon) dismiss() {
	err := d.owner.Reset()
	switch {
	case err == nil:
	case errors.Is(err, ownership.ErrUnowned):
		d.log.Info("reset: nobody owns this camera")
	case d.owner.Ending() != nil:
		d.log.Error("reset is not noted on the flash, the keys are destroyed all the same", "err", err, "hint", hint.Of(err))
	case errors.Is(err, ownership.ErrUnread):
		d.log.Error("reset: the state folder cannot be read, all that is an owner's in it is destroyed", "err", err)
		last := d.spool.Last()
		err := ownership.Discard(d.cfg.Dir, d.device.Load(), certs.Position{Boot: last.Boot, N: last.N})
		if err = errors.Join(err, d.owner.Reload()); err != nil {
			d.log.Error("reset is not complete, hold the button again", "err", err, "hint", hint.Of(err))
			return
		}
		d.spool.Former(position(d.owner.Former()))
		d.log.Info("reset: nobody owns this camera any more")
	default:
		d.log.Error("not reset, hold the button again", "err", err, "hint", hint.Of(err))
	}
}
