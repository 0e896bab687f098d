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
	working, starting, failing := d.eyes()
	switch {
	case d.holding.Load():
		return led.Resetting
	case d.owner.Terms() == nil:
		return d.claimState(failing > 0 && working == 0)
	case failing > 0:
		return led.Failing
	case starting > 0:
		return led.Starting
	case d.recorder.Recording():
		return led.Recording
	case d.session.Connected():
		return led.Online
	}
	return led.Offline
}

// eyes counts the cameras that work, that still have to give their first picture, and that fail.
func (d *Daemon) eyes() (working, starting, failing int) {
	for _, c := range d.cameras {
		switch worked, err := c.state(); {
		case err != nil:
			failing++
		case !worked:
			starting++
		default:
			working++
		}
	}
	return working, starting, failing
}

// claimState is what a camera shows that nobody owns. blind says that none of its cameras works.
func (d *Daemon) claimState(blind bool) led.State {
	if d.claim == nil {
		return led.Unowned
	}
	switch d.claim.Status().State {
	case claiming.Looking:
		if blind {
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
