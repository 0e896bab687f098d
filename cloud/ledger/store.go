package ledger

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// ErrConflict says that somebody else wrote the entry meanwhile.
var ErrConflict = errors.New("ledger entry has changed")

// DefaultWait is how long a contested claim waits: the owner before is told, and has a day for his word.
const DefaultWait = 24 * time.Hour

// maxDevices bounds the devices that one owner is told of.
const maxDevices = 1000

// Config says what a Store needs.
type Config struct {
	JetStream jetstream.JetStream
	Fleet     *x509.Certificate
	Wait      time.Duration    // 0 is DefaultWait
	Now       func() time.Time // nil is time.Now
}

// Store reads and writes entries in the stream that holds the records too. It may be used concurrently.
type Store struct {
	rules  Rules
	now    func() time.Time
	js     jetstream.JetStream
	stream jetstream.Stream
}

// NewStore opens the ledger.
func NewStore(ctx context.Context, cfg Config) (*Store, error) {
	if cfg.Wait == 0 {
		cfg.Wait = DefaultWait
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s, err := cfg.JetStream.Stream(ctx, engine.Bind)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	return &Store{Rules{cfg.Fleet, cfg.Wait}, cfg.Now, cfg.JetStream, s}, nil
}

// Now is the time that the ledger goes by.
func (s *Store) Now() time.Time { return s.now() }

// Load returns a device's entry and its revision, 0 for none yet. With an error that wraps ErrCorrupt the revision
// still holds.
func (s *Store) Load(ctx context.Context, d certs.DeviceID) (*Book, uint64, error) {
	return s.Reload(ctx, d, nil, 0)
}

// Reload is Load for whoever has the entry of a revision already, which is not verified a second time.
func (s *Store) Reload(ctx context.Context, d certs.DeviceID, known *Book, revision uint64) (*Book, uint64, error) {
	m, err := s.stream.GetLastMsgForSubject(ctx, engine.LedgerSubject(d))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return s.rules.New(d), 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read ledger entry of %s: %w", d, err)
	}
	if known != nil && m.Sequence == revision {
		return known, revision, nil
	}
	b, err := s.rules.Parse(d, m.Data)
	if err != nil {
		return nil, m.Sequence, fmt.Errorf("read ledger entry of %s: %w", d, err)
	}
	return b, m.Sequence, nil
}

// Save writes an entry if its revision is still the one that was read, else it returns ErrConflict. It returns the book as
// it stands then, and tells those who have a part in it.
func (s *Store) Save(ctx context.Context, b *Book, revision uint64) (*Book, uint64, error) {
	token := rand.Text()
	raw, err := b.encode(token)
	if err != nil {
		return nil, 0, fmt.Errorf("write ledger entry of %s: %w", b.device, err)
	}
	for _, o := range b.newcomers { // before the entry: a pointer to nothing does no harm
		_, err := s.js.Publish(ctx, engine.PartSubject(o, b.device), nil, jetstream.WithExpectLastSequencePerSubject(0))
		if err != nil && !Conflict(err) {
			return nil, 0, fmt.Errorf("write ledger entry of %s: %w", b.device, err)
		}
	}
	revision, err = s.write(ctx, b.device, raw, token, revision)
	if err != nil {
		return nil, 0, err
	}
	if len(b.newcomers) > 0 {
		b = b.copy()
		b.newcomers = nil
	}
	s.tell(b)
	return b, revision, nil
}

func (s *Store) write(ctx context.Context, d certs.DeviceID, raw []byte, token string, revision uint64) (uint64, error) {
	ack, err := s.js.Publish(ctx, engine.LedgerSubject(d), raw, jetstream.WithExpectLastSequencePerSubject(revision))
	switch {
	case err == nil:
		return ack.Sequence, nil
	case Conflict(err):
		return 0, ErrConflict
	}
	// A write that timed out may have happened: the entry says by its token.
	again, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if m, e := s.stream.GetLastMsgForSubject(again, engine.LedgerSubject(d)); e == nil {
		if _, t, e := s.rules.parse(d, m.Data); e == nil && t == token {
			return m.Sequence, nil
		}
	}
	return 0, fmt.Errorf("write ledger entry of %s: %w", d, err)
}

// tell says that an entry has changed. Nothing depends on it: who misses it sees the same at the next occasion.
func (s *Store) tell(b *Book) {
	told := map[certs.OwnerID]bool{}
	for _, e := range b.epochs {
		if o := e.begin.offer.Owner; !told[o] {
			told[o] = true
			_ = s.js.Conn().Publish(engine.OwnershipSubject(o, b.device), nil)
		}
	}
}

// Release notes that an owner let a device go. It wraps ErrForeign, ErrLate (see Book.Release) or ErrCorrupt.
func (s *Store) Release(ctx context.Context, d certs.DeviceID, release []byte) error {
	return s.change(ctx, d, func(b *Book) (*Book, bool, error) { return b.Release(release, s.now()) })
}

// Lost notes that an owner marked a device as lost. It wraps ErrForeign, ErrLate (see Book.Lost) or ErrCorrupt.
func (s *Store) Lost(ctx context.Context, d certs.DeviceID, mark []byte) error {
	return s.change(ctx, d, func(b *Book) (*Book, bool, error) { return b.Lost(mark, s.now()) })
}

// change reads an entry, changes it and writes it, again if somebody else wrote meanwhile.
func (s *Store) change(ctx context.Context, d certs.DeviceID, f func(*Book) (*Book, bool, error)) error {
	for try := 0; ; try++ {
		b, revision, err := s.Load(ctx, d)
		if err != nil {
			return err
		}
		next, changed, err := f(b)
		if err != nil || !changed {
			return err
		}
		if _, _, err = s.Save(ctx, next, revision); !errors.Is(err, ErrConflict) || try == 9 {
			return err
		}
	}
}

// Ownership says how a device stands to somebody; false if he never claimed it. It may wrap ErrCorrupt.
func (s *Store) Ownership(ctx context.Context, d certs.DeviceID, owner certs.OwnerID) (Ownership, bool, error) {
	b, _, err := s.Load(ctx, d)
	if err != nil {
		return Ownership{}, false, err
	}
	o, ok := b.Ownership(owner, s.now())
	return o, ok, nil
}

// Devices lists devices of which an owner may have claimed one epoch or another, at most 1000. It follows pointers, which
// prove nothing: Ownership says how each of them stands.
func (s *Store) Devices(ctx context.Context, owner certs.OwnerID) ([]certs.DeviceID, error) {
	prefix := engine.PartPrefix(owner)
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(prefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	var out []certs.DeviceID
	for subject := range info.State.Subjects {
		if d, err := certs.ParseDeviceID(strings.TrimPrefix(subject, prefix)); err == nil && len(out) < maxDevices {
			out = append(out, d)
		}
	}
	return out, nil
}

// Conflict says whether a publish failed because the entry that it depends on has changed.
func Conflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
