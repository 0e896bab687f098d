package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"time"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/certs"
	"signet/internal/cli"
	"signet/internal/wait"
)

// maxClaimFile bounds the files that an owner hands over, in bytes.
const maxClaimFile = 256 << 10

func claimCommand(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := f.String("dir", DefaultDir, "state folder `DIR`")
	code := f.String("code", "", "read the owner's claim code from this `FILE`")
	offer := f.String("offer", "", "write the offer for the owner to this `FILE`; without --code the one that waits, as of a renewal")
	grant := f.String("grant", "", "take the owner's grant, of a claim or a renewal, from this `FILE`")
	waits := f.Bool("wait", false, "wait until the grant is there: in its file, or by way of the running agent")
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	switch {
	case *code == "" && *offer == "" && *grant == "":
		return cli.Misuse(f, "takes --code and --offer first, then --grant")
	case *code != "" && *offer == "" && !*waits:
		return cli.Misuse(f, "takes --offer with --code, for somebody must get the answer, or --wait where the running agent sends it")
	case *grant != "" && *offer+*code != "" && !*waits:
		return cli.Misuse(f, "takes --grant together with others only with --wait")
	}
	d, err := identity.Open(*dir)
	if err != nil {
		return err
	}
	s, err := ownership.Open(*dir, d)
	if err != nil {
		return err
	}
	if *code != "" || *offer != "" {
		if err := makeOffer(env, s, *code, *offer); err != nil {
			return err
		}
	}
	switch {
	case *waits:
		return awaitGrant(ctx, env, s, *grant)
	case *grant != "":
		return acceptGrant(env, s, *grant)
	}
	return nil
}

// makeOffer answers a code, or takes the offer that waits, and writes it to a file where one is named.
func makeOffer(env cli.Env, s *ownership.State, codePath, offerPath string) error {
	if codePath != "" {
		b, err := certs.ReadFile(codePath, maxClaimFile)
		if err != nil {
			return err
		}
		code, err := certs.ParseClaimCode(string(b))
		if err != nil {
			return cli.WithHint(fmt.Errorf("read %s: %w", codePath, err), "signet-owner claim --code-out FILE makes one")
		}
		if _, err := s.Offer(code, nil, time.Now()); err != nil {
			return err
		}
	}
	w, err := s.Waiting()
	if err != nil {
		return err
	}
	if w == nil {
		return fmt.Errorf("offer: %w", ownership.ErrNoClaim)
	}
	if offerPath != "" {
		if err := certs.WriteFile(offerPath, w.Message, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "offered to owner %s; next: the owner's grant\n", w.Owner.Short())
	return nil
}

// awaitGrant waits until the offer is granted: a grant appears in a file, where one is named, or comes to the running agent.
func awaitGrant(ctx context.Context, env cli.Env, s *ownership.State, path string) error {
	for {
		w, err := s.Waiting()
		if err != nil {
			return err
		}
		if w == nil {
			if s.Terms() != nil {
				return sayOwner(env, s)
			}
			return fmt.Errorf("wait for the grant: %w", ownership.ErrOldCode)
		}
		if path != "" {
			err := acceptGrant(env, s, path)
			if err == nil || !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err := wait.For(ctx, lookAgain); err != nil {
			return fmt.Errorf("wait for the grant: %w", err)
		}
	}
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
	return sayOwner(env, s)
}

func sayOwner(env cli.Env, s *ownership.State) error {
	t := s.Terms()
	if t == nil {
		return ownership.ErrUnowned
	}
	fmt.Fprintf(env.Stdout, "owned by %s, epoch %d\n", t.Owner, t.Epoch)
	return nil
}
