package command

import (
	"io/fs"
	"syscall"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/engine"
	"signet/internal/cli"
)

// hints says what can be done about failures of the cloud.
var hints = cli.Hints{
	{certs.ErrExposed, "chmod 600 that file; if somebody else may have read it, make a new key"},
	{cloud.ErrLocked, "end it first, or choose another state folder with --dir"},
	{cloud.ErrExists, "a second CA would cut off every camera of the first: choose another folder"},
	{cloud.ErrOtherKey, "a camera that made itself a new key must also have a new device id, or its old certificate must be revoked first: signet-cloud fleet revoke"},
	{cloud.ErrNotIssued, "signet-cloud fleet list shows those that were; a certificate from elsewhere is named by its file"},
	{cloud.ErrNoFleet, "signet-cloud fleet init DIR makes one"},
	{cloud.ErrWrongCA, "the files of the folder belong to different fleets: restore them from one copy"},
	{errNotRunning, "signet-cloud run --dir DIR starts it"},
	{engine.ErrFull, "free some space, or choose another state folder with --dir"},
	{syscall.EADDRINUSE, "another program listens there: choose other ports with --mqtt and --https"},
	{fs.ErrPermission, "run as the user who owns the state folder, or choose another one with --dir; ports below 1024 are for root"},
}
