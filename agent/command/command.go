// Package command is the command line of signet-agent: a table of subcommands, each in its own file.
//
// A failure is one line that names the thing and the reason, then a line "hint:" where something can be done.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Env is what a command sees of the world.
type Env struct {
	Stdout io.Writer
	Stderr io.Writer
}

type command struct {
	name, args, about string
	run               func(ctx context.Context, env Env, args []string) error
}

func commands() []command {
	return []command{
		{"run", "[--config FILE]", "record what the camera sees, until it is told to stop", run},
		{"identity", "[--dir DIR] [--csr FILE] [--cert FILE --fleet FILE]", "show, and enrol in a fleet, the identity of this camera", identityCommand},
		{"claim", "[--dir DIR] --code FILE --offer FILE | --grant FILE", "give this camera to an owner, with that owner's files", claimCommand},
		{"status", "[--dir DIR] [--json]", "show what the running agent is doing", statusCommand},
		{"replay", "[--fps F] [--sensitivity N] [--json] FILE", "print the events of a recording; no cloud and no claim needed", replayCommand},
		{"config", "", "print the commented example configuration", configCommand},
		{"version", "", "print the version", version},
	}
}

// hinted is an error that knows what can be done about it.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }

// errUsage says that the command line was wrong and that this was said already.
var errUsage = errors.New("usage")

// Main runs the command line args, without the program's name, and returns the exit code: 0 done, 1 failed, 2 the
// command line is wrong.
func Main(env Env, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := dispatch(ctx, env, args)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintf(env.Stderr, "signet-agent: %s\n", oneLine(err.Error()))
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		fmt.Fprintf(env.Stderr, "hint: %s\n", h.Hint())
	} else if hint := commonHint(err); hint != "" {
		fmt.Fprintf(env.Stderr, "hint: %s\n", hint)
	}
	return 1
}

func oneLine(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "; ") }

func dispatch(ctx context.Context, env Env, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(env.Stdout)
		return nil
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, env, args[1:])
		}
	}
	fmt.Fprintf(env.Stderr, "signet-agent: no command %q\nhint: signet-agent help lists them\n", args[0])
	return errUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "signet-agent records what a camera sees and seals every event for its one owner.")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  signet-agent %-9s %s\n%25s%s\n", c.name, c.args, "", c.about)
	}
}

// flags returns a flag set that reports errors the way the others do.
func flags(env Env, name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(env.Stderr)
	f.Usage = func() {
		for _, c := range commands() {
			if c.name == name {
				fmt.Fprintf(env.Stderr, "usage: signet-agent %s %s\n", c.name, c.args)
			}
		}
		f.PrintDefaults()
	}
	return f
}

// parse reads flags, also between and after arguments.
func parse(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
}

// usageError says what is wrong with a command line.
func usageError(env Env, f *flag.FlagSet, format string, a ...any) error {
	fmt.Fprintf(env.Stderr, "signet-agent: "+format+"\n", a...)
	f.Usage()
	return errUsage
}
