package command

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/home"
	"signet/owner/verify"
)

// evidence is what the files of a verify command hold.
type evidence struct {
	records []named
	sealed  []named
	certs   [][]byte // DER
}

type named struct {
	name string
	b    []byte
}

func runVerify(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	id := f.String("owner", "", "the owner's `ID`, 64 digits (default: yours)")
	files, err := cli.Parse(f, args, math.MaxInt)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return cli.WithHint(cli.Misuse(f, "name a record and its certificates"), "signet-owner verify record.cose event.pem owner.pem")
	}
	var ev evidence
	for _, name := range files {
		if err := ev.read(name); err != nil {
			return err
		}
	}
	if len(ev.records) == 0 {
		return cli.WithHint(errors.New("verify: none of the files is a record"), "signet-owner open EVENT --ciphertext writes them")
	}
	if len(ev.certs) == 0 {
		if err := ev.lookBeside(env); err != nil {
			return err
		}
	}
	owner, own, err := expectedOwner(f, dir, *id)
	if err != nil {
		return err
	}
	if own != nil {
		ev.certs = append(ev.certs, own)
	}
	gate, err := ev.gate(owner)
	if err != nil {
		return err
	}
	whose := ""
	if own != nil {
		whose = " (you)"
	}
	return ev.verify(ctx, env, gate, whose)
}

// read sorts a file by what it begins with.
func (ev *evidence) read(name string) error {
	b, err := certs.ReadFile(name, certs.MaxPart)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	switch {
	case bytes.HasPrefix(b, []byte("age-encryption.org/v1\n")):
		ev.sealed = append(ev.sealed, named{name, b})
	case len(b) > 0 && b[0] == 0xd2: // a tagged COSE_Sign1
		ev.records = append(ev.records, named{name, b})
	case len(b) > 0 && b[0] == 0x30: // a SEQUENCE in DER
		ev.certs = append(ev.certs, b)
	default:
		found := false
		for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
			if block.Type == "CERTIFICATE" {
				ev.certs = append(ev.certs, block.Bytes)
				found = true
			}
		}
		if !found {
			return cli.WithHint(fmt.Errorf("verify: %s is neither a record, nor a certificate, nor sealed media", name), "signet-owner open EVENT --ciphertext writes such files")
		}
	}
	return nil
}

// lookBeside takes the certificates that signet-owner open put beside the records. They prove nothing by lying there:
// what counts is whether a path leads from them to the owner who is expected.
func (ev *evidence) lookBeside(env cli.Env) error {
	seen := map[string]bool{}
	for _, r := range ev.records {
		for _, name := range []string{"event.pem", "owner.pem"} {
			path := filepath.Join(filepath.Dir(r.name), name)
			if seen[path] {
				continue
			}
			seen[path] = true
			der, err := certs.ReadCert(path)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("verify: %w", err)
			}
			ev.certs = append(ev.certs, der)
			fmt.Fprintf(env.Stdout, "with %s\n", path)
		}
	}
	return nil
}

// expectedOwner returns whose the records must be: the owner that is named, else the one of the folder, with root.
func expectedOwner(f *flag.FlagSet, dir func() (home.Dir, error), id string) (certs.OwnerID, []byte, error) {
	if id != "" {
		owner, err := certs.ParseKeyID(id)
		if err != nil {
			return certs.OwnerID{}, nil, cli.WithHint(cli.Misuse(f, "%v", err), "--owner takes the 64 digits that signet-owner init printed")
		}
		return owner, nil, nil
	}
	d, err := dir()
	if err != nil {
		return certs.OwnerID{}, nil, err
	}
	path := d.Path("owner.pem")
	root, err := certs.ReadCert(path)
	if errors.Is(err, os.ErrNotExist) {
		return certs.OwnerID{}, nil, cli.WithHint(errors.New("verify: whose should the record be? There is no owner here"), "name the owner with --owner ID: a record proves nothing to whom does not care whose it is")
	}
	if err != nil {
		return certs.OwnerID{}, nil, err
	}
	owner, err := rootID(root)
	if err != nil {
		return certs.OwnerID{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	return owner, root, nil
}

func rootID(der []byte) (certs.OwnerID, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return certs.OwnerID{}, err
	}
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return certs.OwnerID{}, errors.New("not an owner's root")
	}
	return certs.KeyIDOf(key)
}

