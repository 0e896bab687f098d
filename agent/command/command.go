// Package command is the command line of signet-agent: a table of subcommands, each in its own file.
package command

import (
	"context"

	"signet/internal/cli"
)

// Main runs the command line args, without the program's name, and returns the exit code, as cli.Program.Main does.
func Main(ctx context.Context, env cli.Env, args []string) int {
	return program().Main(ctx, env, args)
}

func program() *cli.Program {
	return &cli.Program{
		Name:  "signet-agent",
		About: "signet-agent records what a camera sees and seals every event for its one owner.",
		Commands: []cli.Command{
			{Name: "run", Args: "[--config FILE]", About: "record what the camera sees, until it is told to stop", Run: run},
			{Name: "cameras", Args: "[--all] [--json]", About: "list the cameras of this machine, and how a configuration names them", Run: camerasCommand},
			{Name: "identity", Args: "[--dir DIR] [--csr FILE [--tpm DEVICE]] [--cert FILE --fleet FILE]", About: "show, and enrol in a fleet, the identity of this camera", Run: identityCommand},
			{Name: "claim", Args: "[--dir DIR] [--code FILE] [--offer FILE] [--grant FILE] [--wait]", About: "give this camera to an owner, with that owner's files", Run: claimCommand},
			{Name: "reset", Args: "[--dir DIR] [--yes]", About: "take this camera from its owner: destroy what it signs and seals by", Run: resetCommand},
			{Name: "status", Args: "[--dir DIR] [--json]", About: "show what the running agent is doing", Run: statusCommand},
			{Name: "replay", Args: "[--fps F] [--sensitivity N] [--config FILE] [--json] [--cells OUT] [--explain DIR [--at TIME]...] FILE", About: "print the events of a recording; no cloud and no claim needed", Run: replayCommand},
			{Name: "config", About: "print the commented example configuration", Run: configCommand},
			{Name: "version", About: "print the version", Run: version},
		},
		Hint: hints.For,
	}
}
