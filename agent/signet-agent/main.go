// Signet-agent is the firmware agent of a Linux IP camera: it records what the camera sees and seals every
// event for exactly one owner.
package main

import (
	"os"

	"signet/agent/command"
)

func main() {
	os.Exit(command.Main(command.Env{Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
}
