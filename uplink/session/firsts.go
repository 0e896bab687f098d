package session

import (
	"context"
	"slices"

	"signet/certs"
	"signet/uplink/spool"
)

// firsts is what is known of the pending records that others build on, ascending: the cloud sets aside for good what comes
// before them.
type firsts struct {
	pos     []spool.Position
	claim   spool.Position // the newest claimed record
	scanned spool.Position // up to here the spool was looked through
	epochs  []began        // ascending
}

// began is where an epoch begins: its first record that was seen.
type began struct {
	epoch uint64
	at    spool.Position
}

// saw takes in a record's epoch.
func (f *firsts) saw(p spool.Position, epoch uint64) {
	if n := len(f.epochs); epoch > 0 && (n == 0 || f.epochs[n-1].epoch < epoch) {
		f.epochs = append(f.epochs, began{epoch, p})
	}
}

// holdOf returns what is not to be sent before the record at p is answered, or nil. Before a claim nothing of its epoch; but
// what was sealed for an earlier owner goes on, since a claim may wait for a day. Later epochs wait too until the cloud has
// noted the claim, so that it hears of claims in their order.
func (f *firsts) holdOf(p spool.Position, kind body, noted bool) *hold {
	h := &hold{from: p}
	switch kind.Type {
	case certs.Closed:
		return h
	case certs.Claimed:
	default:
		return nil
	}
	for _, e := range f.epochs {
		if e.epoch == kind.Epoch && e.at.Compare(p) < 0 {
			h.from = e.at
		}
		if noted && e.epoch > kind.Epoch && e.at.Compare(p) > 0 {
			h.to = e.at
			break
		}
	}
	return h
}

// scan looks through what was appended since the last scan. It reads all of the backlog once, in the first one.
func (f *firsts) scan(ctx context.Context, s *spool.Spool) {
	f.pos = slices.DeleteFunc(f.pos, func(p spool.Position) bool { return !pending(s, p) })
	last := s.Last()
	for ctx.Err() == nil {
		items := s.Pending(f.scanned, 64)
		for _, it := range items {
			if it.Compare(last) > 0 {
				return
			}
			f.scanned = it.Position
			e, err := s.Read(it.Position)
			if err != nil {
				continue // gone meanwhile, or damaged and now a gap
			}
			kind := kindOf(e.Record)
			f.saw(it.Position, kind.Epoch)
			if kind.Type == certs.Claimed {
				f.claim = it.Position
			}
			if goesFirst(kind.Type) {
				f.pos = append(f.pos, it.Position)
			}
		}
		if len(items) == 0 {
			return
		}
	}
}

func pending(s *spool.Spool, p spool.Position) bool {
	before := spool.Position{Boot: p.Boot, N: p.N - 1}
	items := s.Pending(before, 1)
	return len(items) == 1 && items[0].Position == p
}

func goesFirst(t certs.RecordType) bool {
	return t == certs.Claimed || t == certs.Online || t == certs.Closed
}
