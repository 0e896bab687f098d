package ledger

import (
	"crypto/ecdsa"
	"crypto/x509"
	"slices"
	"time"

	"signet/certs"
)

const (
	// maxEntry bounds an encoded entry, bytes: the engine takes messages of 512 KiB, headers included.
	maxEntry = 480 << 10
	// maxEpochs is how many epochs of a device are remembered. Records of older ones are refused.
	maxEpochs = 16
	// maxRenewals is how many renewals of an epoch are remembered. Records of older event keys are refused.
	maxRenewals = 32
)

// Rules is what entries are judged by.
type Rules struct {
	Fleet *x509.Certificate
	Wait  time.Duration // of a claim that the owner before has not released
}

// Book is a device's entry: what was signed about its epochs, verified. It does not change; what adds to it returns
// another one. It may be read concurrently.
type Book struct {
	rules  Rules
	device certs.DeviceID
	epochs []epoch // ascending

	newcomers []certs.OwnerID // of claims that were not written down yet
}

// New returns the entry of a device of which nothing is known.
func (r Rules) New(d certs.DeviceID) *Book { return &Book{rules: r, device: d} }

func (b *Book) copy() *Book {
	c := *b
	c.epochs = slices.Clone(b.epochs)
	return &c
}

// highest is the highest epoch that the device has signed, bound or not.
func (b *Book) highest() uint64 {
	if n := len(b.epochs); n > 0 {
		return b.epochs[n-1].begin.offer.Epoch
	}
	return 0
}

// find returns the index of an epoch, or -1.
func (b *Book) find(n uint64) int {
	return slices.IndexFunc(b.epochs, func(e epoch) bool { return e.begin.offer.Epoch == n })
}

// current is the index of the newest epoch that is bound, or -1.
func (b *Book) current() int {
	for i := len(b.epochs) - 1; i >= 0; i-- {
		if !b.epochs[i].bound.IsZero() {
			return i
		}
	}
	return -1
}

// Veto objects to a record that was signed by an event key, or returns nil. It compares what the record says of itself
// with what the device signed when it was claimed. Settle comes before it.
func (b *Book) Veto(r *certs.Record, eventKey *ecdsa.PublicKey) *Veto {
	i := b.find(r.Epoch)
	switch {
	case r.Device != b.device:
		return veto(OtherClaim, "record is of another device")
	case i < 0 && r.Epoch < b.highest():
		return veto(OldEpoch, "epoch %d is not remembered, the device is in epoch %d", r.Epoch, b.highest())
	case i < 0:
		return early(NotClaimed, "no claim of epoch %d is known", r.Epoch)
	}
	e := &b.epochs[i]
	if e.begin.offer.Owner != r.Owner {
		return veto(OtherClaim, "epoch %d was offered to another owner", r.Epoch)
	}
	if v := e.speaks(eventKey, r.Position); v != nil {
		return v
	}
	if v := b.over(i, r.Position); v != nil {
		return v
	}
	if e.bound.IsZero() {
		return b.unbound(i)
	}
	return nil
}

// over objects to a position after the end of an epoch: the one that its closing names, or, where none came, the beginning
// of the next epoch that is bound.
func (b *Book) over(i int, at certs.Position) *Veto {
	e := &b.epochs[i]
	if e.end != nil && e.end.closing.Last.Less(at) {
		return veto(Closed, "epoch %d was closed at %v", e.begin.offer.Epoch, e.end.closing.Last)
	}
	for j := i + 1; j < len(b.epochs); j++ {
		if next := &b.epochs[j]; !next.bound.IsZero() && !at.Less(next.begin.at) {
			return veto(Closed, "epoch %d began at %v", next.begin.offer.Epoch, next.begin.at)
		}
	}
	return nil
}

// Claim returns the book with one more claim or renewal, or with the same when it knows it already: an offer for the same
// owner and event key, though it may be signed anew. A claim that has to wait, or is refused by the owner before, is noted
// too: whether its records pass is for Veto to say. With a veto the claim is not noted.
func (b *Book) Claim(c *Claim, now time.Time) (next *Book, changed bool, _ *Veto) {
	offer := c.offer
	if offer.Device != b.device {
		return nil, false, veto(OtherClaim, "offer is of another device")
	}
	i := b.find(offer.Epoch)
	switch {
	case i < 0 && offer.Epoch < b.highest():
		return nil, false, veto(OldEpoch, "epoch %d is below %d", offer.Epoch, b.highest())
	case offer.Renews != nil && i < 0:
		return nil, false, early(NotClaimed, "no claim of epoch %d is known", offer.Epoch)
	case offer.Renews != nil:
		return b.renew(i, c)
	case i < 0:
		next = b.copy()
		next.settle(now)
		next.epochs = append(next.epochs, epoch{begin: c, heard: now})
		next.newcomers = append(slices.Clone(b.newcomers), offer.Owner)
		next.settle(now)
		next.fit()
		return next, true, nil
	}
	if begin := b.epochs[i].begin.offer; begin.Owner != offer.Owner || !begin.EventKey.Equal(offer.EventKey) {
		return nil, false, veto(OtherClaim, "epoch %d was claimed by another offer", offer.Epoch)
	}
	return b, false, nil
}

