package command

import (
	"errors"
	"io/fs"
	"syscall"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
	"signet/uplink/spool"
)

// hinted is an error that knows what can be done about it.
type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }
func (h hinted) Hint() string  { return h.hint }

// hintOf says what can be done about an error: what the error knows itself, else what helps against its kind.
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) && h.Hint() != "" {
		return h.Hint()
	}
	for _, k := range []struct {
		kind error
		hint string
	}{
		{certs.ErrExposed, "chmod 600 that file; if somebody else may have read it, make a new key"},
		{syscall.ENOSPC, "the file system is full: free some space, or choose another state folder"},
		{syscall.EROFS, "the file system is read-only: mount it writable, or choose another state folder"},
		{spool.ErrInUse, "another signet-agent runs on this state folder: end it first"},
		{identity.ErrNotEnrolled, "signet-agent identity --csr FILE, have the fleet CA sign it, signet-agent identity --cert FILE --fleet FILE"},
		{ownership.ErrOldCode, "make a new one: signet-owner claim --code-out FILE"},
		{ownership.ErrNoClaim, "begin with signet-agent claim --code FILE --offer FILE"},
		{ownership.ErrOwned, "a camera has one owner at a time; signet-agent identity shows whom"},
		{fs.ErrPermission, "run as the user who owns the state folder, or choose another one"},
	} {
		if errors.Is(err, k.kind) {
			return k.hint
		}
	}
	return ""
}
