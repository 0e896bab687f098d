package command

import (
	"context"
	"fmt"

	"signet/cloud"
)

func fleetInit(_ context.Context, env Env, args []string) error {
	f := flags(env, "fleet init")
	name := f.String("name", "Signet fleet", "name of the fleet")
	var hosts list
	f.Var(&hosts, "host", "host name or address of this cloud; may be given several times (default localhost and 127.0.0.1)")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usageError(env, f, "fleet init takes one folder")
	}
	if len(hosts) == 0 {
		hosts = list{"localhost", "127.0.0.1"}
	}
	if _, err := cloud.Init(rest[0], *name, hosts); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "made fleet %q in %s; cameras and owners pin %s/fleet.pem\n", *name, rest[0], rest[0])
	return nil
}

func fleetEnroll(_ context.Context, env Env, args []string) error {
	f := flags(env, "fleet enroll")
	csr := f.String("csr", "", "the camera's request, PEM")
	out := f.String("out", "", "write the certificate to this file too")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 || *csr == "" {
		return usageError(env, f, "fleet enroll takes one folder and --csr")
	}
	device, path, err := cloud.Enroll(rest[0], *csr, *out)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "enrolled %s: %s\n", device, path)
	return nil
}
