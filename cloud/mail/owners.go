package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"fmt"
	"time"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// Sender is an owner who has proven the key.
type Sender struct {
	Owner certs.OwnerID
	Key   *ecdsa.PublicKey
	SPKI  []byte // of Key, DER
}

// PutPolicy keeps a policy that the sender has signed, for an epoch of the sender's, and sends it on. It wraps ErrNotYours
// or ErrOlder. The same one again is not older.
func (m *Mail) PutPolicy(ctx context.Context, from Sender, raw []byte) error {
	p, err := certs.ParsePolicy(raw, from.Key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotYours, err)
	}
	defer m.turns.take(p.Device)()
	b, err := m.book(ctx, p.Device)
	if err != nil {
		return err
	}
	if ok, err := m.known(ctx, b, claimOf(p)); err != nil {
		return err
	} else if !ok {
		return fmt.Errorf("policy: %w", ErrNotYours)
	}
	if err := m.keepPolicy(ctx, b, from, p, raw); err != nil {
		return err
	}
	return m.tidyAndSend(ctx, b, p.Device, from.Owner, policies)
}

// claimOf is the epoch that a policy is about.
func claimOf(p *certs.Policy) Claim { return Claim{p.Device, p.Owner, p.Epoch, p.OfferHash} }

// known says whether a claim is the owner's: in the ledger, or granted just now.
func (m *Mail) known(ctx context.Context, b *ledger.Book, c Claim) (bool, error) {
	if !never(b, c) {
		return b != nil, nil
	}
	g, _, err := m.grant(ctx, c.Device, c.Owner)
	return g != nil && beganBy(g) == c, err
}

// beganBy is the epoch that a grant is about.
func beganBy(g *certs.Grant) Claim { return claimOf(g.Policy) }

// keepPolicy replaces the policy that is kept, if this one is newer.
func (m *Mail) keepPolicy(ctx context.Context, b *ledger.Book, from Sender, p *certs.Policy, raw []byte) error {
	var before *certs.Policy
	err := m.replace(ctx, p.Device, from, policies, raw, func(l *letter) error {
		before = m.openPolicy(l, p.Device, from.Owner)
		if before != nil && !follows(b, claimOf(before), before.Version, claimOf(p), p.Version) {
			return fmt.Errorf("policy %d of epoch %d, there is %d of epoch %d: %w", p.Version, p.Epoch, before.Version, before.Epoch, ErrOlder)
		}
		return m.point(ctx, p) // before it is kept, or a crash in between would keep it from its viewers
	})
	if err != nil {
		return err
	}
	m.tell(from.Owner)
	return m.unpoint(ctx, before, p)
}

// follows says whether what an owner signed for one claim may replace what the same owner signed for another: in the same
// epoch only a higher version, else only a later epoch. What was granted and never came to be holds up nothing.
func follows(b *ledger.Book, before Claim, version uint64, next Claim, nextVersion uint64) bool {
	if before == next {
		return nextVersion > version
	}
	return next.Epoch > before.Epoch || never(b, before)
}

// PutGrant keeps a grant that the sender has signed, for an offer that came lately or whose claim is the sender's already,
// with the policy in it, and sends it on. It wraps ErrNotYours or ErrOlder.
func (m *Mail) PutGrant(ctx context.Context, from Sender, raw []byte) error {
	g, err := certs.ParseGrant(raw, from.Owner)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotYours, err)
	}
	defer m.turns.take(g.Device)()
	b, err := m.book(ctx, g.Device)
	if err != nil {
		return err
	}
	if ok, err := m.offered(ctx, b, g); err != nil {
		return err
	} else if !ok {
		return fmt.Errorf("grant: no offer to you: %w", ErrNotYours)
	}
	before, _, err := m.grant(ctx, g.Device, g.Owner)
	if err != nil {
		return err
	}
	if before != nil && before.OfferHash == g.OfferHash {
		return m.sendBy(ctx, b, g.Device) // an offer is granted once; whoever did not hear of it signs another
	}
	if err := m.keepPolicy(ctx, b, from, g.Policy, g.RawPolicy); err != nil {
		return err
	}
	if err := m.replace(ctx, g.Device, from, grants, raw, func(l *letter) error {
		before := m.openGrant(l, g.Device, from.Owner)
		if before == nil || follows(b, beganBy(before), 0, beganBy(g), 1) {
			return nil
		}
		return fmt.Errorf("grant of epoch %d, there is one of epoch %d: %w", g.Epoch, before.Epoch, ErrOlder)
	}); err != nil {
		return err
	}
	m.claims.drop(g.Device, g.OfferHash)
	m.log.Info("granted", "device", g.Device, "owner", from.Owner.Short(), "epoch", g.Epoch, "renewal", g.Renews != nil)
	if g.Renews != nil {
		if err := m.kept.forget(ctx, renewalSubject(from.Owner, g.Device)); err != nil {
			return err
		}
	}
	return m.tidyAndSend(ctx, b, g.Device, from.Owner, grants)
}

