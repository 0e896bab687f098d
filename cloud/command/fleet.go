package command

import (
	"context"
	"flag"
	"fmt"

	"signet/cloud"
	"signet/internal/cli"
)

func fleetInit(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	name := f.String("name", "Signet fleet", "`NAME` of the fleet")
	var hosts cli.List
	f.Var(&hosts, "host", "`HOST` name or address of this cloud; may be given several times (default localhost and 127.0.0.1)")
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return cli.Misuse(f, "in which folder?")
	}
	if len(hosts) == 0 {
		hosts = cli.List{"localhost", "127.0.0.1"}
	}
	if _, err := cloud.Init(rest[0], *name, hosts); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "made fleet %q in %s; cameras and owners pin %s/fleet.pem\n", *name, rest[0], rest[0])
	return nil
}

func fleetEnroll(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	csr := f.String("csr", "", "the camera's request, PEM, in this `FILE`")
	out := f.String("out", "", "write the certificate to this `FILE` too")
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 || *csr == "" {
		return cli.Misuse(f, "takes one folder and --csr")
	}
	device, path, err := cloud.Enroll(rest[0], *csr, *out)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "enrolled %s: %s\n", device, path)
	return nil
}
