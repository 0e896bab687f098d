package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/fsnotify/fsnotify"
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
				d.log.Warn("cannot read ownership yet", "err", err)
			}
		}
	}
	return nil
}

// patience is how long the first record waits for the camera, so that it can say what that is.
const patience = 5 * time.Second

// announce says who the camera is and whose, before its first event. It goes on trying while the flash takes nothing.
func (d *Daemon) announce(ctx context.Context) error {
	t := d.owner.Terms()
	d.log.Info("owned", "owner", t.Owner.Short(), "epoch", t.Epoch)
	select {
	case <-d.camera.tried:
	case <-time.After(patience):
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		err := d.recorder.Announce(d.owner)
		if err == nil {
			return nil
		}
		d.log.Error("cannot announce", "err", err)
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}
