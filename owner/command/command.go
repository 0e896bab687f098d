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
			{Name: "init", Args: "[--dir DIR] [--cloud URL --ca FILE] [--hybrid]", About: "become an owner: make your keys", Run: runInit},
			{Name: "sheet", Args: "[-o FILE]", About: "show, or write to a file, what brings your keys back", Run: runSheet},
			{Name: "recover", Args: "[FILE] [--cloud URL --ca FILE]", About: "become the owner again, from a recovery file or words", Run: runRecover},
			{Name: "join", Args: "CARD [--digits DIGITS]", About: "hand your keys to another device of yours", Run: runJoin},
			{Name: "claim", Args: "--show [--wifi SSID] | --code-out FILE | --offer FILE --fleet FILE --grant-out FILE [--name NAME]", About: "take a camera into possession, through its lens or by files", Run: runClaim},
			{Name: "cameras", Args: "[--json]", About: "list your cameras: whose, since when, under which policy", Run: runCameras},
			{Name: "set", Args: "CAMERA|all [--camera N] [--seal KIND] [--zone ZONE] SETTING=VALUE...", About: "change a camera's settings", Run: runSet},
			{Name: "settings", Args: "[CAMERA|all] [--json]", About: "show what is set, as set takes it", Run: runSettings},
			{Name: "card", Args: "[--owner] [--name NAME]", About: "show the card by which others let you view, in your page, or expect you", Run: runCard},
			{Name: "share", Args: "CAMERA|all CARD [--for WHAT] [--until WHEN] [--name NAME]", About: "let somebody view", Run: runShare},
			{Name: "unshare", Args: "CAMERA|all VIEWER", About: "let somebody view no longer", Run: runUnshare},
			{Name: "renew", Args: "CAMERA [--resume]", About: "give a camera a fresh event key", Run: runRenew},
			{Name: "release", Args: "CAMERA [--to CARD] [--yes]", About: "let a camera go", Run: runRelease},
			{Name: "lost", Args: "CAMERA [--yes]", About: "say that a camera was reset against your will", Run: runLost},
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
