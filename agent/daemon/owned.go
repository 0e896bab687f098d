package daemon

import (
	"context"
	"log/slog"
	"time"

	"signet/certs"
	"signet/internal/hint"
	"signet/internal/wait"
)

// own is the camera's life: nobody's, somebody's, nobody's again, for as long as ctx lasts. It returns ctx.Err(), or what a
// restart may mend.
func (d *Daemon) own(ctx context.Context) error {
	for ctx.Err() == nil {
		terms, ending := d.owner.Terms(), d.owner.Ending()
		switch {
		case ending != nil:
			d.end(ctx, ending.Cause)
		case terms != nil:
			if err := d.owned(ctx, terms.Epoch); err != nil {
				return err
			}
		default:
			d.unowned(ctx)
		}
	}
	return ctx.Err()
}

// owned records until the epoch is to end, or ctx does. What was seen until then is in the recorder's hands when it returns.
func (d *Daemon) owned(ctx context.Context, epoch uint64) error {
	ctx, stop := d.while(ctx, func() bool {
		t := d.owner.Terms()
		return t != nil && t.Epoch == epoch && d.owner.Ending() == nil
	})
	defer stop()
	return outlived(ctx, d.watchAndFollow, d.keep)
}

// watchAndFollow runs the cameras as the policy in force has it.
func (d *Daemon) watchAndFollow(ctx context.Context) error {
	following := make(chan struct{})
	go func() { defer close(following); d.follow(ctx) }()
	err := d.watch(ctx, record, true)
	<-following
	return err
}

// end closes an epoch. What cannot be done is told: the camera is nobody's all the same, or ctx ends and a restart does it.
func (d *Daemon) end(ctx context.Context, cause certs.ClosingCause) {
	d.log.Warn("ownership ends", "cause", causes[cause])
	err := d.recorder.End(ctx, d.owner)
	d.spool.Former(position(d.owner.Former()))
	d.reset()
	switch left := d.owner.Ending() != nil; {
	case left && ctx.Err() != nil:
	case left:
		d.log.Error("ownership cannot be ended, trying again", "err", err, "hint", hint.Of(err))
		_ = wait.For(ctx, tryAgain)
	case err != nil:
		d.log.Error("ownership has ended, but not as it should", "err", err, "hint", hint.Of(err))
	default:
		d.log.Info("ownership has ended, its keys are destroyed")
	}
}

var causes = map[certs.ClosingCause]string{
	certs.Released: "the owner released the camera", certs.Reset: "reset",
	0: "the camera was claimed in a later epoch: its state was an older one",
}

// while returns a context that ends when what holds of the ownership holds no longer. stop ends it and waits for what runs.
func (d *Daemon) while(ctx context.Context, holds func() bool) (_ context.Context, stop func()) {
	ctx, end := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer end()
		for {
			changed := d.owner.Changed()
			if !holds() {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() { end(); <-done }
}

// keep says who the camera is and whose, and then keeps what it sees.
func (d *Daemon) keep(ctx context.Context) error {
	if err := d.announce(ctx); err != nil {
		return err
	}
	return d.recorder.Run(ctx)
}

// patience is how long the first record waits for the cameras, so that it can say what they are.
const patience = 5 * time.Second

// announce says who the camera is and whose, before its first event. It goes on trying while the flash takes nothing.
func (d *Daemon) announce(ctx context.Context) error {
	t := d.owner.Terms()
	if t == nil {
		return nil // it is over already
	}
	d.log.Info("owned", "owner", t.Owner.Short(), "epoch", t.Epoch)
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, c := range d.cameras {
		select {
		case <-c.wasTried():
		case <-soon.Done():
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return insist(ctx, d.log, "announce", func() error {
		err := d.recorder.Announce(d.owner)
		if d.owner.Terms() == nil {
			return nil
		}
		return err
	})
}

// Pauses of insist.
const (
	tryAgain = time.Second // between attempts
	sayAgain = time.Minute // between lines in the log, at most; they grow
)

// insist does something until it succeeds or ctx ends. It says that it fails, then ever more rarely, and that it no longer
// does.
func insist(ctx context.Context, log *slog.Logger, what string, do func() error) error {
	pause, next := tryAgain, time.Now()
	for failed := false; ; failed = true {
		err := do()
		if err == nil {
			if failed {
				log.Info("can " + what + " again")
			}
			return nil
		}
		if now := time.Now(); !now.Before(next) {
			log.Error("cannot "+what+", trying again", "err", err, "hint", hint.Of(err))
			next = now.Add(pause)
			pause = min(2*pause, sayAgain)
		}
		if err := wait.For(ctx, tryAgain); err != nil {
			return err
		}
	}
}
