package events

import (
	"context"
	"errors"
	"fmt"

	"filippo.io/age"

	"signet/certs"
	"signet/owner/client"
	"signet/owner/verify"
)

// Cloud is what this package needs of a client.Client.
type Cloud interface {
	Before(ctx context.Context, seq uint64, limit int) ([]client.Item, error)
	Media(ctx context.Context, seq uint64, m certs.Media) ([]byte, error)
}

// Load reads the owner's records, the newest first, through the gate into a set, until enough says so or there are no
// more. Errors are those of the cloud; what does not verify is counted in the set.
func Load(ctx context.Context, cloud Cloud, gate *verify.Gate, enough func(*Set) bool) (*Set, error) {
	set := NewSet()
	err := Each(ctx, cloud, gate, func(x Entry) { set.Add(x) }, set.Refuse, func() bool { return enough(set) })
	if err != nil {
		return nil, err
	}
	return set, nil
}

// Each reads the owner's records through the gate, page by page from the newest to the oldest, each page ascending, until
// enough, which is asked after each page, says so or there are no more. Errors are those of the cloud.
func Each(ctx context.Context, cloud interface {
	Before(ctx context.Context, seq uint64, limit int) ([]client.Item, error)
}, gate *verify.Gate, take func(Entry), refuse func(*verify.Refusal), enough func() bool,
) error {
	for before := uint64(0); ; {
		items, err := cloud.Before(ctx, before, client.PageSize)
		if err != nil {
			return err
		}
		if n := len(items); n > 0 && before != 0 && items[n-1].Seq >= before {
			return errors.New("get records: the cloud goes round in circles")
		}
		for _, it := range items {
			r, err := gate.Check(ctx, it.Record)
			if refusal, ok := errors.AsType[*verify.Refusal](err); ok {
				refuse(refusal)
				continue
			}
			if err != nil {
				return err
			}
			take(Entry{it.Seq, it.Received, r})
		}
		if len(items) == 0 || items[0].Seq <= 1 || enough() {
			return nil
		}
		before = items[0].Seq
	}
}

// Ciphertext fetches a piece of media and checks that it is what the verified record names.
func Ciphertext(ctx context.Context, cloud Cloud, m Media) ([]byte, error) {
	b, err := cloud.Media(ctx, m.Seq, m.Media)
	if err != nil {
		return nil, err
	}
	if err := m.Match(m.Media, b); err != nil {
		return nil, err
	}
	return b, nil
}

// OpenFacts fetches and opens the newest facts of an event; nil if it has none.
func (e *Event) OpenFacts(ctx context.Context, cloud Cloud, ids ...age.Identity) (*certs.Facts, error) {
	m, ok := e.Facts()
	if !ok {
		return nil, nil
	}
	b, err := cloud.Media(ctx, m.Seq, m.Media)
	if err != nil {
		return nil, err
	}
	f, err := m.Entry.OpenFacts(m.Media, b, ids...)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, err)
	}
	return f, nil
}
