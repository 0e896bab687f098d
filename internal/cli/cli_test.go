package cli_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"signet/internal/cli"
)

var errOurs = errors.New("ours")

type knowing struct{ hint string }

func (k knowing) Error() string { return "it knows" }
func (k knowing) Hint() string  { return k.hint }

// run runs a line of words in a program whose commands fail with err.
func run(t *testing.T, err error, line string) (code int, stdout, stderr string) {
	t.Helper()
	p := cli.Program{
		Name: "prog", About: "prog does things.",
		Commands: []cli.Command{
			{Name: "fleet init", Args: "DIR [--host HOST]...", About: "make a fleet", Run: func(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
				var hosts cli.List
				f.Var(&hosts, "host", "a `HOST`")
				rest, err := cli.Parse(f, args, 1)
				if err != nil {
					return err
				}
				if len(rest) == 0 {
					return cli.WithHint(cli.Misuse(f, "in which folder?"), "prog fleet init .")
				}
				_, err = fmt.Fprintln(env.Stdout, rest, hosts)
				return err
			}},
			{Name: "fail", Args: "[--n N]", About: "fail", Run: func(_ context.Context, _ cli.Env, f *flag.FlagSet, args []string) error {
				f.Int("n", 0, "`number`")
				f.Duration("within", time.Minute, "how `long`")
				f.Bool("loud", false, "be loud")
				if _, wrong := cli.Parse(f, args, 0); wrong != nil {
					return wrong
				}
				return err
			}},
		},
		Hint: cli.Hints{{errOurs, "we know"}, {fs.ErrInvalid, "and more"}}.For,
	}
	var o, e strings.Builder
	code = p.Main(t.Context(), cli.Env{Stdout: &o, Stderr: &e}, strings.Fields(line))
	return code, o.String(), e.String()
}

func TestHelp(t *testing.T) {
	const all = `prog does things.

  prog fleet init DIR [--host HOST]...
      make a fleet
  prog fail [--n N]
      fail

prog COMMAND --help explains one.
`
	const fail = `usage: prog fail [--n N]
fail
  --loud         be loud
  -n number      number
  --within long  how long (default 1m0s)
`
	for line, want := range map[string]string{
		"": all, "help": all, "-h": all, "--help": all,
		"fail --help": fail, "fail --n 3 -h": fail,
		"fleet init x --help": "usage: prog fleet init DIR [--host HOST]...\nmake a fleet\n  --host HOST  a HOST\n",
	} {
		if code, stdout, stderr := run(t, nil, line); code != 0 || stdout != want || stderr != "" {
			t.Errorf("%q exits %d and says:\n%s%s", line, code, stdout, stderr)
		}
	}
}

func TestMisuse(t *testing.T) {
	for line, want := range map[string]string{
		"bogus":              "prog: bogus: no such command\nhint: prog help lists the commands\n",
		"fleet":              "prog: fleet: no such command\nhint: prog help lists the commands\n",
		"fleet end":          "prog: fleet end: no such command\nhint: prog help lists the commands\n",
		"--loud fail":        "prog: --loud: no such command\nhint: prog help lists the commands\n",
		"fail --nope":        "prog: fail: flag provided but not defined: -nope\nhint: prog fail --help\n",
		"fail --n x":         "prog: fail: invalid value \"x\" for flag -n: parse error\nhint: prog fail --help\n",
		"fail now":           "prog: fail: what is \"now\"?\nhint: prog fail --help\n",
		"fleet init a b c":   "prog: fleet init: what is \"b\"?\nhint: prog fleet init --help\n",
		"fleet init --host":  "prog: fleet init: flag needs an argument: -host\nhint: prog fleet init --help\n",
		"fleet init":         "prog: fleet init: in which folder?\nhint: prog fleet init .\n",
		"fleet init -- -a b": "prog: fleet init: what is \"b\"?\nhint: prog fleet init --help\n",
	} {
		if code, _, stderr := run(t, nil, line); code != 2 || stderr != want {
			t.Errorf("%q exits %d and says:\n%s", line, code, stderr)
		}
	}
}

func TestFailure(t *testing.T) {
	for _, x := range []struct {
		err  error
		want string
	}{
		{errors.New("so it is"), "prog: so it is\n"},
		{errors.Join(errOurs, errors.New("theirs")), "prog: ours; theirs\nhint: we know\n"},
		{fmt.Errorf("do: %w", errors.Join(errOurs, knowing{"a\nb"})), "prog: do: ours; it knows\nhint: a; b\n"},
		{errors.Join(knowing{}, errOurs), "prog: it knows; ours\nhint: we know\n"},
		{cli.WithHint(knowing{"less"}, "more"), "prog: it knows\nhint: more\n"},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, "prog: open x: permission denied\nhint: run as the user who owns that file or folder, or choose another one\n"},
		{fmt.Errorf("write x: %w", syscall.ENOSPC), "prog: write x: no space left on device\nhint: the file system is full: free some space, or choose another folder\n"},
		{errors.New("trailing\n"), "prog: trailing\n"},
	} {
		if code, stdout, stderr := run(t, x.err, "fail"); code != 1 || stdout != "" || stderr != x.want {
			t.Errorf("%v: exits %d and says:\n%s%s", x.err, code, stdout, stderr)
		}
	}
	if code, stdout, stderr := run(t, nil, "fail"); code != 0 || stdout+stderr != "" {
		t.Errorf("no error exits %d and says:\n%s%s", code, stdout, stderr)
	}
}

// Arguments and flags stand in any order; after -- there are no flags.
func TestParse(t *testing.T) {
	for line, want := range map[string][]string{
		"":                       {},
		"a b":                    {"a", "b"},
		"--host x a b":           {"a", "b", "x"},
		"a --host=x b --host y":  {"a", "b", "x", "y"},
		"a b --host x":           {"a", "b", "x"},
		"--host x -- a --host y": {"a", "--host", "y", "x"},
		"a -- --host":            {"a", "--host"},
		"a - b":                  {"a", "-", "b"},
	} {
		f := flag.NewFlagSet("fleet init", flag.ContinueOnError)
		var hosts cli.List
		f.Var(&hosts, "host", "")
		rest, err := cli.Parse(f, strings.Fields(line), math.MaxInt)
		if err != nil || !slices.Equal(append(rest, hosts...), want) {
			t.Errorf("%q: %q and %q, %v", line, rest, hosts, err)
		}
	}
}

// deaf is a program that does not end when it is told to.
func deaf() {
	p := cli.Program{Name: "prog", Commands: []cli.Command{
		{Name: "run", Run: func(ctx context.Context, env cli.Env, _ *flag.FlagSet, _ []string) error {
			fmt.Fprintln(env.Stdout, "running")
			<-ctx.Done()
			fmt.Fprintln(env.Stdout, "told to end")
			select {}
		}},
	}}
	p.Main(context.Background(), cli.Env{Stdout: os.Stdout, Stderr: os.Stderr}, []string{"run"})
}

func TestMain(m *testing.M) {
	if os.Getenv("CLI_TEST_DEAF") != "" {
		deaf()
	}
	m.Run()
}

// The first signal ends the context of the command, the second the process.
func TestSignals(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "CLI_TEST_DEAF=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for _, want := range []string{"running", "told to end"} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("says %q, not %q", lines.Text(), want)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	go func() { // the second signal may come before the first was quite dealt with
		for cmd.Process.Signal(syscall.SIGTERM) == nil {
			time.Sleep(10 * time.Millisecond)
		}
	}()
	err = cmd.Wait()
	if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v", err)
	}
}
