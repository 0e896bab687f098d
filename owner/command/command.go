// Package command is the owner's command line: a table of subcommands, each thin above the packages that do the work.
//
// Errors are one line that names the thing and the reason, then a hint. The exit code is 0 for success, 1 for failure,
// 2 for a command line that makes no sense.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"signet/certs"
	"signet/owner/claim"
	"signet/owner/client"
	"signet/owner/home"
	"signet/owner/serve"
)

// Env is what the commands have from outside.
type Env struct {
	Stdout, Stderr io.Writer
	Page           http.Handler                     // the owner's page: owner/web
	Join           func(io.Writer, ...[]byte) error // makes one clip of parts: capture/fmp4
}

// command is one row of the table.
type command struct {
	name, synopsis, about string
	run                   func(ctx context.Context, e *Env, f *flag.FlagSet, args []string) error
}

func table() []command {
	return []command{
		{"init", "[--dir DIR] [--cloud URL --ca FILE]", "become an owner: make your keys", runInit},
		{"claim", "--code-out FILE | --offer FILE --fleet FILE --grant-out FILE [--name NAME]", "take a camera into possession", runClaim},
		{"list", "[--json] [-n N]", "list events", runList},
		{"open", "EVENT [-o DIR] [--ciphertext]", "write an event's thumbnail and clip", runOpen},
		{"verify", "FILE... [--owner ID]", "verify a downloaded record, offline", runVerify},
		{"serve", "[--listen localhost:8480] [--handover]", "serve your page on this machine", runServe},
	}
}

// errUsage marks errors of the command line itself.
var errUsage = errors.New("usage")

// hinted is an error with advice.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

func hint(err error, format string, args ...any) error {
	return hinted{err, fmt.Sprintf(format, args...)}
}

func usage(hintText, format string, args ...any) error {
	return hint(fmt.Errorf("%w: %s", errUsage, fmt.Sprintf(format, args...)), "%s", hintText)
}

// Main runs one command and returns the exit code.
func Main(ctx context.Context, e *Env, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		printHelp(e.Stdout)
		return 0
	}
	for _, c := range table() {
		if c.name != args[0] {
			continue
		}
		f := flag.NewFlagSet(c.name, flag.ContinueOnError)
		f.SetOutput(io.Discard)
		err := c.run(ctx, e, f, args[1:])
		if errors.Is(err, flag.ErrHelp) {
			printUsage(e.Stdout, c, f)
			return 0
		}
		return report(e.Stderr, err)
	}
	return report(e.Stderr, usage("signet-owner help lists the commands", "unknown command %q", args[0]))
}

func printHelp(w io.Writer) {
	fmt.Fprintln(w, "signet-owner keeps your keys, and shows what your cameras sealed for you.")
	fmt.Fprintln(w)
	for _, c := range table() {
		fmt.Fprintf(w, "  %-7s %s\n", c.name, c.about)
	}
	fmt.Fprintln(w, "\nsignet-owner COMMAND -h explains one. Your keys are in ~/.config/signet unless --dir says otherwise.")
}

func printUsage(w io.Writer, c command, f *flag.FlagSet) {
	fmt.Fprintf(w, "signet-owner %s %s\n\n%s\n\n", c.name, c.synopsis, c.about)
	f.SetOutput(w)
	f.PrintDefaults()
}

// report prints an error and returns the exit code.
func report(w io.Writer, err error) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, errUsage) {
		fmt.Fprintf(w, "signet-owner: %s\n", strings.TrimPrefix(err.Error(), "usage: "))
	} else {
		fmt.Fprintf(w, "signet-owner: %s\n", err)
	}
	if h := advice(err); h != "" {
		fmt.Fprintf(w, "hint: %s\n", h)
	}
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// advice returns the hint of an error: its own, or the one of what it wraps.
func advice(err error) string {
	if h, ok := errors.AsType[hinted](err); ok {
		return h.hint
	}
	if s, ok := errors.AsType[*client.StatusError](err); ok && s.Hint != "" {
		return "the cloud says: " + s.Hint
	}
	switch {
	case errors.Is(err, home.ErrNoOwner):
		return "signet-owner init makes one; --dir names another folder"
	case errors.Is(err, home.ErrOwnerExists):
		return "that owner's keys open that owner's pictures: keep them, or use another --dir"
	case errors.Is(err, home.ErrNoCloud):
		return "name it once: --cloud https://HOST:PORT --ca FILE (the fleet's fleet.pem)"
	case errors.Is(err, certs.ErrExposed):
		return "chmod 600 that file; if others could read it, its secret may be known to them"
	case errors.Is(err, client.ErrForeignTLS):
		return "is --ca the authority of this cloud? If it was right before, somebody may be in between"
	case errors.Is(err, client.ErrUnreachable):
		return "is the cloud running, and is the address right?"
	case errors.Is(err, claim.ErrNoCode):
		return "a code is good once and for a while: make a new one with claim --code-out and give it to the camera"
	case errors.Is(err, serve.ErrNotLoopback):
		return "the page holds your keys and is for this machine only; from another one use ssh -L 8480:localhost:8480"
	case errors.Is(err, os.ErrPermission):
		return "check who owns the file, and its mode"
	}
	return ""
}

// parse reads flags wherever they stand among the arguments, and returns the others.
func parse(f *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usage("signet-owner "+f.Name()+" -h explains it", "%s: %v", f.Name(), err)
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
}

// noArguments is parse for commands that take flags only.
func noArguments(f *flag.FlagSet, args []string) error {
	rest, err := parse(f, args)
	if err == nil && len(rest) > 0 {
		err = usage("signet-owner "+f.Name()+" -h explains it", "%s: unexpected argument %q", f.Name(), rest[0])
	}
	return err
}