// offered says whether a grant answers an offer to its owner: one that came lately, one that was granted before, or the
// one that began an epoch in the ledger.
func (m *Mail) offered(ctx context.Context, b *ledger.Book, g *certs.Grant) (bool, error) {
	if o, ok := m.claims.find(g.Device, g.OfferHash, time.Now()); ok && g.Renews == nil {
		return o.Offer.Owner == g.Owner && o.Offer.Epoch == g.Epoch && o.Offer.EventKey.Equal(g.Event.Key), nil
	}
	if before, _, err := m.grant(ctx, g.Device, g.Owner); err != nil {
		return false, err
	} else if before != nil && before.OfferHash == g.OfferHash && before.Event.Key.Equal(g.Event.Key) {
		return beganBy(before) == beganBy(g), nil
	}
	if g.Renews != nil {
		o, err := m.renewal(ctx, g.Device, g.Owner)
		return o != nil && o.Offer.Hash == g.OfferHash && *o.Offer.Renews == *g.Renews && o.Offer.EventKey.Equal(g.Event.Key), err
	}
	return standing(b, beganBy(g)) != ledger.Unknown, nil
}

// PutRelease keeps a release that the sender has signed, for an epoch of the sender's, and sends it on. What it means for
// the next claim is for the ledger, which has it already. One that says the same as the one there is as good as that. It
// wraps ErrNotYours or ErrOlder.
func (m *Mail) PutRelease(ctx context.Context, from Sender, raw []byte) error {
	r, err := certs.ParseRelease(raw, from.Key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotYours, err)
	}
	defer m.turns.take(r.Device)()
	b, err := m.book(ctx, r.Device)
	if err != nil {
		return err
	}
	if ok, err := m.known(ctx, b, ends(r)); err != nil {
		return err
	} else if !ok {
		return fmt.Errorf("release: %w", ErrNotYours)
	}
	if err := m.replace(ctx, r.Device, from, releases, raw, func(l *letter) error {
		before := m.openRelease(l, r.Device, from.Owner)
		if before == nil || sameEnd(before, r) || follows(b, ends(before), 0, ends(r), 0) {
			return nil
		}
		return fmt.Errorf("release of epoch %d, there is one of epoch %d: %w", r.Epoch, before.Epoch, ErrOlder)
	}); err != nil {
		return err
	}
	m.log.Info("release kept", "device", r.Device, "owner", from.Owner.Short(), "epoch", r.Epoch)
	return m.tidyAndSend(ctx, b, r.Device, from.Owner, releases)
}

// sameEnd says whether two releases say the same.
func sameEnd(a, b *certs.Release) bool {
	if a.Next == nil || b.Next == nil {
		return ends(a) == ends(b) && a.Next == b.Next
	}
	return ends(a) == ends(b) && *a.Next == *b.Next
}

// ends is the epoch that a release is about.
func ends(r *certs.Release) Claim { return Claim{r.Device, r.Owner, r.Epoch, r.OfferHash} }

// replace keeps a statement in place of the one that stands there, unless that is the same or weigh objects.
func (m *Mail) replace(ctx context.Context, d certs.DeviceID, from Sender, k kind, raw []byte, weigh func(*letter) error) error {
	if err := m.cfg.Engine.Room(engine.RoomForRecords); err != nil {
		return err
	}
	at := letterSubject(d, from.Owner, k)
	there, err := m.kept.load(ctx, at)
	if err != nil {
		return err
	}
	if bytes.Equal(there.Statement, raw) && bytes.Equal(there.Key, from.SPKI) {
		return nil
	}
	if err := weigh(there); err != nil {
		return err
	}
	return m.kept.save(ctx, at, there, &letter{Key: from.SPKI, Statement: raw})
}
