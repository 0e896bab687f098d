// Guest runs on a virtual board. Started by its init, it calls the host and does what that asks: runs programs, carries
// files. The host runs it as a program too: guest probe reads a camera the way the agent does and prints what came,
// guest control sets what a virtual camera does wrong, guest tpm lends the board a TPM.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	commands := map[string]func(context.Context, []string) error{"serve": serve, "probe": probe, "control": control, "tpm": tpm}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: guest serve | probe … | control … | tpm -to HOST:PORT")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		os.Exit(1)
	}
}
