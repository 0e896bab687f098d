package command

import (
	"context"
	"encoding/pem"
	"flag"
	"fmt"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/agent/tpm"
	"signet/certs"
	"signet/internal/cli"
)

// DefaultDir is the state folder on a camera.
const DefaultDir = "/var/lib/signet"

func identityCommand(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := f.String("dir", DefaultDir, "state folder `DIR`")
	csr := f.String("csr", "", "write the request for the device certificate, PEM, to this `FILE`; makes the identity where there is none")
	chip := f.String("tpm", "", "with --csr, where there is no identity yet: keep its keys in the TPM 2.0 behind this `DEVICE`, such as "+tpm.DefaultPath)
	cert := f.String("cert", "", "take the device certificate from this `FILE`")
	fleet := f.String("fleet", "", "take the fleet CA's certificate from this `FILE`")
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	if (*cert == "") != (*fleet == "") {
		return cli.Misuse(f, "takes --cert and --fleet together")
	}
	if *chip != "" && *csr == "" {
		return cli.Misuse(f, "--tpm is said when the identity is made, with --csr")
	}
	if *csr != "" {
		return writeRequest(*dir, *chip, *csr)
	}
	d, err := identity.Open(*dir)
	if err != nil {
		return err
	}
	if *cert != "" {
		if err := enrol(d, *dir, *cert, *fleet); err != nil {
			return err
		}
	}
	return showIdentity(env, d, *dir)
}

// writeRequest begins an enrolment, for which an identity is made where there is none.
func writeRequest(dir, chip, path string) error {
	make := identity.Make
	if chip != "" {
		make = func(dir string) (*identity.Device, error) { return identity.MakeWithTPM(dir, chip) }
	}
	d, err := make(dir)
	if err != nil {
		return err
	}
	der, err := d.Request()
	if err != nil {
		return err
	}
	return certs.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), 0o644)
}

func enrol(d *identity.Device, dir, certPath, fleetPath string) error {
	der, err := certs.ReadCert(certPath)
	if err != nil {
		return err
	}
	ca, err := certs.ReadCA(fleetPath)
	if err != nil {
		return err
	}
	if err := d.Enrol(dir, der, ca); err != nil {
		return cli.WithHint(err, "the fleet CA signs the request of this camera: signet-agent identity --csr FILE")
	}
	return nil
}

func showIdentity(env cli.Env, d *identity.Device, dir string) error {
	fmt.Fprintf(env.Stdout, "device  %s\n", d.ID)
	fmt.Fprintf(env.Stdout, "key     P-256, %s\n", d.Keys.Level())
	if d.Cert == nil {
		fmt.Fprintln(env.Stdout, "fleet   not enrolled")
		fmt.Fprintln(env.Stdout, "owner   none")
		return nil
	}
	fmt.Fprintf(env.Stdout, "fleet   %s\n", d.Fleet.Subject.CommonName)
	s, err := ownership.Open(dir, d)
	if err != nil {
		return err
	}
	t := s.Terms()
	if t == nil {
		fmt.Fprintln(env.Stdout, "owner   none")
		return nil
	}
	fmt.Fprintf(env.Stdout, "owner   %s\nepoch   %d\npolicy  %d\n", t.Owner, t.Epoch, t.Policy.Version)
	return nil
}
