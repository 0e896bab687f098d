package mail

import (
	"context"
	"errors"

	"signet/certs"
)

// Policy is a kept policy that its owner's key has signed.
type Policy struct {
	*certs.Policy
	Raw []byte
}

// policy reads and verifies what is kept, nil for none. What is wrong there is counted and logged, and as good as none.
func (m *Mail) policy(ctx context.Context, d certs.DeviceID, o certs.OwnerID) (*Policy, error) {
	l, err := m.kept.load(ctx, letterSubject(d, o, policies))
	if err != nil {
		return nil, err
	}
	return m.readPolicy(l, d, o), nil
}

func (m *Mail) readPolicy(l *letter, d certs.DeviceID, o certs.OwnerID) *Policy {
	if p := m.openPolicy(l, d, o); p != nil {
		return &Policy{p, l.Statement}
	}
	return nil
}

// openPolicy verifies a letter that stands where the policy of a device and owner belongs; nil where it is none.
func (m *Mail) openPolicy(l *letter, d certs.DeviceID, o certs.OwnerID) *certs.Policy {
	if l.seq == 0 {
		return nil
	}
	p, err := func() (*certs.Policy, error) {
		key, err := l.ownerKey(o)
		if err != nil {
			return nil, err
		}
		p, err := certs.ParsePolicy(l.Statement, key)
		if err == nil && p.Device != d {
			err = errMisplaced
		}
		return p, err
	}()
	if err != nil {
		m.keepBack(d, o, policies, err)
		return nil
	}
	return p
}

// grant reads and verifies what is kept, nil for none.
func (m *Mail) grant(ctx context.Context, d certs.DeviceID, o certs.OwnerID) (*certs.Grant, *letter, error) {
	l, err := m.kept.load(ctx, letterSubject(d, o, grants))
	if err != nil {
		return nil, nil, err
	}
	return m.openGrant(l, d, o), l, nil
}

func (m *Mail) openGrant(l *letter, d certs.DeviceID, o certs.OwnerID) *certs.Grant {
	if l.seq == 0 {
		return nil
	}
	g, err := certs.ParseGrant(l.Statement, o)
	if err == nil && g.Device != d {
		err = errMisplaced
	}
	if err != nil {
		m.keepBack(d, o, grants, err)
		return nil
	}
	return g
}

// release reads and verifies what is kept, nil for none.
func (m *Mail) release(ctx context.Context, d certs.DeviceID, o certs.OwnerID) (*certs.Release, *letter, error) {
	l, err := m.kept.load(ctx, letterSubject(d, o, releases))
	if err != nil {
		return nil, nil, err
	}
	return m.openRelease(l, d, o), l, nil
}

func (m *Mail) openRelease(l *letter, d certs.DeviceID, o certs.OwnerID) *certs.Release {
	if l.seq == 0 {
		return nil
	}
	r, err := func() (*certs.Release, error) {
		key, err := l.ownerKey(o)
		if err != nil {
			return nil, err
		}
		r, err := certs.ParseRelease(l.Statement, key)
		if err == nil && r.Device != d {
			err = errMisplaced
		}
		return r, err
	}()
	if err != nil {
		m.keepBack(d, o, releases, err)
		return nil
	}
	return r
}

var errMisplaced = errors.New("statement is of another device")
