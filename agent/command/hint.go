package command

import (
	"errors"
	"io/fs"
	"syscall"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
)

// commonHint says what can be done about failures that any command may meet.
func commonHint(err error) string {
	switch {
	case errors.Is(err, certs.ErrExposed):
		return "chmod 600 that file; if somebody else may have read it, make a new key"
	case errors.Is(err, syscall.ENOSPC):
		return "the file system is full: free some space, or choose another state folder with --dir"
	case errors.Is(err, syscall.EROFS):
		return "the file system is read-only: mount it writable, or choose another state folder with --dir"
	case errors.Is(err, identity.ErrNotEnrolled):
		return "signet-agent identity --csr FILE, have the fleet CA sign it, signet-agent identity --cert FILE --fleet FILE"
	case errors.Is(err, ownership.ErrOldCode):
		return "make a new one: signet-owner claim --code-out FILE"
	case errors.Is(err, ownership.ErrNoClaim):
		return "begin with signet-agent claim --code FILE --offer FILE"
	case errors.Is(err, fs.ErrPermission):
		return "run as the user who owns the state folder, or choose another one with --dir"
	}
	return ""
}
