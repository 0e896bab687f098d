// Command signet-owner is the owner's side of Signet: keys, claims, events, and the owner's page on the owner's own
// machine. Run it without arguments for its commands.
package main

import (
	"context"
	"crypto/x509"
	"net/http"
	"os"

	"signet/capture/fmp4"
	"signet/internal/cli"
	"signet/owner/command"
	"signet/owner/web"
)

func main() {
	parts := command.Parts{
		Page: func(fleet *x509.Certificate) http.Handler { return web.Handler("owner", fleet) },
		Join: fmp4.Join,
	}
	os.Exit(command.Main(context.Background(), cli.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, parts, os.Args[1:]))
}
