package command

import (
	"errors"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/claim"
	"signet/owner/client"
	"signet/owner/estate"
	"signet/owner/home"
	"signet/owner/serve"
)

// hints says what can be done about failures on the owner's side.
var hints = cli.Hints{
	{home.ErrNoOwner, "signet-owner init makes one; --dir names another folder"},
	{home.ErrDamaged, "restore owner.seed and owner.pem from your backup: nobody can make them again"},
	{home.ErrOwnerExists, "that owner's keys open that owner's pictures: keep them, or use another --dir"},
	{home.ErrNoCloud, "name it once: --cloud https://HOST:PORT --ca FILE (the fleet's fleet.pem)"},
	{certs.ErrExposed, "chmod 600 that file; if others could read it, its secret may be known to them"},
	{client.ErrForeignTLS, "is --ca the authority of this cloud? If it was right before, somebody may be in between"},
	{client.ErrOtherName, "name the cloud by an address that its certificate is for, with --cloud"},
	{client.ErrExpired, "is this machine's clock right? If it is, the cloud needs a new certificate"},
	{client.ErrUnreachable, "is the cloud running, and is the address right?"},
	{claim.ErrNoCode, "a code is good once and for a while: make a new one with claim --code-out and give it to the camera"},
	{errTwoCameras, "cover the one that is not meant, or go elsewhere, and show a new code"},
	{errNobodyRead, "is the camera looking (its light says so; a press of its button starts that), is it on the network, and is the code flat and bright before it?"},
	{estate.ErrUnknownPolicy, "--anew begins anew: with no viewers and no settings"},
	{serve.ErrNotLocal, "the page holds your keys and is for this machine only; from another one use ssh -L 8480:localhost:8480"},
}

// hint says what the cloud advised, else what is known here.
func hint(err error) string {
	if s, ok := errors.AsType[*client.StatusError](err); ok && s.Hint != "" {
		return "the cloud says: " + s.Hint
	}
	return hints.For(err)
}
