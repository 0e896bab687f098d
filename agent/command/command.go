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

// misuse is a command line that is wrong.
type misuse struct{ command, text string }

func (m misuse) Error() string { return m.command + ": " + m.text }
func (m misuse) Hint() string  { return "signet-agent " + m.command + " --help" }

// Main runs the command line args, without the program's name, and returns the exit code: 0 done, 1 failed, 2 the
// command line is wrong.
func Main(env Env, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	err := dispatch(ctx, env, args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(env.Stderr, "signet-agent: %s\n", oneLine(err.Error()))
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(env.Stderr, "hint: %s\n", oneLine(hint))
	}
	if _, wrong := errors.AsType[misuse](err); wrong {
		return 2
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
	return hinted{misuse{args[0], "no such command"}, "signet-agent help lists the commands"}
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "signet-agent records what a camera sees and seals every event for its one owner.")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %s\n%25s%s\n", strings.TrimSpace(fmt.Sprintf("signet-agent %-9s %s", c.name, c.args)), "", c.about)
	}
}

// flags returns the flags of a command. Errors are told by Main, help by parse.
func flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// parse reads flags, also between and after arguments, and returns the most arguments that there may be.
func parse(env Env, f *flag.FlagSet, args []string, most int) (rest []string, err error) {
	for {
		err := f.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			help(env.Stdout, f)
			return nil, err
		}
		if err != nil {
			return nil, misuse{f.Name(), err.Error()}
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		if rest = append(rest, f.Arg(0)); len(rest) > most {
			return nil, misuse{f.Name(), fmt.Sprintf("what is %q?", f.Arg(0))}
		}
		args = f.Args()[1:]
	}
}

func help(w io.Writer, f *flag.FlagSet) {
	for _, c := range commands() {
		if c.name == f.Name() {
			fmt.Fprintf(w, "usage: signet-agent %s %s\n%s\n", c.name, c.args, c.about)
		}
	}
	f.VisitAll(func(f *flag.Flag) {
		fmt.Fprintf(w, "  --%-12s %s", f.Name, f.Usage)
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}
