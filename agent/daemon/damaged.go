package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/board"
	"signet/board/button"
	"signet/board/led"
	"signet/internal/hint"
)

// mendedEvery is how often it is looked whether somebody has mended the state folder.
const mendedEvery = 5 * time.Second

// AwaitReset is for a camera whose ownership New cannot read, which is what why says: it can record for nobody, and must be
// rid of its owner by its button as any other. It waits until the button was held, and destroys the ownership, or until the
// folder can be read again; then New may be tried again, and it returns nil. Without a button it returns why.
func AwaitReset(ctx context.Context, cfg Config, why error) error {
	if cfg.Board.Button == "" {
		return why
	}
	held := make(chan struct{}, 1)
	cfg.Board.Log = cfg.Log
	cfg.Board.OnButton = func(e button.Event) {
		if e != button.Held {
			return
		}
		select {
		case held <- struct{}{}:
		default: // it is being done
		}
	}
	b, err := board.New(cfg.Board)
	if err != nil {
		return errors.Join(why, err)
	}
	b.Show(led.Failing)
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	defer func() { stop(); <-done }()
	cfg.Log.Error("recording nothing: whose the camera is cannot be read; holding its button for ten seconds resets it",
		"err", why, "hint", hint.Of(why))
	return awaitReset(ctx, cfg, held)
}

// awaitReset does what AwaitReset says. held tells that the button was.
func awaitReset(ctx context.Context, cfg Config, held <-chan struct{}) error {
	device, err := identity.Open(cfg.Dir)
	if err != nil {
		return err
	}
	look := time.NewTicker(mendedEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if _, err := ownership.Open(cfg.Dir, device); err == nil {
				cfg.Log.Info("whose the camera is can be read again")
				return nil
			}
		case <-held:
			if err := Discard(cfg.Dir, device, cfg.Log); err != nil {
				cfg.Log.Error("reset is not complete, hold the button again", "err", err, "hint", hint.Of(err))
				continue
			}
			if _, err := ownership.Open(cfg.Dir, device); err != nil {
				return fmt.Errorf("after the reset: %w", err)
			}
			cfg.Log.Warn("reset: nobody owns this camera any more, what could not be read is destroyed")
			return nil
		}
	}
}
