package command

import (
	"context"
	"flag"

	"signet/agent/cameras"
	"signet/internal/cli"
)

func camerasCommand(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	all := f.Bool("all", false, "show formats, sizes, rates and controls too")
	asJSON := f.Bool("json", false, "print JSON, with everything")
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	return cameras.Print(env.Stdout, cameras.Options{All: *all, JSON: *asJSON})
}
