package ledger

import (
	"slices"
	"time"

	"signet/certs"
)

// State says how a device stands to somebody who claimed it.
type State string

// The states; docs/protocol.md has them.
const (
	Owned     State = "owned"
	Released  State = "released"
	WasReset  State = "reset"     // closed without a release
	Contested State = "contested" // somebody else claims it, bound at Until
	IsLost    State = "lost"
	Gone      State = "gone"    // somebody else's now
	IsWaiting State = "waiting" // his claim will be bound at Until
	Refused   State = "refused" // his claim was not bound, and will not be unless the owner before releases it
)

// Ownership is what somebody who claimed a device is told about it. But for the evidence nobody has signed it.
type Ownership struct {
	Epoch    uint64 // the newest that was his
	State    State
	Since    time.Time
	Until    time.Time // zero where it has no meaning
	Evidence []byte    // closing or release, encoded; may be nil
}

// Ownership says how the device stands to owner at a time; false if he never claimed it.
func (b *Book) Ownership(owner certs.OwnerID, now time.Time) (Ownership, bool) {
	b, _ = b.Settle(now)
	i := len(b.epochs) - 1
	for i >= 0 && b.epochs[i].begin.offer.Owner != owner {
		i--
	}
	if i < 0 {
		return Ownership{}, false
	}
	e := &b.epochs[i]
	o := Ownership{Epoch: e.begin.offer.Epoch, State: Owned, Since: e.bound, Evidence: e.evidence()}
	cur := b.current()
	switch {
	case e.bound.IsZero():
		o.State, o.Since = IsWaiting, e.heard
		if at, no := b.due(i); no != nil {
			o.State = Refused
		} else {
			o.Until = at
		}
	case cur != i:
		o.State, o.Since = Gone, b.epochs[cur].bound
	case e.release != nil:
		o.State, o.Since = Released, e.released()
	case e.lost != nil:
		o.State, o.Since = IsLost, e.markAt
	case b.disputed(i):
		o.State, o.Since = Contested, b.contested(i)
		o.Until = o.Since.Add(b.rules.Wait)
	case e.end != nil:
		o.State, o.Since = WasReset, e.ended
	}
	return o, true
}

// disputed says whether somebody else claims what is bound.
func (b *Book) disputed(cur int) bool { return cur+1 < len(b.epochs) }

// evidence is the device's word that the epoch ended, or else the owner's.
func (e *epoch) evidence() []byte {
	if e.end != nil {
		return e.end.raw
	}
	return e.let
}

// Standing says how an epoch stands of which somebody makes a statement.
type Standing int

// The standings.
const (
	Unknown Standing = iota // no such epoch, or another's
	Open                    // the newest epoch of those that are bound or may be, and it has not ended
	Over
)

// Standing says how the epoch stands that an owner names by the offer that began it.
func (b *Book) Standing(owner certs.OwnerID, epoch uint64, offer certs.Hash) Standing {
	i := b.find(epoch)
	if i < 0 || !b.epochs[i].of(b.device, owner, epoch, offer) {
		return Unknown
	}
	if i != b.newest() || b.epochs[i].end != nil {
		return Over
	}
	return Open
}

// Runs says whether an epoch of an owner is Open.
func (b *Book) Runs(owner certs.OwnerID) bool {
	i := b.newest()
	return i >= 0 && b.epochs[i].end == nil && b.epochs[i].begin.offer.Owner == owner
}

// Knows says whether an owner has claimed one of the epochs that are remembered.
func (b *Book) Knows(owner certs.OwnerID) bool {
	return slices.ContainsFunc(b.epochs, func(e epoch) bool { return e.begin.offer.Owner == owner })
}

// Renewed says whether an epoch's event key was renewed by an offer.
func (b *Book) Renewed(owner certs.OwnerID, epoch uint64, begin, offer certs.Hash) bool {
	i := b.find(epoch)
	if i < 0 || !b.epochs[i].of(b.device, owner, epoch, begin) {
		return false
	}
	for _, c := range b.epochs[i].renewals {
		if c.offer.Hash == offer {
			return true
		}
	}
	return false
}