// renew notes a renewal of an epoch that is known. Of one that was told twice the first place counts.
func (b *Book) renew(i int, c *Claim) (next *Book, changed bool, _ *Veto) {
	e := &b.epochs[i]
	if !e.of(c.offer.Device, c.offer.Owner, c.offer.Epoch, *c.offer.Renews) || e.begin.offer.EventKey.Equal(c.offer.EventKey) {
		return nil, false, veto(OtherClaim, "epoch %d was begun by another offer than this renewal says", c.offer.Epoch)
	}
	if v := b.over(i, c.at); v != nil {
		return nil, false, v
	}
	renewals := slices.Clone(e.renewals)
	known := slices.IndexFunc(renewals, func(r *Claim) bool { return r.offer.EventKey.Equal(c.offer.EventKey) })
	switch {
	case known >= 0 && !c.at.Less(renewals[known].at):
		return b, false, nil
	case known >= 0:
		renewals = slices.Delete(renewals, known, known+1)
	case len(renewals) == maxRenewals && c.at.Less(renewals[0].at):
		return nil, false, veto(OtherClaim, "the event key was renewed at %v, and often since", renewals[0].at)
	}
	at, _ := slices.BinarySearchFunc(renewals, c.at, func(r *Claim, p certs.Position) int { return compare(r.at, p) })
	next = b.copy()
	next.epochs[i].renewals = slices.Insert(renewals, at, c)
	next.fit()
	return next, true, nil
}

func compare(p, q certs.Position) int {
	switch {
	case p.Less(q):
		return -1
	case q.Less(p):
		return 1
	}
	return 0
}

// fit forgets what an entry has no room for: ended epochs first, then claims that newer ones have followed, then old
// renewals. The newest epoch that is bound stays, whatever else a device claims: its owner has a say in the next one.
func (b *Book) fit() {
	for i := range b.epochs {
		for e := &b.epochs[i]; len(e.renewals) > maxRenewals; {
			e.renewals, e.forgot = e.renewals[1:], true
		}
	}
	for len(b.epochs) > maxEpochs || b.size() > maxEntry {
		cur := b.current()
		switch e := &b.epochs[cur]; {
		case cur > 0:
			b.epochs = slices.Delete(b.epochs, 0, 1)
		case len(b.epochs) > 2:
			b.epochs = slices.Delete(b.epochs, 1, 2)
		default:
			if len(e.renewals) == 0 {
				e = &b.epochs[len(b.epochs)-1]
			}
			if len(e.renewals) == 0 {
				return // cannot be: what is left has at most 180 KiB
			}
			e.renewals, e.forgot = e.renewals[1:], true
		}
	}
}

// Current says whether the device's newest bound claim is an owner's, and is not closed.
func (b *Book) Current(owner certs.OwnerID) bool {
	i := b.current()
	return i >= 0 && b.epochs[i].end == nil && b.epochs[i].begin.offer.Owner == owner
}

// Claims counts the epochs that are remembered.
func (b *Book) Claims() int { return len(b.epochs) }

// newest is the index of the newest epoch that is bound or may be, or -1. A claim that the owner before has refused ends
// nothing.
func (b *Book) newest() int {
	for i := len(b.epochs) - 1; i >= 0; i-- {
		if !b.epochs[i].bound.IsZero() {
			return i
		}
		if _, no := b.due(i); no == nil {
			return i
		}
	}
	return -1
}

// Highest returns the highest epoch that the device has signed, and the offer in which it did; 0 for none. The offer is for
// the device itself.
func (b *Book) Highest() (epoch uint64, offer []byte) { return b.offerOf(len(b.epochs) - 1) }

// Newest is Highest without claims that were refused.
func (b *Book) Newest() (epoch uint64, offer []byte) { return b.offerOf(b.newest()) }

func (b *Book) offerOf(i int) (epoch uint64, offer []byte) {
	if i < 0 {
		return 0, nil
	}
	c := b.epochs[i].begin
	return c.offer.Epoch, c.offer.Raw
}
