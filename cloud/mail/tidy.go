package mail

import (
	"context"

	"signet/certs"
)

// tidy forgets what is kept of a device for claims that never came to be, or that the ledger has forgotten: else a device
// that offers itself to many owners would fill the store. What one owner has just sent stays.
func (m *Mail) tidy(ctx context.Context, d certs.DeviceID, but certs.OwnerID) error {
	names, err := m.kept.list(ctx, mailOf+d.String()+".", maxListed)
	if err != nil {
		return err
	}
	for _, name := range names {
		o, k, err := ownerAndKind(name)
		if err != nil || o == but {
			continue
		}
		c, err := m.about(ctx, d, o, k)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if never, err := m.never(ctx, *c); err != nil {
			return err
		} else if !never {
			continue
		}
		if k == policies {
			if err := m.forgetPolicy(ctx, d, o); err != nil {
				return err
			}
		}
		if err := m.kept.forget(ctx, letterSubject(d, o, k)); err != nil {
			return err
		}
	}
	return nil
}

// about returns the claim that a kept statement is about, nil where none can be read.
func (m *Mail) about(ctx context.Context, d certs.DeviceID, o certs.OwnerID, k kind) (*Claim, error) {
	var c Claim
	switch k {
	case grants:
		g, _, err := m.grant(ctx, d, o)
		if g == nil {
			return nil, err
		}
		c = beganBy(g)
	case policies:
		p, err := m.policy(ctx, d, o)
		if p == nil {
			return nil, err
		}
		c = claimOf(p.Policy)
	case releases:
		r, _, err := m.release(ctx, d, o)
		if r == nil {
			return nil, err
		}
		c = ends(r)
	}
	return &c, nil
}

// forgetPolicy removes the pointers to a policy that is to be forgotten.
func (m *Mail) forgetPolicy(ctx context.Context, d certs.DeviceID, o certs.OwnerID) error {
	p, err := m.policy(ctx, d, o)
	if err != nil || p == nil {
		return err
	}
	if err := m.unpoint(ctx, p.Policy, nil); err != nil {
		return err
	}
	return m.kept.forget(ctx, ownSubject(o, d))
}
