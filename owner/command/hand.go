package command

import (
	"context"
	"flag"
	"fmt"
	"time"

	"signet/certs"
	"signet/internal/cli"
	"signet/internal/wait"
	"signet/owner/estate"
)

func runRenew(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	resume := f.Bool("resume", false, "ask for nothing new: certify what was asked for before")
	patience := f.Duration("wait", 10*time.Minute, "how long to wait for the camera's fresh key")
	return forOne(ctx, env, f, args, func(h *holding, c *estate.Camera) error {
		if !*resume {
			if err := h.apply(ctx, env, c.Device.String(), estate.Renew); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, *patience)
		defer cancel()
		return h.certifyRenewal(ctx, env, c)
	})
}

// certifyRenewal waits for the camera's fresh key and certifies it, unless the owner's page is faster.
func (h *holding) certifyRenewal(ctx context.Context, env cli.Env, c *estate.Camera) error {
	for {
		done, err := h.estate.GrantRenewal(ctx, c)
		if err == nil && done {
			fmt.Fprintf(env.Stdout, "camera %s: its fresh event key is certified; it signs with it as soon as it has the grant.\n", c.Device)
			return nil
		}
		if err == nil {
			if done, err = h.estate.Renewed(ctx, c); err == nil && done {
				fmt.Fprintf(env.Stdout, "camera %s: it signs with its fresh event key, which your page has certified.\n", c.Device)
				return nil
			}
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err := wait.For(ctx, 2*time.Second); err != nil {
			return cli.WithHint(fmt.Errorf("renew: %s has offered no fresh key yet", c.Device), "signet-owner renew --resume, or your page, certifies it later")
		}
	}
}

func runRelease(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	to := f.String("to", "", "the next owner's `CARD`, from their page or signet-owner card --owner: nobody else may claim the camera then")
	yes := f.Bool("yes", false, "do not ask")
	return forOne(ctx, env, f, args, func(h *holding, c *estate.Camera) error {
		var next *certs.OwnerID
		if *to != "" {
			card, err := certs.ParseOwnerCard(*to)
			if err != nil {
				return cli.WithHint(err, "an owner's card begins with SIGNETO1:")
			}
			next = &card.Owner
		}
		if !*yes && !env.Ask(fmt.Sprintf("Let camera %s go? Its keys are destroyed; what it recorded stays yours.", c.Device)) {
			return fmt.Errorf("release: nothing was done")
		}
		if err := h.estate.Release(ctx, c, next); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "camera %s: released; its last record says so as soon as it is online.\n", c.Device)
		return nil
	})
}

func runLost(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	yes := f.Bool("yes", false, "do not ask; only a release takes the mark back")
	return forOne(ctx, env, f, args, func(h *holding, c *estate.Camera) error {
		question := fmt.Sprintf("Mark camera %s as lost? Nobody else's claim is bound then, and only a release takes that back.", c.Device)
		if h.row(c).State == "owned" {
			question = fmt.Sprintf("Camera %s is yours and says nothing of a reset. Mark it as lost all the same? Only a release, which destroys its keys, takes that back.", c.Device)
		}
		if !*yes && !env.Ask(question) {
			return fmt.Errorf("mark as lost: nothing was done")
		}
		if err := h.estate.MarkLost(ctx, c, time.Now()); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "camera %s: marked as lost; nobody else's claim is bound until you release it.\n", c.Device)
		return nil
	})
}

// forOne runs a command for one camera.
func forOne(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string, do func(h *holding, c *estate.Camera) error) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return cli.WithHint(cli.Misuse(f, "name one camera"), "signet-owner cameras lists them")
	}
	h, err := hold(ctx, dir, cloud)
	if err != nil {
		return err
	}
	defer h.close(ctx)
	c, err := h.one(rest[0])
	if err != nil {
		return err
	}
	return do(h, c)
}
