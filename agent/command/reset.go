package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"signet/agent/daemon"
	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/internal/cli"
	"signet/internal/wait"
	"signet/uplink/spool"
)

const (
	lookAgain = 200 * time.Millisecond // while somebody else does something
	endWithin = time.Minute            // a running agent closes an epoch
)

var errNo = errors.New("nothing was done")

func resetCommand(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := f.String("dir", DefaultDir, "state folder `DIR`")
	yes := f.Bool("yes", false, "do not ask")
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	d, err := identity.Open(*dir)
	if err != nil {
		return err
	}
	agreed := func(whose string) error {
		fmt.Fprintf(env.Stdout, "camera %s, %s\n", d.ID, whose)
		fmt.Fprintln(env.Stdout, "event key, settings key and policy are destroyed, which cannot be undone; what is recorded stays its owner's,")
		fmt.Fprintln(env.Stdout, "who still gets it for seven days. Somebody else's claim waits for a day, unless the owner releases the camera.")
		if !*yes && !env.Ask("Reset it?") {
			return cli.WithHint(fmt.Errorf("reset: %w", errNo), "answer y, or give --yes")
		}
		return nil
	}
	log := slog.New(slog.DiscardHandler)
	s, err := ownership.Open(*dir, d)
	if err != nil {
		if no := agreed("whose ownership is damaged: " + err.Error()); no != nil {
			return no
		}
		return done(env, daemon.Discard(*dir, d, log))
	}
	whose, err := owned(s)
	if err != nil {
		return err
	}
	if err := agreed(whose); err != nil {
		return err
	}
	if err := s.Reset(); s.Ending() == nil {
		return done(env, err) // it was only offered, or that failed
	}
	if err = daemon.End(ctx, *dir, d, s, log); errors.Is(err, spool.ErrInUse) {
		err = ended(ctx, s)
	}
	return done(env, err)
}

// owned says to whom the camera of s belongs or was offered.
func owned(s *ownership.State) (string, error) {
	if t := s.Terms(); t != nil {
		return fmt.Sprintf("owned by %s, epoch %d", t.Owner, t.Epoch), nil
	}
	if s.Ending() != nil {
		return "whose owner's epoch is over already", nil
	}
	w, err := s.Waiting()
	if err != nil {
		return "", err
	}
	if w == nil {
		return "", fmt.Errorf("reset: %w", ownership.ErrUnowned)
	}
	return "offered to " + w.Owner.String(), nil
}

// ended waits until the running agent, which watches the folder, has closed the epoch.
func ended(ctx context.Context, s *ownership.State) error {
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	for s.Ending() != nil {
		if wait.For(ctx, lookAgain) != nil {
			return cli.WithHint(errors.New("reset: the running agent has not ended it yet"), "it goes on; signet-agent status shows when nobody owns the camera")
		}
		if err := s.Reload(); err != nil {
			return err
		}
	}
	return nil
}

func done(env cli.Env, err error) error {
	if err == nil {
		fmt.Fprintln(env.Stdout, "nobody owns this camera")
	}
	return err
}
