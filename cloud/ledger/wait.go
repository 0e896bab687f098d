package ledger

import "time"

// Settle returns the book in which every claim is bound whose time has come, and whether that is news. Time is the only
// thing that it needs: a claim that has waited is bound without anybody's doing. Whatever else comes is put on top of it,
// so that nothing undoes what was bound.
func (b *Book) Settle(now time.Time) (next *Book, changed bool) {
	next = b.copy()
	if !next.settle(now) {
		return b, false
	}
	return next, true
}

func (b *Book) settle(now time.Time) (changed bool) {
	for i := b.current() + 1; i < len(b.epochs); i++ {
		at, no := b.due(i)
		if no != nil || now.Before(at) {
			continue
		}
		b.epochs[i].bound, changed = at, true
	}
	return changed
}

// due returns when a claim after the current one is bound, by the owner before it: at once if that is the same one or has
// released the camera, else after the wait. Claims that were not bound do not count as before.
func (b *Book) due(i int) (time.Time, *Veto) {
	e := &b.epochs[i]
	cur := b.current()
	if cur < 0 {
		return e.heard, nil
	}
	switch prev := &b.epochs[cur]; {
	case cur > i:
		return time.Time{}, veto(OldEpoch, "epoch %d was not bound before epoch %d", e.begin.offer.Epoch, prev.begin.offer.Epoch)
	case prev.begin.offer.Owner == e.begin.offer.Owner:
		return e.heard, nil
	case prev.release != nil && (prev.release.Next == nil || *prev.release.Next == e.begin.offer.Owner):
		return later(e.heard, prev.released()), nil
	case prev.release != nil:
		return time.Time{}, veto(NotNext, "epoch %d was released to another owner", prev.begin.offer.Epoch)
	case prev.lost != nil:
		return time.Time{}, veto(Lost, "the owner of epoch %d says that the camera is lost", prev.begin.offer.Epoch)
	}
	return b.contested(cur).Add(b.rules.Wait), nil
}

// contested is when this cloud first heard that an epoch should be over: of the reset, or of a later claim by somebody
// else.
func (b *Book) contested(cur int) (first time.Time) {
	e := &b.epochs[cur]
	first = e.ended
	for _, later := range b.epochs[cur+1:] {
		if later.begin.offer.Owner != e.begin.offer.Owner && (first.IsZero() || later.heard.Before(first)) {
			first = later.heard
		}
	}
	return first
}

// unbound says why the records of a claim do not pass.
func (b *Book) unbound(i int) *Veto {
	at, no := b.due(i)
	if no != nil {
		return no
	}
	v := veto(Waiting, "epoch %d is contested until %s", b.epochs[i].begin.offer.Epoch, at.UTC().Format(time.RFC3339))
	v.Until = at
	return v
}

// released is when this cloud first heard of the release.
func (e *epoch) released() time.Time {
	if e.let != nil {
		return e.letAt
	}
	return e.ended
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
