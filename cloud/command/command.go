// Package command is the command line of signet-cloud: a table of subcommands, each in its own file.
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
		{"fleet init", "DIR [--name NAME] [--host HOST]...", "make a fleet CA and the cloud's own keys in DIR", fleetInit},
		{"fleet enroll", "DIR --csr FILE [--out FILE]", "certify a camera from what signet-agent identity --csr wrote", fleetEnroll},
		{"run", "--dir DIR [--mqtt ADDR] [--https ADDR] [--origin URL]...", "run the cloud until it is told to stop", run},
		{"status", "--dir DIR [--json]", "show what the running cloud holds and has refused", statusCommand},
		{"report", "--dir DIR [--limit N]", "show who was given what", reportCommand},
	}
}

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
	fmt.Fprintf(env.Stderr, "signet-cloud: %s\n", oneLine(err.Error()))
	if h := hint(err); h != "" {
		fmt.Fprintf(env.Stderr, "hint: %s\n", h)
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
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c.run(ctx, env, args[len(words):])
		}
	}
	fmt.Fprintf(env.Stderr, "signet-cloud: no command %q\nhint: signet-cloud help lists them\n", args[0])
	return errUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "signet-cloud carries sealed events from cameras to the one owner that each event names.")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  signet-cloud %-12s %s\n%28s%s\n", c.name, c.args, "", c.about)
	}
}

// flags returns a flag set that reports errors the way the others do.
func flags(env Env, name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(env.Stderr)
	f.Usage = func() {
		for _, c := range commands() {
			if c.name == name {
				fmt.Fprintf(env.Stderr, "usage: signet-cloud %s %s\n", c.name, c.args)
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
	fmt.Fprintf(env.Stderr, "signet-cloud: "+format+"\n", a...)
	f.Usage()
	return errUsage
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }
