package mail

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

const (
	// renewalLife is how long a renewal waits for its owner.
	renewalLife = 7 * 24 * time.Hour
	// maxRenewals bounds those that one owner is shown at a time; when they are granted, others follow.
	maxRenewals = 32
)

// take keeps an offer that came on a device's connection, for the owner whom it names.
func (m *Mail) take(ctx context.Context, device certs.DeviceID, raw []byte, now time.Time) error {
	o, err := m.readOffer(device, raw)
	if err != nil {
		return err
	}
	o.Received = now
	defer m.turns.take(device)()
	b, err := m.book(ctx, device)
	if err != nil {
		return err
	}
	switch g, l, err := m.grant(ctx, device, o.Offer.Owner); {
	case err != nil:
		return err
	case g != nil && g.OfferHash == o.Offer.Hash: // it has not come there yet
		if time.Since(l.at) > patience || !grantDue(b, g) {
			return nil
		}
		return m.give(device, engine.Grant, l.Statement)
	case o.Offer.Renews != nil:
		return m.takeRenewal(ctx, b, o)
	case !claimable(b, o.Offer.Epoch):
		return fmt.Errorf("epoch %d is known already", o.Offer.Epoch) // the ledger tells the camera
	}
	if m.claims.put(o) {
		m.count("offers")
		m.log.Info("claim offered", "device", device, "owner", o.Offer.Owner.Short(), "epoch", o.Offer.Epoch)
		m.tell(o.Offer.Owner)
	}
	return nil
}

// readOffer reads an offer message of a device and verifies what the cloud can verify of it.
func (m *Mail) readOffer(device certs.DeviceID, raw []byte) (Offer, error) {
	msg, err := certs.ParseOfferMessage(raw)
	if err != nil {
		return Offer{}, err
	}
	offer, err := msg.ParseOffer(m.cfg.Fleet)
	if err != nil {
		return Offer{}, err
	}
	if offer.Device != device {
		return Offer{}, fmt.Errorf("offer is of device %s", offer.Device)
	}
	cert, err := x509.ParseCertificate(offer.DeviceCert)
	if err != nil {
		return Offer{}, err
	}
	if m.cfg.Revoked(cert.SerialNumber) {
		return Offer{}, errors.New("the certificate that signed it was revoked")
	}
	return Offer{Message: raw, Offer: offer}, nil
}

// takeRenewal keeps a renewal, which may wait for its owner for days, if its epoch is the owner's and runs.
func (m *Mail) takeRenewal(ctx context.Context, b *ledger.Book, o Offer) error {
	c := renewed(o.Offer)
	if !renewable(b, c, o.Offer.Hash) {
		return errors.New("renewal of no epoch that runs, or of one that has it")
	}
	at := renewalSubject(c.Owner, c.Device)
	there, err := m.kept.load(ctx, at)
	if err != nil {
		return err
	}
	if bytes.Equal(there.Statement, o.Message) && o.Received.Sub(there.at) < renewalLife {
		return nil
	}
	if err := m.cfg.Engine.Room(engine.RoomForRecords); err != nil {
		return err
	}
	if err := m.kept.save(ctx, at, there, &letter{Statement: o.Message}); err != nil {
		return err
	}
	m.count("offers")
	m.log.Info("renewal offered", "device", c.Device, "owner", c.Owner.Short(), "epoch", c.Epoch)
	m.tell(c.Owner)
	return nil
}

// renewed is the claim whose event key an offer renews.
func renewed(o *certs.SignedOffer) Claim { return Claim{o.Device, o.Owner, o.Epoch, *o.Renews} }

// Offers returns what is offered to an owner, and to nobody else: claims, then renewals.
func (m *Mail) Offers(ctx context.Context, owner certs.OwnerID) ([]Offer, error) {
	now := time.Now()
	out := m.claims.list(owner, now)
	devices, err := m.kept.list(ctx, offerTo+owner.String()+".", maxListed)
	if err != nil {
		return nil, err
	}
	most := len(out) + maxRenewals
	for _, device := range devices {
		d, err := certs.ParseDeviceID(device)
		if err != nil {
			continue
		}
		o, err := m.renewal(ctx, d, owner)
		if err != nil {
			return nil, err
		}
		if o != nil && len(out) < most {
			out = append(out, *o)
		}
	}
	return out, nil
}

// renewal returns the renewal that a device offers to an owner, nil for none that could be granted. One that never will be
// is forgotten.
func (m *Mail) renewal(ctx context.Context, d certs.DeviceID, owner certs.OwnerID) (*Offer, error) {
	l, err := m.kept.load(ctx, renewalSubject(owner, d))
	if err != nil || l.seq == 0 {
		return nil, err
	}
	o, err := m.readOffer(d, l.Statement)
	if err == nil && (o.Offer.Owner != owner || o.Offer.Renews == nil) {
		err = errors.New("not a renewal for this owner")
	}
	if err != nil {
		m.keepBack(d, owner, renewals, err)
		return nil, nil
	}
	b, err := m.book(ctx, d)
	if err != nil || b == nil {
		return nil, err
	}
	if time.Since(l.at) > renewalLife || !renewable(b, renewed(o.Offer), o.Offer.Hash) {
		return nil, m.kept.forget(ctx, renewalSubject(owner, d))
	}
	o.Received = l.at
	return &o, nil
}
