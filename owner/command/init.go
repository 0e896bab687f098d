package command

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"signet/internal/cli"
	"signet/owner/home"
)

func runInit(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	hybrid := f.Bool("hybrid", false, "have new cameras seal pictures to a post-quantum key as well; the page in a browser cannot open those")
	if err := noArguments(f, args); err != nil {
		return err
	}
	d, err := dir()
	if err != nil {
		return err
	}
	c, _, err := cloud(d)
	if err != nil && !errors.Is(err, home.ErrNoCloud) {
		return err
	}
	o, err := d.Create()
	if err != nil {
		return err
	}
	if c != nil {
		if err := d.Remember(c); err != nil {
			return err
		}
	}
	if *hybrid {
		if err := d.MakeHybrid(o); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "You are owner %s.\n", o.ID)
	fmt.Fprintf(env.Stdout, "Your keys are in %s. Save what brings them back now, where nobody else gets it: signet-owner sheet\n", d)
	fmt.Fprintln(env.Stdout, "Nobody can make them again, and without them nobody can open what your cameras seal for you.")
	return nil
}
