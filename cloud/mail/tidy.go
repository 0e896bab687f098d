package mail

import (
	"context"

	"signet/certs"
	"signet/cloud/ledger"
)

// tidyAndSend is what follows when a statement was kept.
func (m *Mail) tidyAndSend(ctx context.Context, b *ledger.Book, d certs.DeviceID, from certs.OwnerID, k kind) error {
	if err := m.tidy(ctx, b, d, from, k); err != nil {
		return err
	}
	return m.sendBy(ctx, b, d)
}

// tidy forgets what is kept of a device for owners of whom the ledger knows nothing: their claims never came to be, or were
// forgotten there. Else a device that offers itself to many owners, or has many, would fill the store; so it has the
// letters of those whom its entry names, and of two more. What was just sent, by from, stays. So does what was granted and
// may still be claimed, unless a grant was sent: a device offers itself anew before there is another, and no former owner
// can do that for it.
func (m *Mail) tidy(ctx context.Context, b *ledger.Book, d certs.DeviceID, from certs.OwnerID, sent kind) error {
	if b == nil {
		return nil
	}
	names, err := m.kept.list(ctx, mailOf+d.String()+".", maxListed)
	if err != nil {
		return err
	}
	stays := map[certs.OwnerID]bool{from: true}
	for _, name := range names {
		o, k, err := ownerAndKind(name)
		if err != nil {
			continue
		}
		s, judged := stays[o]
		if !judged {
			if s = b.Knows(o); !s && sent != grants {
				due, err := m.dueGrant(ctx, b, d, o)
				if err != nil {
					return err
				}
				s = due != nil
			}
			stays[o] = s
		}
		if s {
			continue
		}
		if k == policies {
			if err := m.forgetPointers(ctx, d, o); err != nil {
				return err
			}
		}
		if err := m.kept.forget(ctx, letterSubject(d, o, k)); err != nil {
			return err
		}
	}
	return nil
}

// forgetPointers removes the pointers to a policy that is to be forgotten.
func (m *Mail) forgetPointers(ctx context.Context, d certs.DeviceID, o certs.OwnerID) error {
	p, err := m.policy(ctx, d, o)
	if err != nil {
		return err
	}
	if p != nil {
		if err := m.unpoint(ctx, p.Policy, nil); err != nil {
			return err
		}
	}
	return m.kept.forget(ctx, ownSubject(o, d))
}
