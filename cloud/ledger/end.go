package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"signet/certs"
)

// Errors of what owners send.
var (
	ErrForeign = errors.New("not signed by the owner of an epoch that the ledger knows")
	ErrLate    = errors.New("too late")
)

// Close returns the book in which an epoch has ended, and whether that is news. The first end counts.
func (b *Book) Close(end *End, now time.Time) (next *Book, changed bool, _ *Veto) {
	c := end.closing
	i := b.find(c.Epoch)
	if i < 0 || !b.epochs[i].of(c.Device, c.Owner, c.Epoch, c.OfferHash) {
		return nil, false, veto(OtherClaim, "the closing is not of this epoch")
	}
	if b.epochs[i].end != nil {
		return b, false, nil
	}
	next = b.copy()
	next.settle(now)
	e := &next.epochs[i]
	e.end, e.ended = end, now
	if e.release == nil {
		e.release = end.release
	}
	next.settle(now)
	return next, true, nil
}

// Release returns the book in which an owner let the camera go, and whether that is news. It may come before the closing or
// without one, and after a reset. It wraps ErrForeign or ErrLate: the first release counts, and none after the next claim
// is bound. One that says the same again, though signed anew, is no news: who is not sure that the first was heard signs
// another.
func (b *Book) Release(raw []byte, now time.Time) (next *Book, changed bool, _ error) {
	next, _ = b.Settle(now)
	i, r := next.releaseOf(raw)
	switch {
	case i < 0:
		return nil, false, fmt.Errorf("release of %s: %w", b.device, ErrForeign)
	case next.epochs[i].release != nil && sameNext(next.epochs[i].release, r):
		return b, false, nil
	case next.epochs[i].release != nil:
		return nil, false, fmt.Errorf("release of %s: it was released before: %w", b.device, ErrLate)
	case next.current() > i:
		return nil, false, fmt.Errorf("release of %s: the next claim is bound: %w", b.device, ErrLate)
	}
	next = next.copy()
	e := &next.epochs[i]
	e.release, e.let, e.letAt = r, bytes.Clone(raw), now
	next.settle(now)
	return next, true, nil
}

// sameNext says whether two releases of one epoch say the same.
func sameNext(a, b *certs.Release) bool {
	if a.Next == nil || b.Next == nil {
		return a.Next == b.Next
	}
	return *a.Next == *b.Next
}

func (b *Book) releaseOf(raw []byte) (int, *certs.Release) {
	for i := range b.epochs {
		e := &b.epochs[i]
		if r, err := certs.ParseRelease(raw, e.begin.owner); err == nil && e.of(r.Device, r.Owner, r.Epoch, r.OfferHash) {
			return i, r
		}
	}
	return -1, nil
}

// Lost returns the book in which an owner has marked the camera as lost, and whether that is news. It wraps ErrForeign or
// ErrLate: a mark counts only before the next claim is bound, and not after a release.
func (b *Book) Lost(raw []byte, now time.Time) (next *Book, changed bool, _ error) {
	next, _ = b.Settle(now)
	i, l := next.lostOf(raw)
	switch {
	case i < 0, next.epochs[i].bound.IsZero():
		return nil, false, fmt.Errorf("lost mark of %s: %w", b.device, ErrForeign)
	case next.epochs[i].release != nil:
		return nil, false, fmt.Errorf("lost mark of %s: it was released: %w", b.device, ErrLate)
	case next.current() > i:
		return nil, false, fmt.Errorf("lost mark of %s: the next claim is bound: %w", b.device, ErrLate)
	case next.epochs[i].lost != nil:
		return b, false, nil
	}
	next = next.copy()
	e := &next.epochs[i]
	e.lost, e.mark, e.markAt = l, bytes.Clone(raw), now
	return next, true, nil
}

func (b *Book) lostOf(raw []byte) (int, *certs.Lost) {
	for i := range b.epochs {
		e := &b.epochs[i]
		if l, err := certs.ParseLost(raw, e.begin.owner); err == nil && e.of(l.Device, l.Owner, l.Epoch, l.OfferHash) {
			return i, l
		}
	}
	return -1, nil
}
