package daemon

import (
	"context"
	"time"

	"signet/agent/claiming"
	"signet/board/led"
)

// glance is how often the light is brought up to date, where nothing says that it is to be at once.
const glance = 500 * time.Millisecond

// light shows on the status light what the agent does.
func (d *Daemon) light(ctx context.Context) error {
	if d.cfg.Board.LED == "" {
		return nil
	}
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		changed := d.shown.next()
		d.board.Show(d.state())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-tick.C:
		}
	}
}

// state is the most urgent thing there is to show.
func (d *Daemon) state() led.State {
	starting, failing := d.eyes()
	switch {
	case d.holding.Load():
		return led.Resetting
	case d.owner.Terms() == nil:
		return d.claimState(failing)
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

// eyes says whether a camera still has to give its first picture, and whether one fails.
func (d *Daemon) eyes() (starting, failing bool) {
	for _, c := range d.cameras {
		worked, err := c.state()
		starting, failing = starting || !worked, failing || err != nil
	}
	return starting, failing
}

// claimState is what a camera shows that nobody owns.
func (d *Daemon) claimState(failing bool) led.State {
	if d.claim == nil {
		return led.Unowned
	}
	switch d.claim.Status().State {
	case claiming.Looking:
		if failing {
			return led.Failing
		}
		return led.Looking
	case claiming.CodeRead, claiming.Joining:
		return led.CodeRead
	case claiming.Offered:
		return led.Offered
	case claiming.Refused:
		return led.Refused
	}
	return led.Unowned
}
