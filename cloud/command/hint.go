package command

import (
	"errors"
	"io/fs"
	"syscall"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/engine"
)

// hint says what can be done about a failure.
func hint(err error) string {
	switch {
	case errors.Is(err, certs.ErrExposed):
		return "chmod 600 that file; if somebody else may have read it, make a new key"
	case errors.Is(err, cloud.ErrLocked):
		return "end it first, or choose another state folder with --dir"
	case errors.Is(err, cloud.ErrExists):
		return "a second CA would cut off every camera of the first: choose another folder"
	case errors.Is(err, cloud.ErrOtherKey):
		return "a camera that made itself a new key must also have a new device id"
	case errors.Is(err, cloud.ErrNoFleet):
		return "signet-cloud fleet init DIR makes one"
	case errors.Is(err, cloud.ErrWrongCA):
		return "the files of the folder belong to different fleets: restore them from one copy"
	case errors.Is(err, errNotRunning):
		return "signet-cloud run --dir DIR starts it"
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there: choose other ports with --mqtt and --https"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, engine.ErrFull):
		return "the file system is full: free some space, or choose another state folder with --dir"
	case errors.Is(err, syscall.EROFS):
		return "the file system is read-only: mount it writable, or choose another state folder with --dir"
	case errors.Is(err, fs.ErrPermission):
		return "run as the user who owns the state folder, or choose another one with --dir; ports below 1024 are for root"
	}
	return ""
}
