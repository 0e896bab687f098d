package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
)

// maxClaimFile bounds the files that an owner hands over, in bytes.
const maxClaimFile = 256 << 10

func claimCommand(_ context.Context, env Env, args []string) error {
	f := flags("claim")
	dir := f.String("dir", DefaultDir, "state folder")
	code := f.String("code", "", "read the owner's claim code from this file")
	offer := f.String("offer", "", "write the offer for the owner to this file")
	grant := f.String("grant", "", "take the owner's grant from this file")
	if _, err := parse(env, f, args, 0); err != nil {
		return err
	}
	if (*code == "") != (*offer == "") || (*code == "") == (*grant == "") {
		return misuse{"claim", "takes --code and --offer first, then --grant"}
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
		return hinted{fmt.Errorf("read %s: %w", codePath, err), "signet-owner claim --code-out FILE makes one"}
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
	err = s.Accept(b)
	if err != nil && hintOf(err) == "" {
		return hinted{fmt.Errorf("read %s: %w", path, err), "it takes the owner's answer to this camera's last offer: signet-owner claim --offer FILE --grant-out FILE"}
	}
	if err != nil {
		return err
	}
	t := s.Terms()
	fmt.Fprintf(env.Stdout, "owned by %s, epoch %d\n", t.Owner, t.Epoch)
	return nil
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxClaimFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxClaimFile {
		return nil, fmt.Errorf("read %s: more than %d bytes", path, maxClaimFile)
	}
	return b, nil
}
