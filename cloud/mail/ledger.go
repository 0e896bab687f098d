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

// book is what the ledger knows of a device, nil where that cannot be read. To verify it is the dearest thing here, up to
// tens of milliseconds: it is read once for whatever is done.
func (m *Mail) book(ctx context.Context, d certs.DeviceID) (*ledger.Book, error) {
	b, _, err := m.cfg.Ledger.Load(ctx, d)
	if errors.Is(err, ledger.ErrCorrupt) {
		return nil, nil
	}
	return b, err
}

// What follows asks the ledger, which may veto, never choose: it is told who is said to own, and says whether that is so.
// An entry that cannot be read, nil, objects to everything.

// standing says how a claim stands.
func standing(b *ledger.Book, c Claim) ledger.Standing {
	if b == nil {
		return ledger.Unknown
	}
	return b.Standing(c.Owner, c.Epoch, c.Offer)
}

// never says that a claim never came to be, as far as the ledger remembers: it knows the device, and not that.
func never(b *ledger.Book, c Claim) bool { return b != nil && standing(b, c) == ledger.Unknown }

// renewable says whether a renewal may still be granted: its epoch runs, and has not got it yet.
func renewable(b *ledger.Book, c Claim, offer certs.Hash) bool {
	return standing(b, c) == ledger.Open && !b.Renewed(c.Owner, c.Epoch, c.Offer, offer)
}

// claimable says whether a device may begin an epoch: it has begun none as high.
func claimable(b *ledger.Book, epoch uint64) bool {
	if b == nil {
		return false
	}
	highest, _ := b.Highest()
	return highest < epoch
}

// runs says whether an epoch of an owner runs: of no other is a policy or a release due.
func runs(b *ledger.Book, o certs.OwnerID) bool { return b != nil && b.Runs(o) }
