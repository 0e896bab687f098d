package cli

import (
	"errors"

	"signet/internal/hint"
)

// Hints says what helps against which errors. Of several that fit, the first counts.
type Hints []struct {
	Err error
	Do  string
}

// For returns what helps against err, or "".
func (h Hints) For(err error) string {
	for _, x := range h {
		if errors.Is(err, x.Err) {
			return x.Do
		}
	}
	return ""
}

// WithHint returns err with what can be done about it, which counts more than what is known otherwise.
func WithHint(err error, what string) error { return hint.With(err, what) }

// HintOf says what can be done about an error, or "": what the error knows itself (a method Hint), else what the program
// knows about it, else what helps against its kind.
func (p *Program) HintOf(err error) string {
	if h := hint.Own(err); h != "" {
		return h
	}
	if m, ok := errors.AsType[misuse](err); ok {
		return p.Name + " " + m.command + " --help"
	}
	if p.Hint != nil {
		if h := p.Hint(err); h != "" {
			return h
		}
	}
	return hint.Of(err)
}
