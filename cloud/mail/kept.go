package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/ledger"
)

func stream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              "MAIL",
		Description:       "the newest grant, policy and release of each device and owner",
		Subjects:          []string{"mail.>", "view.>"},
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: 1,
		MaxMsgSize:        2 * MaxStatement, // in base64, with the key
		AllowDirect:       false,            // a direct read may be stale
	}
}

// kind is the last segment of a subject.
type kind string

const (
	grants   kind = "grant"
	policies kind = "policy"
	releases kind = "release"
	renewals kind = "renewal" // offers
)

func subject(d certs.DeviceID, o certs.OwnerID, k kind) string {
	return "mail." + d.String() + "." + o.String() + "." + string(k)
}

// named returns whom a subject names.
func named(subject string) (d certs.DeviceID, o certs.OwnerID, k kind, err error) {
	f := strings.Split(subject, ".")
	if len(f) != 4 || f[0] != "mail" {
		return d, o, "", fmt.Errorf("parse subject %.160q: not mail", subject)
	}
	d, err1 := certs.ParseDeviceID(f[1])
	o, err2 := certs.ParseKeyID(f[2])
	return d, o, kind(f[3]), errors.Join(err1, err2)
}

// letter is how a statement is written down.
type letter struct {
	Key       []byte `json:"key,omitempty"` // owner key, DER SubjectPublicKeyInfo: verified by the owner id that it hashes to
	Statement []byte `json:"statement"`

	seq uint64    // where it stands
	at  time.Time // since when
}

func parseLetter(b []byte) (*letter, error) {
	var l letter
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&l); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows")
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

// errConflict says that somebody else wrote meanwhile.
var errConflict = errors.New("mail has changed")

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

// save replaces what stood there with seq before, or returns errConflict.
func (s store) save(ctx context.Context, subject string, l *letter, seq uint64) error {
	b, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	_, err = s.js.Publish(ctx, subject, b, jetstream.WithExpectLastSequencePerSubject(seq))
	if ledger.Conflict(err) {
		return errConflict
	}
	if err != nil {
		return fmt.Errorf("keep mail: %w", err)
	}
	return nil
}

// forget removes what stands at a subject.
func (s store) forget(ctx context.Context, subject string) error {
	if err := s.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
		return fmt.Errorf("forget mail: %w", err)
	}
	return nil
}

// list returns the subjects that match a filter, at most limit of them.
func (s store) list(ctx context.Context, filter string, limit int) ([]string, error) {
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(filter))
	if err != nil {
		return nil, fmt.Errorf("list mail: %w", err)
	}
	var out []string
	for subject := range info.State.Subjects {
		if len(out) == limit {
			break
		}
		out = append(out, subject)
	}
	return out, nil
}
