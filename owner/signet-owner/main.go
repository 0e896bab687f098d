// Command signet-owner is the owner's side of Signet: keys, claims, events, and the owner's page on the owner's own
// machine. Run it without arguments for its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"signet/capture/fmp4"
	"signet/owner/command"
	"signet/owner/web"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	env := &command.Env{Stdout: os.Stdout, Stderr: os.Stderr, Page: web.Handler("owner"), Join: fmp4.Join}
	os.Exit(command.Main(ctx, env, os.Args[1:]))
}
