// Package command is the owner's command line: a table of subcommands, each thin above the packages that do the work.
package command

import (
	"context"
	"crypto/x509"
	"flag"
	"io"
	"net/http"

	"signet/internal/cli"
)

// Parts is what the program is put together from, besides the packages of the owner's side.
type Parts struct {
	Page func(fleet *x509.Certificate) http.Handler // the owner's page, for the cloud of that CA: owner/web
	Join func(io.Writer, ...[]byte) error           // makes one clip of parts: capture/fmp4
}

// Main runs the command line args, without the program's name, and returns the exit code, as cli.Program.Main does.
func Main(ctx context.Context, env cli.Env, parts Parts, args []string) int {
	p := cli.Program{
		Name:  "signet-owner",
		About: "signet-owner keeps your keys, in ~/.config/signet unless --dir says otherwise, and shows what your cameras sealed for you.",
		Commands: []cli.Command{
			{Name: "init", Args: "[--dir DIR] [--cloud URL --ca FILE]", About: "become an owner: make your keys", Run: runInit},
			{Name: "claim", Args: "--code-out FILE | --offer FILE --fleet FILE --grant-out FILE [--name NAME]", About: "take a camera into possession", Run: runClaim},
			{Name: "list", Args: "[--json] [-n N]", About: "list events", Run: runList},
			{Name: "open", Args: "EVENT [-o DIR] [--ciphertext]", About: "write an event's thumbnail and clip", Run: parts.runOpen},
			{Name: "verify", Args: "FILE... [--owner ID]", About: "verify a downloaded record, offline", Run: runVerify},
			{Name: "serve", Args: "[--listen localhost:8480] [--handover]", About: "serve your page on this machine", Run: parts.runServe},
		},
		Hint: hint,
	}
	return p.Main(ctx, env, args)
}

// noArguments is cli.Parse for commands that take flags only.
func noArguments(f *flag.FlagSet, args []string) error {
	_, err := cli.Parse(f, args, 0)
	return err
}
