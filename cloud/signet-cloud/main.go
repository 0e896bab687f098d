// Signet-cloud is the reference cloud: it carries sealed events from cameras to the one owner that each names.
package main

import (
	"os"

	"signet/cloud/command"
)

func main() {
	os.Exit(command.Main(command.Env{Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
}
