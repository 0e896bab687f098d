package ledger

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// ErrConflict says that somebody else wrote the entry meanwhile.
var ErrConflict = errors.New("ledger entry has changed")

// Store reads and writes entries in the stream that holds the records too. It may be used concurrently.
type Store struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	fleet  *x509.Certificate
}

// NewStore opens the ledger.
func NewStore(ctx context.Context, js jetstream.JetStream, fleet *x509.Certificate) (*Store, error) {
	s, err := js.Stream(ctx, engine.Bind)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return &Store{js, s, fleet}, nil
}

// Load returns a device's entry and its revision, 0 for none yet. With an error that wraps ErrCorrupt the revision
// still holds.
func (s *Store) Load(ctx context.Context, d certs.DeviceID) (*Book, uint64, error) {
	m, err := s.stream.GetLastMsgForSubject(ctx, engine.LedgerSubject(d))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return &Book{device: d}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read ledger entry of %s: %w", d, err)
	}
	b, err := Parse(d, m.Data, s.fleet)
	if err != nil {
		return nil, m.Sequence, fmt.Errorf("read ledger entry of %s: %w", d, err)
	}
	return b, m.Sequence, nil
}

// Save writes an entry if its revision is still the one that was read, else it returns ErrConflict.
func (s *Store) Save(ctx context.Context, b *Book, revision uint64) (uint64, error) {
	token := rand.Text()
	raw, err := b.encode(token)
	if err != nil {
		return 0, fmt.Errorf("write ledger entry of %s: %w", b.device, err)
	}
	ack, err := s.js.Publish(ctx, engine.LedgerSubject(b.device), raw, jetstream.WithExpectLastSequencePerSubject(revision))
	switch {
	case err == nil:
		return ack.Sequence, nil
	case Conflict(err):
		return 0, ErrConflict
	}
	// A write that timed out may have happened: the entry says by its token.
	again, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if m, e := s.stream.GetLastMsgForSubject(again, engine.LedgerSubject(b.device)); e == nil {
		if _, t, e := parse(b.device, m.Data, s.fleet); e == nil && t == token {
			return m.Sequence, nil
		}
	}
	return 0, fmt.Errorf("write ledger entry of %s: %w", b.device, err)
}

// Conflict says whether a publish failed because the entry that it depends on has changed.
func Conflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
