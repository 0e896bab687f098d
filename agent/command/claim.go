package command

import (
	"context"
	"flag"
	"fmt"
	"time"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
	"signet/internal/cli"
)

// maxClaimFile bounds the files that an owner hands over, in bytes.
const maxClaimFile = 256 << 10

func claimCommand(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := f.String("dir", DefaultDir, "state folder `DIR`")
	code := f.String("code", "", "read the owner's claim code from this `FILE`")
	offer := f.String("offer", "", "write the offer for the owner to this `FILE`")
	grant := f.String("grant", "", "take the owner's grant from this `FILE`")
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	if (*code == "") != (*offer == "") || (*code == "") == (*grant == "") {
		return cli.Misuse(f, "takes --code and --offer first, then --grant")
	}
	d, err := identity.Open(*dir)
	if err != nil {
		return err
	}
	s, err := ownership.Open(*dir, d)
	if err != nil {
		return err
	}
	if *grant != "" {
		return acceptGrant(env, s, *grant)
	}
	return makeOffer(env, s, *code, *offer)
}

func makeOffer(env cli.Env, s *ownership.State, codePath, offerPath string) error {
	b, err := certs.ReadFile(codePath, maxClaimFile)
	if err != nil {
		return err
	}
	code, err := certs.ParseClaimCode(string(b))
	if err != nil {
		return cli.WithHint(fmt.Errorf("read %s: %w", codePath, err), "signet-owner claim --code-out FILE makes one")
	}
	msg, err := s.Offer(code, nil, time.Now())
	if err != nil {
		return err
	}
	if err := certs.WriteFile(offerPath, msg, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "offered to owner %s; next: the owner's grant\n", code.Owner.Short())
	return nil
}

func acceptGrant(env cli.Env, s *ownership.State, path string) error {
	b, err := certs.ReadFile(path, maxClaimFile)
	if err != nil {
		return err
	}
	err = s.Accept(b)
	if err != nil && program().HintOf(err) == "" {
		return cli.WithHint(fmt.Errorf("read %s: %w", path, err), "it takes the owner's answer to this camera's last offer: signet-owner claim --offer FILE --grant-out FILE")
	}
	if err != nil {
		return err
	}
	t := s.Terms()
	fmt.Fprintf(env.Stdout, "owned by %s, epoch %d\n", t.Owner, t.Epoch)
	return nil
}