// gate makes the gate that ends at the owner's root. The root may be among the files or in a record: its fingerprint
// says whether it is the one.
func (ev *evidence) gate(owner certs.OwnerID) (*verify.Gate, error) {
	candidates := ev.certs
	for _, r := range ev.records {
		if s, err := certs.ParseRecord(r.b); err == nil && len(s.Chain) == 2 {
			candidates = append(candidates, s.Chain[1])
		}
	}
	for _, root := range candidates {
		g, err := verify.New(owner, root, verify.None)
		if err != nil {
			continue
		}
		for _, der := range ev.certs {
			g.Know(der) // what has no path to the root is not kept
		}
		return g, nil
	}
	return nil, cli.WithHint(fmt.Errorf("verify: no root certificate of owner %s among the files", owner.Short()), "add that owner's owner.pem")
}

func (ev *evidence) verify(ctx context.Context, env cli.Env, gate *verify.Gate, whose string) error {
	var good []*verify.Record
	var failed error
	for _, f := range ev.records {
		r, err := gate.Check(ctx, f.b)
		if err != nil {
			fmt.Fprintf(env.Stdout, "%s: NOT verified: %s\n", f.name, why(err))
			failed = cmp.Or(failed, notVerified(f.name, err))
			continue
		}
		good = append(good, r)
		describe(env, f.name, r, whose)
	}
	for _, f := range ev.sealed {
		kind, ok := nameOf(good, f.b)
		if !ok {
			fmt.Fprintf(env.Stdout, "%s: NOT verified: %s\n", f.name, errUnnamed)
			failed = cmp.Or(failed, notVerified(f.name, errUnnamed))
			continue
		}
		fmt.Fprintf(env.Stdout, "%s: verified, %s\n", f.name, kind)
	}
	return failed
}

// errUnnamed is the fault of sealed media.
var errUnnamed = errors.New("no verified record among the files names these bytes")

// why says in plain words why a file is not verified.
func why(err error) string {
	r, ok := errors.AsType[*verify.Refusal](err)
	switch {
	case !ok:
		return err.Error()
	case r.Reason == verify.NoCertificate:
		return "the event certificate that signed it is not among the files"
	case r.Reason == verify.BadCertificate:
		return "its certificate was not issued by the owner's key"
	case r.Reason == verify.Foreign:
		return r.Reason.Explain() + ", " + r.Claims.Owner.Short()
	case r.Reason == verify.Unreadable:
		return "it is no well-formed record: " + strings.TrimPrefix(r.Detail, "parse record: ")
	}
	return r.Reason.Explain()
}

// notVerified is the failure of a command with a file that is not verified, and what can be done about it.
func notVerified(name string, err error) error {
	failure := fmt.Errorf("verify: %s: %s", name, why(err))
	r, ok := errors.AsType[*verify.Refusal](err)
	switch {
	case ok && r.Reason == verify.NoCertificate:
		return cli.WithHint(failure, "add the event certificate that signed it: event.pem")
	case ok && r.Reason == verify.Foreign:
		return cli.WithHint(failure, "name the owner whose records you expect with --owner ID")
	case ok:
		return cli.WithHint(failure, "do not believe it: it was altered, or is not what it says")
	}
	return failure
}

func nameOf(records []*verify.Record, b []byte) (string, bool) {
	for _, r := range records {
		for _, m := range r.Media {
			if r.Match(m, b) == nil {
				return fmt.Sprintf("the %v that record %v names", m.Kind, r.Position), true
			}
		}
	}
	return "", false
}

func describe(env cli.Env, name string, r *verify.Record, whose string) {
	fmt.Fprintf(env.Stdout, "%s: verified\n", name)
	say := func(what, format string, args ...any) {
		fmt.Fprintf(env.Stdout, "  %-13s%s\n", what, fmt.Sprintf(format, args...))
	}
	event := ""
	if r.Event != nil {
		event = " of event " + r.Event.String()
	}
	say("says", "%v%s, position %v", r.Type, event, r.Position)
	at := time.UnixMilli(int64(min(r.Wall.UnixMs, 1<<50))).UTC().Format(time.RFC3339)
	say("camera time", "%s (clock: %s)", at, clocks[r.Wall.Quality])
	cert := r.Cert()
	say("signed by", "event key %s of camera %s, epoch %d", cert.KeyID.Short(), cert.Device, cert.Epoch)
	say("path", "event certificate %s, issued by the root of", cert.X5T.String()[:8])
	say("owner", "%s%s", r.Owner, whose)
	for _, m := range r.Media {
		say("names", "%v, %d bytes, sha256 %s", m.Kind, m.Size, m.Hash)
	}
}
