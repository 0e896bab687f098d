package mail

import (
	"context"
	"errors"

	"signet/certs"
	"signet/cloud/ledger"
)

// Claim names an epoch as a statement about it does: who claimed which device with which offer.
type Claim struct {
	Device certs.DeviceID
	Owner  certs.OwnerID
	Epoch  uint64
	Offer  certs.Hash // of the offer that began the epoch
}

// What follows asks the ledger, which may veto, never choose: it is told who is said to own, and says whether that is so.
// An entry that cannot be read objects to everything.

// standing says how a claim stands.
func (m *Mail) standing(ctx context.Context, c Claim) (ledger.Standing, error) {
	b, err := m.book(ctx, c.Device)
	if b == nil {
		return ledger.Unknown, err
	}
	return b.Standing(c.Owner, c.Epoch, c.Offer), nil
}

// never says that a claim never came to be, as far as the ledger remembers: it knows the device, and not that.
func (m *Mail) never(ctx context.Context, c Claim) (bool, error) {
	b, err := m.book(ctx, c.Device)
	return b != nil && b.Standing(c.Owner, c.Epoch, c.Offer) == ledger.Unknown, err
}

// renewable says whether a renewal may still be granted: its epoch runs, and has not got it yet.
func (m *Mail) renewable(ctx context.Context, c Claim, offer certs.Hash) (bool, error) {
	b, err := m.book(ctx, c.Device)
	return b != nil && mayRenew(b, c, offer), err
}

func mayRenew(b *ledger.Book, c Claim, offer certs.Hash) bool {
	return b.Standing(c.Owner, c.Epoch, c.Offer) == ledger.Open && !b.Renewed(c.Owner, c.Epoch, c.Offer, offer)
}

// claimable says whether a device may begin an epoch: it has begun none as high.
func (m *Mail) claimable(ctx context.Context, d certs.DeviceID, epoch uint64) (bool, error) {
	b, err := m.book(ctx, d)
	if b == nil {
		return false, err
	}
	highest, _ := b.Highest()
	return highest < epoch, nil
}

// book is what the ledger knows of a device, nil where that cannot be read.
func (m *Mail) book(ctx context.Context, d certs.DeviceID) (*ledger.Book, error) {
	b, _, err := m.cfg.Ledger.Load(ctx, d)
	if errors.Is(err, ledger.ErrCorrupt) {
		return nil, nil
	}
	return b, err
}
