package cli

import (
	"errors"
	"io/fs"
	"syscall"
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

// common is what helps whatever the program.
var common = Hints{
	{syscall.ENOSPC, "the file system is full: free some space, or choose another folder"},
	{syscall.EDQUOT, "the file system is full for this user: free some space, or choose another folder"},
	{syscall.EROFS, "the file system is read-only: mount it writable, or choose another folder"},
	{syscall.EADDRINUSE, "another program listens there: end it, or choose another port"},
	{fs.ErrPermission, "run as the user who owns that file or folder, or choose another one"},
}

// hinter is an error that knows what can be done about it.
type hinter interface {
	error
	Hint() string
}

// hinted adds a hint to an error.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }

// WithHint returns err with what can be done about it, which counts more than what is known otherwise.
func WithHint(err error, hint string) error { return hinted{err, hint} }

// HintOf says what can be done about an error, or "": what the error knows itself (a method Hint), else what the program
// knows about it, else what helps against its kind.
func (p *Program) HintOf(err error) string {
	if h, ok := errors.AsType[hinter](err); ok && h.Hint() != "" {
		return h.Hint()
	}
	if m, ok := errors.AsType[misuse](err); ok {
		return p.Name + " " + m.command + " --help"
	}
	if p.Hint != nil {
		if hint := p.Hint(err); hint != "" {
			return hint
		}
	}
	return common.For(err)
}
