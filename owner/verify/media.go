package verify

import (
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"signet/certs"
)

// ErrAltered says that bytes are not those that the record names. They are counted as refused, and never shown.
var ErrAltered = errors.New("not what the record names")

// Match says whether ciphertext is the piece of media that the record names: nil or an error wrapping ErrAltered.
func (r *Record) Match(m certs.Media, ciphertext []byte) error {
	named := slices.ContainsFunc(r.Media, func(n certs.Media) bool { return n.Hash == m.Hash && n.Kind == m.Kind && n.Size == m.Size })
	if !named || uint64(len(ciphertext)) != m.Size || certs.HashOf(ciphertext) != m.Hash {
		return fmt.Errorf("%v: %w", m.Kind, ErrAltered)
	}
	return nil
}

// Open compares size and hash of the ciphertext with the record, then decrypts it. A ciphertext that the record names
// and that does not open is an error too: it was sealed to somebody else.
func (r *Record) Open(m certs.Media, ciphertext []byte, ids ...age.Identity) ([]byte, error) {
	if err := r.Match(m, ciphertext); err != nil {
		return nil, err
	}
	b, err := certs.Open(ciphertext, certs.MaxPart, ids...)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", m.Kind, err)
	}
	return b, nil
}

// OpenFacts opens media of kind facts. Facts that were sealed for another record are refused.
func (r *Record) OpenFacts(m certs.Media, ciphertext []byte, ids ...age.Identity) (*certs.Facts, error) {
	b, err := r.Open(m, ciphertext, ids...)
	if err != nil {
		return nil, err
	}
	f, err := certs.ParseFacts(b)
	if err != nil {
		return nil, err
	}
	if err := f.Belong(&r.Record); err != nil {
		return nil, err
	}
	return f, nil
}
