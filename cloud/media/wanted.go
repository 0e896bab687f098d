package media

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// ErrUnwanted says that no bound record of this device names this hash.
var ErrUnwanted = errors.New("no bound record of this device names this media")

// Wanted is a piece of media that a bound record names.
type Wanted struct {
	Seq    uint64 // of the record
	Record *certs.Record
	Media  certs.Media
}

// Index finds the record that names a piece of media. It may be used concurrently.
type Index struct{ stream jetstream.Stream }

// NewIndex opens the index.
func NewIndex(ctx context.Context, js jetstream.JetStream) (*Index, error) {
	s, err := js.Stream(ctx, engine.Bind)
	if err != nil {
		return nil, fmt.Errorf("open media index: %w", err)
	}
	return &Index{s}, nil
}

// Find returns what a bound record of the device says about a hash, or ErrUnwanted. The index only points to a record;
// the record is the authority.
func (x *Index) Find(ctx context.Context, d certs.DeviceID, h certs.Hash) (*Wanted, error) {
	m, err := x.stream.GetLastMsgForSubject(ctx, engine.WantSubject(d, h))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrUnwanted
	}
	if err != nil {
		return nil, fmt.Errorf("find media: %w", err)
	}
	seq, err := strconv.ParseUint(string(m.Data), 10, 64)
	if err != nil {
		return nil, ErrUnwanted
	}
	if m, err = x.stream.GetMsg(ctx, seq); errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrUnwanted
	} else if err != nil {
		return nil, fmt.Errorf("find media: %w", err)
	}
	raw, _, err := certs.SplitMessage(m.Data)
	if err != nil {
		return nil, ErrUnwanted
	}
	rec, err := certs.ParseRecord(raw)
	if err != nil || rec.Device != d {
		return nil, ErrUnwanted
	}
	for _, md := range rec.Media {
		if md.Hash == h && !md.Kind.Inline() {
			return &Wanted{seq, &rec.Record, md}, nil
		}
	}
	return nil, ErrUnwanted
}
