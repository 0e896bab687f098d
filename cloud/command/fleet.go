package command

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"

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

func fleetRevoke(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	what, err := cli.Parse(f, args, maxRevoke)
	if err != nil {
		return err
	}
	if *dir == "" || len(what) == 0 {
		return cli.Misuse(f, "takes --dir, and device ids or certificate files")
	}
	revoked, number, err := cloud.Revoke(*dir, what)
	if err != nil {
		return err
	}
	for _, c := range revoked {
		fmt.Fprintf(env.Stdout, "revoked %s: certificate %x\n", c.Device, c.Serial)
	}
	if len(revoked) == 0 {
		fmt.Fprintf(env.Stdout, "revoked before; list %d stays\n", number)
		return nil
	}
	fmt.Fprintf(env.Stdout, "list %d is in %s/fleet.crl; a cloud that runs there takes it at once\n", number, *dir)
	return nil
}

// maxRevoke is how much is revoked by one command.
const maxRevoke = 10_000

func fleetList(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	if err := parse(f, args, dir); err != nil {
		return err
	}
	all, err := cloud.ListIssued(*dir)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "DEVICE\tCERTIFICATE\tDEVICE KEY\tSTATE")
	for _, c := range all {
		state := "valid"
		if c.Revoked {
			state = "revoked"
		}
		fmt.Fprintf(w, "%s\t%x\t%s\t%s\n", c.Device, c.Serial, c.Level, state)
	}
	return w.Flush()
}
