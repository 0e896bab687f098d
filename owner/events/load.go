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
	for before := uint64(0); ; {
		items, err := cloud.Before(ctx, before, client.PageSize)
		if err != nil {
			return nil, err
		}
		if n := len(items); n > 0 && before != 0 && items[n-1].Seq >= before {
			return nil, errors.New("get records: the cloud goes round in circles")
		}
		for _, it := range items {
			if err := set.take(ctx, gate, it); err != nil {
				return nil, err
			}
		}
		if len(items) == 0 || items[0].Seq <= 1 || enough(set) {
			return set, nil
		}
		before = items[0].Seq
	}
}

func (s *Set) take(ctx context.Context, gate *verify.Gate, it client.Item) error {
	r, err := gate.Check(ctx, it.Record)
	if refusal, ok := errors.AsType[*verify.Refusal](err); ok {
		s.Refuse(refusal)
		return nil
	}
	if err != nil {
		return err
	}
	s.Add(Entry{it.Seq, it.Received, r})
	return nil
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
