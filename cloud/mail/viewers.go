package mail

import (
	"context"

	"signet/certs"
	"signet/cloud/ledger"
)

const (
	// maxShared bounds the cameras of others that a viewer is shown: those that were shared first. Anybody with a camera can
	// name any key, and so must not be able to push out what others share.
	maxShared = 64
	// maxListed bounds what else is gone through at a time.
	maxListed = 1000
)

// Shared points to a camera of somebody else whose policy may name a viewer. It proves nothing: whoever follows it reads
// the policy.
type Shared struct {
	Device certs.DeviceID
	Owner  certs.OwnerID
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

// Shared returns where a viewer may be named: the 64 places that point to him the longest.
func (m *Mail) Shared(ctx context.Context, viewer certs.KeyID) ([]Shared, error) {
	names, err := m.kept.oldest(ctx, viewOf+viewer.String()+".", maxShared)
	if err != nil {
		return nil, err
	}
	var out []Shared
	for _, name := range names {
		if at, err := deviceAndOwner(name); err == nil {
			out = append(out, at)
		}
	}
	return out, nil
}

// Policy returns the newest policy that an owner has signed for a device, if its epoch is that owner's by the ledger; else
// nil. It is verified each time.
func (m *Mail) Policy(ctx context.Context, d certs.DeviceID, o certs.OwnerID) (*Policy, error) {
	p, err := m.policy(ctx, d, o)
	if err != nil || p == nil {
		return nil, err
	}
	if st, err := m.standing(ctx, claimOf(p.Policy)); err != nil || st == ledger.Unknown {
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
		if ok, err := m.known(ctx, claimOf(p.Policy)); err != nil {
			return nil, err
		} else if ok {
			out = append(out, p)
		}
	}
	return out, nil
}
