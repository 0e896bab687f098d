package certs

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// JoinMessage makes what travels on MQTT: a record, then its small media, as a CBOR sequence (RFC 8742).
func JoinMessage(record []byte, media [][]byte) ([]byte, error) {
	n := len(record)
	for _, m := range media {
		n += len(m) + 5
	}
	b := make([]byte, 0, n)
	b = append(b, record...)
	for _, m := range media {
		if len(m) > MaxSmallMedia {
			return nil, fmt.Errorf("join message: media of %d bytes is more than %d", len(m), MaxSmallMedia)
		}
		e, err := encode(m)
		if err != nil {
			return nil, fmt.Errorf("join message: %w", err)
		}
		b = append(b, e...)
	}
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("join message: %d bytes are more than %d", len(b), MaxMessage)
	}
	return b, nil
}

// SplitMessage takes a message apart. The parts alias b. The record is not parsed; whether the media is what
// the record lists is for [SignedRecord.MatchInline] to say.
func SplitMessage(b []byte) (record []byte, media [][]byte, err error) {
	if len(b) > MaxMessage {
		return nil, nil, fmt.Errorf("split message: %d bytes are more than %d", len(b), MaxMessage)
	}
	if len(b) == 0 || b[0] != tagSign1 {
		return nil, nil, errors.New("split message: does not begin with a record")
	}
	var parts cbor.RawMessage
	rest, err := codec().dec.UnmarshalFirst(b[1:], &parts)
	if err != nil {
		return nil, nil, fmt.Errorf("split message: %w", err)
	}
	record = b[:len(b)-len(rest)]
	for len(rest) > 0 {
		if len(media) == maxMedia {
			return nil, nil, errors.New("split message: too much media")
		}
		var m []byte
		if rest[0]>>5 != 2 {
			return nil, nil, errors.New("split message: media is not a byte string")
		}
		if rest, err = codec().dec.UnmarshalFirst(rest, &m); err != nil {
			return nil, nil, fmt.Errorf("split message: %w", err)
		}
		if len(m) > MaxSmallMedia {
			return nil, nil, fmt.Errorf("split message: media of %d bytes is more than %d", len(m), MaxSmallMedia)
		}
		media = append(media, m)
	}
	return record, media, nil
}

// MatchInline says whether media is, piece by piece, the thumbnails and facts that the record lists.
func (r *Record) MatchInline(media [][]byte) error {
	i := 0
	for _, m := range r.Media {
		if !m.Kind.Inline() {
			continue
		}
		if i == len(media) {
			return fmt.Errorf("media: %v is missing", m.Kind)
		}
		if uint64(len(media[i])) != m.Size || HashOf(media[i]) != m.Hash {
			return fmt.Errorf("media: %v is not what the record names", m.Kind)
		}
		i++
	}
	if i != len(media) {
		return errors.New("media: more than the record names")
	}
	return nil
}
