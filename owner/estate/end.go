package estate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signet/certs"
	"signet/owner/client"
	"signet/owner/events"
	"signet/owner/verify"
)

var errNoClaim = errors.New("its claim is not among your records")

// Release lets a camera go, to whoever claims it next or to one next owner.
func (e *Estate) Release(ctx context.Context, c *Camera, next *certs.OwnerID) error {
	if c.Offer == nil {
		return fmt.Errorf("release %s: %w", c.Device, errNoClaim)
	}
	if next != nil && *next == e.owner.ID {
		return errors.New("release: you are its owner already")
	}
	r := certs.Release{Device: c.Device, Owner: e.owner.ID, Epoch: c.Epoch, OfferHash: c.Offer.Hash, Next: next}
	b, err := certs.SignRelease(&r, e.owner.Key)
	if err != nil {
		return err
	}
	return e.cloud.Post(ctx, client.Releases, b)
}

// MarkLost says that a camera was reset against the owner's will: nobody else's claim of it is bound until he releases it.
func (e *Estate) MarkLost(ctx context.Context, c *Camera, now time.Time) error {
	if c.Offer == nil {
		return fmt.Errorf("mark %s as lost: %w", c.Device, errNoClaim)
	}
	l := certs.Lost{Device: c.Device, Owner: e.owner.ID, Epoch: c.Epoch, OfferHash: c.Offer.Hash, At: now}
	b, err := certs.SignLost(&l, e.owner.Key)
	if err != nil {
		return err
	}
	return e.cloud.Post(ctx, client.LostOnes, b)
}

// GrantRenewal certifies the fresh event key of a camera whose policy asks for it, and says whether there was one. Only an
// offer that the device itself has signed for this epoch is taken.
func (e *Estate) GrantRenewal(ctx context.Context, c *Camera) (bool, error) {
	if c.Offer == nil {
		return false, fmt.Errorf("renew %s: %w", c.Device, errNoClaim)
	}
	if c.Policy == nil || c.Policy.Renewals == 0 {
		return false, nil
	}
	offers, err := e.cloud.Offers(ctx)
	if err != nil {
		return false, err
	}
	for _, it := range offers {
		m, err := certs.ParseOfferMessage(it.Message)
		if err != nil {
			continue
		}
		o, err := m.ParseOffer(e.fleet)
		if err != nil || o.Device != c.Device || o.Owner != e.owner.ID || o.Epoch != c.Epoch || o.Renews == nil || *o.Renews != c.Offer.Hash {
			continue
		}
		if c.Cert != nil && o.EventKeyID == c.Cert.KeyID {
			continue // in force
		}
		grant, err := e.owner.GrantRenewal(o, c.Raw)
		if err != nil {
			return false, err
		}
		return true, e.cloud.Post(ctx, client.Grants, grant)
	}
	return false, nil
}

// Renewed says whether the camera, as it was loaded, signs with another event key by now.
func (e *Estate) Renewed(ctx context.Context, c *Camera) (bool, error) {
	var newest *verify.Record
	take := func(x events.Entry) {
		if x.Device == c.Device && x.Epoch == c.Epoch && (newest == nil || newest.Position.Less(x.Position)) {
			newest = x.Record
		}
	}
	err := events.Each(ctx, e.cloud, e.gate, take, func(*verify.Refusal) {}, func() bool { return newest != nil })
	return newest != nil && c.Cert != nil && newest.Cert().KeyID != c.Cert.KeyID, err
}
