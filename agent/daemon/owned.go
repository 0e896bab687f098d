package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"

	"signet/internal/hint"
	"signet/internal/wait"
)

// waitForOwner returns when the camera has an owner. A grant comes into the state folder, which is watched: signet-agent
// claim, another process, brings it there, or the uplink does.
func (d *Daemon) waitForOwner(ctx context.Context) error {
	if d.owner.Terms() != nil {
		return nil
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch state folder: %w", err)
	}
	defer w.Close()
	if err := w.Add(d.cfg.Dir); err != nil {
		return fmt.Errorf("watch state folder: %w", err)
	}
	if err := d.owner.Reload(); err != nil { // what came before the watch
		return err
	}
	if d.owner.Terms() == nil {
		d.log.Warn("nobody owns this camera: recording nothing", "hint", "signet-agent claim")
	}
	for d.owner.Terms() == nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-w.Errors:
			return fmt.Errorf("watch state folder: %w", err)
		case <-w.Events:
			if err := d.owner.Reload(); err != nil {
				d.log.Warn("cannot read ownership yet", "err", err, "hint", hint.Of(err))
			}
		}
	}
	return nil
}

// patience is how long the first record waits for the cameras, so that it can say what they are.
const patience = 5 * time.Second

// announce says who the camera is and whose, before its first event. It goes on trying while the flash takes nothing.
func (d *Daemon) announce(ctx context.Context) error {
	t := d.owner.Terms()
	d.log.Info("owned", "owner", t.Owner.Short(), "epoch", t.Epoch)
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, c := range d.cameras {
		select {
		case <-c.tried:
		case <-soon.Done():
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return insist(ctx, d.log, "announce", func() error { return d.recorder.Announce(d.owner) })
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
