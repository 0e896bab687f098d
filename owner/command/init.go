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
	fmt.Fprintf(env.Stdout, "You are owner %s.\n", o.ID)
	fmt.Fprintf(env.Stdout, "Your keys are in %s. Back up %s and %s now, where nobody else can read them:\n", d, d.Path("owner.seed"), d.Path("owner.pem"))
	fmt.Fprintln(env.Stdout, "nobody can make them again, and without them nobody can open what your cameras seal for you.")
	return nil
}
