// Package hint says what people can do about an error, in one line beside the error's own.
package hint

import (
	"errors"
	"io/fs"
	"syscall"
)

// common is what helps whatever the program. Of several that fit, the first counts.
var common = []struct {
	err error
	do  string
}{
	{syscall.ENOSPC, "the file system is full: free some space, or choose another folder"},
	{syscall.EDQUOT, "the file system is full for this user: free some space, or choose another folder"},
	{syscall.EROFS, "the file system is read-only: mount it writable, or choose another folder"},
	{syscall.EIO, "the storage fails: look at the kernel's log, and replace it"},
	{syscall.EADDRINUSE, "another program listens there: end it, or choose another port"},
	{fs.ErrPermission, "run as the user who owns that file or folder, or choose another one"},
}

// Own returns what the error knows itself, by a method Hint, or "".
func Own(err error) string {
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		return h.Hint()
	}
	return ""
}

// Of returns what the error knows itself, else what helps against its kind, or "".
func Of(err error) string {
	if h := Own(err); h != "" {
		return h
	}
	for _, c := range common {
		if errors.Is(err, c.err) {
			return c.do
		}
	}
	return ""
}

// With returns err with what can be done about it, which counts more than what is known otherwise.
func With(err error, hint string) error { return hinted{err, hint} }

type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }
