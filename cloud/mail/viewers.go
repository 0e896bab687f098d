package mail

import (
	"context"
	"time"

	"signet/certs"
	"signet/cloud/ledger"
)

const (
	// maxShared bounds the cameras of others that a viewer is shown: those that were shared first. Anybody with a camera can
	// name any key, and so must not be able to push out what others share.
	maxShared = 64
	// maxFollowed bounds the pointers that are followed for that at a time. What leads nowhere is forgotten then, so that the
	// next time comes further.
	maxFollowed = 4 * maxShared
	// maxListed bounds what else is gone through at a time.
	maxListed = 1000
)

// place is where a policy stands. A pointer to it proves nothing: whoever follows it reads the policy.
type place struct {
	device certs.DeviceID
	owner  certs.OwnerID
}

// point writes the pointers to a policy: of its owner, and of its viewers.
func (m *Mail) point(ctx context.Context, p *certs.Policy) error {
	if err := m.kept.point(ctx, ownSubject(p.Owner, p.Device)); err != nil {
		return err
	}
	for _, v := range p.Viewers {
		if err := m.kept.point(ctx, viewSubject(v.Key(), p.Device, p.Owner)); err != nil {
			return err
		}
	}
	return nil
}

// unpoint removes the pointers from viewers of a former policy whom the new one does not name, and tells all viewers of
// both. Either may be nil.
func (m *Mail) unpoint(ctx context.Context, before, p *certs.Policy) error {
	if before != nil {
		for _, v := range before.Viewers {
			if k := v.Key(); p == nil || p.Viewer(k) == nil {
				if err := m.kept.forget(ctx, viewSubject(k, before.Device, before.Owner)); err != nil {
					return err
				}
				m.tell(k)
			}
		}
	}
	if p != nil {
		for _, v := range p.Viewers {
			m.tell(v.Key())
		}
	}
	return nil
}

// Shared returns the policies that name a viewer whose time is not over, each as Policy returns it: those of the 64 places
// that have pointed to him the longest. A pointer that leads to none which names him is forgotten.
func (m *Mail) Shared(ctx context.Context, viewer certs.KeyID) ([]*Policy, error) {
	var out []*Policy
	followed := 0
	books := map[certs.DeviceID]*ledger.Book{} // one device may have had many owners
	err := m.kept.oldest(ctx, viewOf+viewer.String()+".", func(rest string) (bool, error) {
		followed++
		at, err := deviceAndOwner(rest)
		if err != nil {
			return followed < maxFollowed, nil
		}
		b, there := books[at.device]
		if !there {
			if b, err = m.book(ctx, at.device); err != nil {
				return false, err
			}
			books[at.device] = b
		}
		p, leads, err := m.follow(ctx, b, viewer, at)
		if err != nil {
			return false, err
		}
		if !leads {
			if err := m.forgetPointer(ctx, viewer, at); err != nil {
				return false, err
			}
		}
		if p != nil && !time.Now().After(p.Viewer(viewer).NotAfter) {
			out = append(out, p)
		}
		return len(out) < maxShared && followed < maxFollowed, nil
	})
	return out, err
}

// follow returns the policy that names a viewer at a place, nil for none; and whether there is one or may be soon: while its
// claim is on the way, and while something cannot be read.
func (m *Mail) follow(ctx context.Context, b *ledger.Book, viewer certs.KeyID, at place) (p *Policy, leads bool, _ error) {
	l, err := m.kept.load(ctx, letterSubject(at.device, at.owner, policies))
	if err != nil || l.seq == 0 {
		return nil, false, err
	}
	p = m.readPolicy(l, at.device, at.owner)
	if p == nil {
		return nil, true, nil
	}
	if p.Viewer(viewer) == nil {
		return nil, false, nil
	}
	if b == nil {
		return nil, true, nil
	}
	if never(b, claimOf(p.Policy)) {
		leads, err = m.known(ctx, b, claimOf(p.Policy))
		return nil, leads, err
	}
	return p, true, nil
}

// forgetPointer removes a viewer's pointer, unless the policy was replaced meanwhile by one that names him.
func (m *Mail) forgetPointer(ctx context.Context, viewer certs.KeyID, at place) error {
	defer m.turns.take(at.device)()
	b, err := m.book(ctx, at.device)
	if err != nil {
		return err
	}
	if _, leads, err := m.follow(ctx, b, viewer, at); err != nil || leads {
		return err
	}
	return m.kept.forget(ctx, viewSubject(viewer, at.device, at.owner))
}

// Policy returns the newest policy that an owner has signed for a device, if its epoch is that owner's by the ledger; else
// nil. It is verified each time.
func (m *Mail) Policy(ctx context.Context, d certs.DeviceID, o certs.OwnerID) (*Policy, error) {
	p, err := m.policy(ctx, d, o)
	if err != nil || p == nil {
		return nil, err
	}
	b, err := m.book(ctx, d)
	if err != nil || standing(b, claimOf(p.Policy)) == ledger.Unknown {
		return nil, err
	}
	return p, nil
}

// Own returns the newest policy of each camera of an owner, claimed or just granted; at most 1000.
func (m *Mail) Own(ctx context.Context, owner certs.OwnerID) ([]*Policy, error) {
	devices, err := m.kept.list(ctx, ownOf+owner.String()+".", maxListed)
	if err != nil {
		return nil, err
	}
	var out []*Policy
	for _, device := range devices {
		d, err := certs.ParseDeviceID(device)
		if err != nil {
			continue
		}
		p, err := m.policy(ctx, d, owner)
		if err != nil {
			return nil, err
		}
		if p == nil {
			continue
		}
		b, err := m.book(ctx, d)
		if err != nil {
			return nil, err
		}
		if ok, err := m.known(ctx, b, claimOf(p.Policy)); err != nil {
			return nil, err
		} else if ok {
			out = append(out, p)
		}
	}
	return out, nil
}
