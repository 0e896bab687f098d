package command

import (
	"context"
	"flag"
	"fmt"
	"runtime"

	"signet/internal/cli"
)

// Version is set by the linker.
var Version = "unknown"

func version(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "signet-agent %s %s/%s\n", Version, runtime.GOOS, runtime.GOARCH)
	return err
}
