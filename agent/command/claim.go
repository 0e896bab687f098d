package command

import (
	"context"
	"fmt"
	"os"
	"time"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
)

// maxClaimFile bounds the files that an owner hands over, in bytes.
const maxClaimFile = 256 << 10

func claimCommand(_ context.Context, env Env, args []string) error {
	f := flags(env, "claim")
	dir := f.String("dir", DefaultDir, "state folder")
	code := f.String("code", "", "read the owner's claim code from this file")
	offer := f.String("offer", "", "write the offer for the owner to this file")
	grant := f.String("grant", "", "take the owner's grant from this file")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 || (*code == "") != (*offer == "") || (*code == "") == (*grant == "") {
		return usageError(env, f, "claim takes --code and --offer first, then --grant")
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

func makeOffer(env Env, s *ownership.State, codePath, offerPath string) error {
	b, err := readBounded(codePath)
	if err != nil {
		return err
	}
	code, err := certs.ParseClaimCode(string(b))
	if err != nil {
		return fmt.Errorf("read %s: %w", codePath, err)
	}
	msg, err := s.Offer(code, time.Now())
	if err != nil {
		return err
	}
	if err := certs.WriteFile(offerPath, msg, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "offered to owner %s; next: the owner's grant\n", code.Owner.Short())
	return nil
}

func acceptGrant(env Env, s *ownership.State, path string) error {
	b, err := readBounded(path)
	if err != nil {
		return err
	}
	if err := s.Accept(b); err != nil {
		return err
	}
	t := s.Terms()
	fmt.Fprintf(env.Stdout, "owned by %s, epoch %d\n", t.Owner, t.Epoch)
	return nil
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxClaimFile {
		return nil, fmt.Errorf("read %s: %d bytes are more than %d", path, info.Size(), maxClaimFile)
	}
	return os.ReadFile(path)
}
