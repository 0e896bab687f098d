package daemon

import (
	"context"
	"time"

	"signet/board/button"
	"signet/board/led"
	"signet/internal/wait"
)

// glance is how often the light is brought up to date.
const glance = 500 * time.Millisecond

// light shows on the status light what the agent does.
func (d *Daemon) light(ctx context.Context) error {
	if d.cfg.Board.LED == "" {
		return nil
	}
	for {
		d.board.Show(d.state())
		if err := wait.For(ctx, glance); err != nil {
			return err
		}
	}
}

// state is the most urgent thing there is to show.
func (d *Daemon) state() led.State {
	starting, failing := false, false
	for _, c := range d.cameras {
		worked, err := c.state()
		starting, failing = starting || !worked, failing || err != nil
	}
	switch {
	case d.owner.Terms() == nil:
		return led.Unowned
	case failing:
		return led.Failing
	case starting:
		return led.Starting
	case d.recorder.Recording():
		return led.Recording
	case d.session.Connected():
		return led.Online
	}
	return led.Offline
}

// button is told what is done with the button.
func (d *Daemon) button(e button.Event) { d.log.Info("button", "event", e) }
