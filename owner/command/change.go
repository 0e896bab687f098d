package command

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/estate"
)

// change is a policy change of a command line.
type change = func(*certs.Policy, *certs.Settings) error

// apply makes a change at each camera that which means, and says which version is wanted now.
func (h *holding) apply(ctx context.Context, env cli.Env, which string, f change) error {
	found, err := h.pick(which)
	if err != nil {
		return err
	}
	for _, c := range found {
		version, err := h.estate.Change(ctx, c, f)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "camera %s: policy %d is on its way; version %d is applied until a record says otherwise.\n", c.Device, version, c.Applied)
	}
	return nil
}

// takes runs a command that begins with one or more arguments and changes policies.
func takes(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string, least, most int, usage string, plan func(h *holding, rest []string) (change, error)) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	rest, err := cli.Parse(f, args, most)
	if err != nil {
		return err
	}
	if len(rest) < least {
		return cli.WithHint(cli.Misuse(f, "too few arguments"), usage)
	}
	h, err := hold(ctx, dir, cloud)
	if err != nil {
		return err
	}
	defer h.close(ctx)
	make, err := plan(h, rest[1:])
	if err != nil {
		return err
	}
	return h.apply(ctx, env, rest[0], make)
}

func runShare(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	name := f.String("name", "", "`NAME` of the viewer; sealed, for you only (default: the card's)")
	scope := f.String("for", "clips,live", "`WHAT` may be seen: clips, live, or clips,live")
	until := f.String("until", "", "`WHEN` it ends: a date such as 2027-01-31, or a time from now such as 72h (default: when you remove it)")
	return takes(ctx, env, f, args, 2, 2, "signet-owner share CAMERA|all CARD, where CARD is what the other one's page or signet-owner card shows", func(_ *holding, rest []string) (change, error) {
		card, err := certs.ParseViewerCard(rest[0])
		if err != nil {
			return nil, cli.WithHint(err, "a viewer's card begins with SIGNETV1:")
		}
		g := estate.Guest{Card: card, Name: *name}
		if g.Scope, err = parseScope(*scope); err != nil {
			return nil, err
		}
		if g.Until, err = parseUntil(*until, time.Now()); err != nil {
			return nil, err
		}
		return estate.Share(g, time.Now()), nil
	})
}

func parseScope(s string) (certs.Scope, error) {
	var scope certs.Scope
	for _, word := range strings.Split(s, ",") {
		switch word {
		case "clips":
			scope |= certs.ScopeClips
		case "live":
			scope |= certs.ScopeLive
		default:
			return 0, cli.WithHint(fmt.Errorf("--for %.40q: neither clips nor live", s), "such as --for clips,live")
		}
	}
	return scope, nil
}

func parseUntil(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return certs.UntilRemoved(), nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(d).Truncate(time.Millisecond), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, time.Local); err == nil && day.After(now) {
		return day.AddDate(0, 0, 1).Add(-time.Millisecond), nil // the whole day
	}
	return time.Time{}, cli.WithHint(fmt.Errorf("--until %.40q: neither a date nor a time to come", s), "such as 2027-01-31 or 72h")
}

func runUnshare(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	return takes(ctx, env, f, args, 2, 2, "signet-owner unshare CAMERA|all VIEWER, by name or by the digits that cameras --json shows", func(h *holding, rest []string) (change, error) {
		id, err := h.viewer(rest[0])
		if err != nil {
			return nil, err
		}
		return estate.Unshare(id), nil
	})
}

// viewer finds somebody who views, by name or by four or more digits of the key id.
func (h *holding) viewer(who string) (certs.KeyID, error) {
	found := map[certs.KeyID]bool{}
	for _, c := range h.cameras {
		if c.Policy == nil {
			continue
		}
		for _, v := range c.Policy.Viewers {
			if name := c.Settings().Viewers[v.Key()]; name == who || len(who) >= 4 && strings.HasPrefix(v.Key().String(), who) {
				found[v.Key()] = true
			}
		}
	}
	if len(found) != 1 {
		return certs.KeyID{}, cli.WithHint(fmt.Errorf("%d viewers are called %q", len(found), printable(who)), "signet-owner cameras --json shows each with its key")
	}
	for id := range found {
		return id, nil
	}
	panic("unreachable")
}

// recipients returns the owner's of a kind, or nil for "".
func (h *holding) recipients(kind string) ([]string, error) {
	switch kind {
	case "":
		return nil, nil
	case "x25519":
		return []string{h.owner.Recipient}, nil
	case "hybrid":
		id, err := h.owner.Hybrid()
		if err != nil {
			return nil, err
		}
		return []string{id.Recipient().String()}, nil
	}
	return nil, fmt.Errorf("--seal %.40q: neither x25519 nor hybrid", kind)
}
