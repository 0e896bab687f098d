package cli

import (
	"errors"
	"flag"
	"fmt"
	"strings"
)

// misuse is a command line that makes no sense.
type misuse struct{ command, text string }

func (m misuse) Error() string { return m.command + ": " + m.text }

// Misuse says what is wrong with the command line of the command that f is for. Its hint is that command's help, unless
// WithHint gives a better one.
func Misuse(f *flag.FlagSet, format string, a ...any) error {
	return misuse{f.Name(), fmt.Sprintf(format, a...)}
}

// Parse reads flags, also between and after arguments, and returns the arguments, of which there may be most. After
// "--" all are arguments.
func Parse(f *flag.FlagSet, args []string, most int) (rest []string, err error) {
	for {
		if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil {
			return nil, Misuse(f, "%v", err)
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		taken := len(args) - f.NArg()
		next := f.Args()[:1]
		if taken > 0 && args[taken-1] == "--" {
			next = f.Args()
		}
		rest = append(rest, next...)
		if len(rest) > most {
			return nil, Misuse(f, "what is %q?", rest[most])
		}
		args = f.Args()[len(next):]
	}
}

// List is a flag that may be given several times.
type List []string

func (l *List) String() string     { return strings.Join(*l, " ") }
func (l *List) Set(s string) error { *l = append(*l, s); return nil }
