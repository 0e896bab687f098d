// Signet-cloud is the reference cloud: it carries sealed events from cameras to the one owner that each names.
package main

import (
	"context"
	"os"

	"signet/cloud/command"
	"signet/internal/cli"
)

func main() {
	os.Exit(command.Main(context.Background(), cli.Env{Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
}
