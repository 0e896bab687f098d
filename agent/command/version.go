package command

import (
	"context"
	"fmt"
	"runtime"
)

// Version is set by the linker.
var Version = "unknown"

func version(_ context.Context, env Env, _ []string) error {
	_, err := fmt.Fprintf(env.Stdout, "signet-agent %s %s/%s\n", Version, runtime.GOOS, runtime.GOARCH)
	return err
}
