package certs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// Sealer encrypts to the recipients of a policy, as age files. It is safe for concurrent use.
type Sealer struct{ to []age.Recipient }

// maxRecipients bounds how many may open a picture; each costs about 100 bytes and one key agreement a file.
const maxRecipients = 16

// NewSealer reads age recipients. All must be of one kind (age does not mix post-quantum and other ones). It seals
// once to try: a policy that nothing can be sealed to must not come into force.
func NewSealer(recipients []string) (*Sealer, error) {
	if len(recipients) == 0 || len(recipients) > maxRecipients {
		return nil, fmt.Errorf("seal to %d recipients: must be 1 to %d", len(recipients), maxRecipients)
	}
	s := &Sealer{}
	for _, r := range recipients {
		to, err := parseRecipient(r)
		if err != nil {
			return nil, err
		}
		s.to = append(s.to, to)
	}
	if _, err := age.Encrypt(io.Discard, s.to...); err != nil {
		return nil, fmt.Errorf("seal to %d recipients: %w", len(s.to), err)
	}
	return s, nil
}

func parseRecipient(r string) (age.Recipient, error) {
	if len(r) > 4096 || strings.ContainsAny(r, "\r\n#") {
		return nil, errors.New("not an age recipient")
	}
	to, err := age.ParseRecipients(strings.NewReader(r))
	if err != nil || len(to) != 1 {
		return nil, fmt.Errorf("%.5q... is not an age recipient", r) // the rest may be a secret
	}
	return to[0], nil
}

// Seal returns plaintext as an age file.
func (s *Sealer) Seal(plaintext []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(plaintext) + 512)
	w, err := age.Encrypt(&b, s.to...)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if _, err := w.Write(plaintext); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return b.Bytes(), nil
}

// Open decrypts an age file of at most limit bytes.
func Open(ciphertext []byte, limit int, ids ...age.Identity) ([]byte, error) {
	if len(ciphertext) > limit {
		return nil, fmt.Errorf("open: %d bytes are more than %d", len(ciphertext), limit)
	}
	r, err := age.Decrypt(bytes.NewReader(ciphertext), ids...)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return b, nil
}
