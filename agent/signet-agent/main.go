// Signet-agent is the firmware agent of a Linux IP camera: it records what the camera sees and seals every
// event for exactly one owner.
package main

import (
	"context"
	"os"

	"signet/agent/command"
	"signet/internal/cli"
)

func main() {
	os.Exit(command.Main(context.Background(), cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
}
