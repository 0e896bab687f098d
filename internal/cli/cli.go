// Package cli is the manner in which all programs of Signet speak on the command line. A program is a table:
//
//	p := cli.Program{Name: "signet-x", About: "signet-x does this.", Commands: []cli.Command{
//		{Name: "run", Args: "--dir DIR", About: "run until it is told to stop", Run: run},
//	}}
//	os.Exit(p.Main(context.Background(), cli.Env{Stdout: os.Stdout, Stderr: os.Stderr}, os.Args[1:]))
//
// A failure is one line on stderr that names the thing and the reason, then a line "hint:" where something can be done.
// The exit code is 0 for done, 1 for failed, 2 for a command line that makes no sense. Help was asked for: it goes to
// stdout, and is no failure.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
)

// Env is what a command sees of the world.
type Env struct {
	Stdin  io.Reader // nil: nobody is there to answer
	Stdout io.Writer
	Stderr io.Writer
}

// Command is a row of the table.
type Command struct {
	Name  string // a word, or several as in "fleet init"
	Args  string // as they stand in the usage, such as "[--json] FILE"
	About string // what it does, without a full stop

	// Run adds its flags to f, reads args with Parse, and does the work until it is done or ctx ends.
	Run func(ctx context.Context, env Env, f *flag.FlagSet, args []string) error
}

// Program is a command line. It may be used concurrently.
type Program struct {
	Name     string
	About    string // a sentence
	Commands []Command
	Hint     func(error) string // what helps against an error of this program, or ""; nil: nothing is known
}

// Main runs the command line args, without the program's name, and returns the exit code. SIGINT and SIGTERM end the
// context of the command; the second of them ends the process.
func (p *Program) Main(ctx context.Context, env Env, args []string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	err := p.run(ctx, env, args)
	if err == nil {
		return 0
	}
	fmt.Fprintf(env.Stderr, "%s: %s\n", p.Name, oneLine(err.Error()))
	if hint := p.HintOf(err); hint != "" {
		fmt.Fprintf(env.Stderr, "hint: %s\n", oneLine(hint))
	}
	if _, wrong := errors.AsType[misuse](err); wrong {
		return 2
	}
	return 1
}

// oneLine keeps to a line what has several, as joined errors have.
func oneLine(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), "\n", "; ") }

func (p *Program) run(ctx context.Context, env Env, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		p.help(env.Stdout)
		return nil
	}
	for _, c := range p.Commands {
		words := strings.Fields(c.Name)
		if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
			continue
		}
		f := flag.NewFlagSet(c.Name, flag.ContinueOnError)
		f.SetOutput(io.Discard) // Main says what is wrong
		err := c.Run(ctx, env, f, args[len(words):])
		if errors.Is(err, flag.ErrHelp) {
			p.helpOn(env.Stdout, c, f)
			return nil
		}
		return err
	}
	return WithHint(misuse{p.unknown(args), "no such command"}, p.Name+" help lists the commands")
}

// unknown returns as much of a command line as could have been the name of a command.
func (p *Program) unknown(args []string) string {
	n := 1
	for n < len(args) && !strings.HasPrefix(args[n], "-") && slices.ContainsFunc(p.Commands, func(c Command) bool {
		return strings.HasPrefix(c.Name, strings.Join(args[:n], " ")+" ")
	}) {
		n++
	}
	return strings.Join(args[:n], " ")
}

func (p *Program) help(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", p.About)
	for _, c := range p.Commands {
		fmt.Fprintf(w, "  %s\n      %s\n", p.usage(c), c.About)
	}
	fmt.Fprintf(w, "\n%s COMMAND --help explains one.\n", p.Name)
}

func (p *Program) helpOn(w io.Writer, c Command, f *flag.FlagSet) {
	fmt.Fprintf(w, "usage: %s\n%s\n", p.usage(c), c.About)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	f.VisitAll(func(f *flag.Flag) {
		dashes := "--"
		if len(f.Name) == 1 {
			dashes = "-"
		}
		value, about := flag.UnquoteUsage(f)
		fmt.Fprintf(t, "  %s\t%s", strings.TrimSpace(dashes+f.Name+" "+value), about)
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" {
			fmt.Fprintf(t, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(t)
	})
	t.Flush()
}

func (p *Program) usage(c Command) string {
	return strings.TrimSpace(p.Name + " " + c.Name + " " + c.Args)
}
