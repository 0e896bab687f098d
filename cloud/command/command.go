// Package command is the command line of signet-cloud: a table of subcommands, each in its own file.
package command

import (
	"context"

	"signet/internal/cli"
)

// Main runs the command line args, without the program's name, and returns the exit code, as cli.Program.Main does.
func Main(ctx context.Context, env cli.Env, args []string) int {
	p := cli.Program{
		Name:  "signet-cloud",
		About: "signet-cloud carries sealed events from cameras to the one owner that each event names.",
		Commands: []cli.Command{
			{Name: "fleet init", Args: "DIR [--name NAME] [--host HOST]...", About: "make a fleet CA and the cloud's own keys in DIR", Run: fleetInit},
			{Name: "fleet enroll", Args: "DIR --csr FILE [--out FILE]", About: "certify a camera from what signet-agent identity --csr wrote", Run: fleetEnroll},
			{Name: "fleet list", Args: "--dir DIR", About: "show the certificates of cameras that were issued", Run: fleetList},
			{Name: "fleet revoke", Args: "--dir DIR DEVICE-ID|CERT.pem...", About: "take cameras' certificates back", Run: fleetRevoke},
			{Name: "run", Args: "--dir DIR [--mqtt ADDR] [--https ADDR] [--origin URL]... [-v]", About: "run the cloud until it is told to stop", Run: run},
			{Name: "status", Args: "--dir DIR [--json]", About: "show what the running cloud holds and has refused", Run: status},
			{Name: "report", Args: "--dir DIR [--limit N]", About: "show who was given what", Run: report},
		},
		Hint: hints.For,
	}
	return p.Main(ctx, env, args)
}
