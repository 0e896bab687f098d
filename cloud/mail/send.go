package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// patience is for a grant that no camera takes.
const patience = 7 * 24 * time.Hour

// send gives a camera what it shall have in force and, as far as the bound records show, has not.
func (m *Mail) send(ctx context.Context, d certs.DeviceID) error {
	b, err := m.book(ctx, d)
	if err == nil {
		err = m.sendBy(ctx, b, d)
	}
	if err != nil {
		m.awake.set(d, true)
	}
	return err
}

// sendBy is send by a ledger entry that was read already.
func (m *Mail) sendBy(ctx context.Context, b *ledger.Book, d certs.DeviceID) error {
	names, err := m.kept.list(ctx, mailOf+d.String()+".", maxListed)
	if err != nil {
		return err
	}
	unmet := false
	for _, name := range names {
		o, k, err := ownerAndKind(name)
		if err != nil || k != grants && !runs(b, o) {
			continue
		}
		var due []byte
		var to engine.Channel
		switch k {
		case grants:
			due, err = m.dueGrant(ctx, b, d, o)
			to = engine.Grant
		case policies:
			due, err = m.duePolicy(ctx, b, d, o)
			to = engine.Policy
		case releases:
			due, err = m.dueRelease(ctx, b, d, o)
			to = engine.Release
		}
		if err != nil {
			return err
		}
		if due == nil {
			continue
		}
		unmet = true
		if err := m.give(d, to, due); err != nil {
			return err
		}
		m.log.Debug("sent", "device", d, "owner", o.Short(), "kind", k)
	}
	m.awake.set(d, unmet)
	return nil
}

func (m *Mail) give(d certs.DeviceID, to engine.Channel, due []byte) error {
	if err := m.cfg.Engine.Publish(d, to, due); err != nil {
		return err
	}
	m.count("sent")
	return nil
}

// dueGrant returns a grant whose claim or renewal is not in the ledger yet.
func (m *Mail) dueGrant(ctx context.Context, b *ledger.Book, d certs.DeviceID, o certs.OwnerID) ([]byte, error) {
	l, err := m.kept.load(ctx, letterSubject(d, o, grants))
	if err != nil || l.seq == 0 || time.Since(l.at) > patience {
		return nil, err
	}
	if g := m.openGrant(l, d, o); g != nil && grantDue(b, g) {
		return l.Statement, nil
	}
	return nil, nil
}

func grantDue(b *ledger.Book, g *certs.Grant) bool {
	if g.Renews != nil {
		return renewable(b, beganBy(g), g.OfferHash)
	}
	return claimable(b, g.Epoch)
}

// duePolicy returns a policy of an epoch that runs and whose newest bound record has an older one.
func (m *Mail) duePolicy(ctx context.Context, b *ledger.Book, d certs.DeviceID, o certs.OwnerID) ([]byte, error) {
	p, err := m.policy(ctx, d, o)
	if err != nil || p == nil || standing(b, claimOf(p.Policy)) != ledger.Open {
		return nil, err
	}
	version, err := m.inForce(ctx, p.Policy)
	if err != nil || version >= p.Version {
		return nil, err
	}
	return p.Raw, nil
}

// inForce returns the version of the policy by which the last bound record of an epoch was made, 0 for none. The last one
// that came need not be the last that was made: then a policy is sent once more than needed.
func (m *Mail) inForce(ctx context.Context, p *certs.Policy) (uint64, error) {
	msg, err := m.bound.GetLastMsgForSubject(ctx, engine.OwnerPrefix(p.Owner)+p.Device.String()+".>")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read last record of %s: %w", p.Device, err)
	}
	raw, _, err := certs.SplitMessage(msg.Data)
	if err != nil {
		return 0, nil
	}
	r, err := certs.ParseRecord(raw)
	if err != nil || r.Device != p.Device || r.Owner != p.Owner || r.Epoch != p.Epoch {
		return 0, nil
	}
	return r.PolicyVersion, nil
}

// dueRelease returns a release of an epoch that has not ended.
func (m *Mail) dueRelease(ctx context.Context, b *ledger.Book, d certs.DeviceID, o certs.OwnerID) ([]byte, error) {
	r, l, err := m.release(ctx, d, o)
	if err != nil || r == nil || standing(b, ends(r)) != ledger.Open {
		return nil, err
	}
	return l.Statement, nil
}
