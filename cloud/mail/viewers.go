package mail

import (
	"context"
	"fmt"
	"strings"

	"signet/certs"
	"signet/cloud/ledger"
)

// maxShared bounds the cameras of others that a viewer is shown.
const maxShared = 64

// Shared points to a camera of somebody else whose policy may name a viewer. It proves nothing: whoever follows it reads
// the policy.
type Shared struct {
	Device certs.DeviceID
	Owner  certs.OwnerID
}

func viewSubject(viewer certs.KeyID, d certs.DeviceID, o certs.OwnerID) string {
	return "view." + viewer.String() + "." + d.String() + "." + o.String()
}

// point writes the pointers from a policy's viewers to its device.
func (m *Mail) point(ctx context.Context, p *certs.Policy) error {
	for _, v := range p.Viewers {
		if _, err := m.kept.js.Publish(ctx, viewSubject(v.Key(), p.Device, p.Owner), nil); err != nil {
			return fmt.Errorf("point to policy: %w", err)
		}
	}
	return nil
}

// unpoint removes the pointers of a former policy that the new one does not need, and tells all viewers of both. Either may
// be nil.
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

// Shared returns where a viewer may be named, in no order; at most 64 cameras.
func (m *Mail) Shared(ctx context.Context, viewer certs.KeyID) ([]Shared, error) {
	prefix := "view." + viewer.String() + "."
	subjects, err := m.kept.list(ctx, prefix+">", maxShared)
	if err != nil {
		return nil, err
	}
	var out []Shared
	for _, s := range subjects {
		device, owner, _ := strings.Cut(strings.TrimPrefix(s, prefix), ".")
		d, err1 := certs.ParseDeviceID(device)
		o, err2 := certs.ParseKeyID(owner)
		if err1 == nil && err2 == nil {
			out = append(out, Shared{d, o})
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
	subjects, err := m.kept.list(ctx, "mail.*."+owner.String()+"."+string(policies), maxListed)
	if err != nil {
		return nil, err
	}
	var out []*Policy
	for _, at := range subjects {
		d, _, _, err := named(at)
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
