package command

import (
	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
	"signet/internal/cli"
	"signet/uplink/spool"
)

// hints says what can be done about failures of the agent.
var hints = cli.Hints{
	{certs.ErrExposed, "chmod 600 that file; if somebody else may have read it, make a new key"},
	{spool.ErrInUse, "another signet-agent runs on this state folder: end it first"},
	{identity.ErrNone, "name the camera's state folder; for a new camera signet-agent identity --dir DIR --csr FILE makes one"},
	{identity.ErrNotEnrolled, "signet-agent identity --csr FILE, have the fleet CA sign it, signet-agent identity --cert FILE --fleet FILE"},
	{ownership.ErrOldCode, "make a new one: signet-owner claim --code-out FILE"},
	{ownership.ErrUsedCode, "make a new one: signet-owner claim --code-out FILE"},
	{ownership.ErrFleet, "make one for this camera's fleet; signet-agent identity shows which that is"},
	{ownership.ErrNoClaim, "begin with signet-agent claim --code FILE --offer FILE"},
	{ownership.ErrOwned, "a camera has one owner at a time; signet-agent identity shows whom"},
}
