package command

import (
	"context"
	"fmt"
	"runtime"
)

// Version is set by the linker.
var Version = "unknown"

func version(_ context.Context, env Env, args []string) error {
	if _, err := parse(env, flags("version"), args, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "signet-agent %s %s/%s\n", Version, runtime.GOOS, runtime.GOARCH)
	return err
}
