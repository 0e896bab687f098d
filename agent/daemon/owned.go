package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fsnotify/fsnotify"

	"signet/agent/ownership"
)

// waitForOwner returns when the camera has an owner. Another process, signet-agent claim, brings the grant into the
// state folder, which is watched.
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

// announce says who the camera is and whose, before its first event. It waits a little for the camera, so that what
// it is can be said too, and goes on trying while the flash takes nothing.
func (d *Daemon) announce(ctx context.Context) error {
	d.log.Info("owned", "owner", d.owner.Terms().Owner.Short(), "epoch", d.owner.Terms().Epoch)
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

// takeGrant is told by the uplink of a grant.
func (d *Daemon) takeGrant(b []byte) {
	if err := d.owner.Accept(b); err != nil && !errors.Is(err, ownership.ErrOwned) {
		d.log.Warn("grant refused", "err", err)
	}
}

// takePolicy is told by the uplink of a policy. The cloud sends it until a record carries its version.
func (d *Daemon) takePolicy(b []byte) {
	err := d.owner.Apply(b)
	switch {
	case errors.Is(err, ownership.ErrOldTerms):
	case err != nil:
		d.log.Warn("policy refused", "err", err)
	default:
		d.log.Info("policy in force", "version", d.owner.Terms().Policy.Version)
	}
}
