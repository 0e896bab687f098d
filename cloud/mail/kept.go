package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/ledger"
)

// maxLetter bounds what is written down: a statement in base64, with a key.
const maxLetter = 2 * MaxStatement

func stream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              "MAIL",
		Description:       "the newest grant, policy, release and renewal of each device and owner",
		Subjects:          []string{mailOf + ">", offerTo + ">", ownOf + ">", viewOf + ">"},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		MaxMsgSize:        maxLetter + 1<<10, // with headers
		AllowDirect:       false,             // a direct read may be stale
	}
}

// letter is how a statement is written down.
type letter struct {
	Key       []byte `json:"key,omitempty"` // owner key, DER SubjectPublicKeyInfo: verified by the owner id that it hashes to
	Statement []byte `json:"statement"`

	seq uint64    // where it stands
	at  time.Time // since when
}

func parseLetter(b []byte) (*letter, error) {
	if len(b) > maxLetter {
		return nil, fmt.Errorf("parse letter: %d bytes are more than %d", len(b), maxLetter)
	}
	var l letter
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return nil, fmt.Errorf("parse letter: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("parse letter: something follows")
	}
	return &l, nil
}

// ownerKey returns the key that has signed what owner has signed.
func (l *letter) ownerKey(owner certs.OwnerID) (*ecdsa.PublicKey, error) {
	key, id, err := certs.ParseSPKI(l.Key)
	if err != nil {
		return nil, err
	}
	if id != owner {
		return nil, fmt.Errorf("key is of owner %s", id.Short())
	}
	return key, nil
}

// store reads and writes the stream.
type store struct {
	js     jetstream.JetStream
	stream jetstream.Stream
}

// load returns what stands at a subject; a letter of nothing but seq 0 when there is none. What cannot be read has its seq
// and no statement.
func (s store) load(ctx context.Context, subject string) (*letter, error) {
	m, err := s.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return &letter{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	l, err := parseLetter(m.Data)
	if err != nil {
		l = &letter{} // whoever verifies it says what it is
	}
	l.seq, l.at = m.Sequence, m.Time
	return l, nil
}

// save replaces what was read, and fails if something else stands there by now.
func (s store) save(ctx context.Context, subject string, there, l *letter) error {
	b, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	if _, err = s.js.Publish(ctx, subject, b, jetstream.WithExpectLastSequencePerSubject(there.seq)); err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	return nil
}

// point writes a pointer, unless it is there: one keeps its place among others by its age.
func (s store) point(ctx context.Context, subject string) error {
	_, err := s.js.Publish(ctx, subject, nil, jetstream.WithExpectLastSequencePerSubject(0))
	if err != nil && !ledger.Conflict(err) {
		return fmt.Errorf("point to mail: %w", err)
	}
	return nil
}

// forget removes what stands at a subject, which may have wildcards.
func (s store) forget(ctx context.Context, subject string) error {
	if err := s.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
		return fmt.Errorf("forget mail: %w", err)
	}
	return nil
}

// list returns what follows a prefix in the subjects under it, in order, at most limit of them.
func (s store) list(ctx context.Context, prefix string, limit int) ([]string, error) {
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return nil, fmt.Errorf("list mail: %w", err)
	}
	all := slices.Sorted(maps.Keys(info.State.Subjects))
	for i := range all {
		all[i] = strings.TrimPrefix(all[i], prefix)
	}
	return all[:min(len(all), limit)], nil
}

// oldest calls f with what follows a prefix in the subjects under it, the oldest first, until it returns false or an error:
// what came later does not push out what was there.
func (s store) oldest(ctx context.Context, prefix string, f func(rest string) (bool, error)) error {
	for seq := uint64(1); ; {
		m, err := s.stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(prefix+">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list mail: %w", err)
		}
		if more, err := f(strings.TrimPrefix(m.Subject, prefix)); err != nil || !more {
			return err
		}
		seq = m.Sequence + 1
	}
}
