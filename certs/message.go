package certs

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// JoinMessage makes what travels on MQTT: a record, then its small media, as a CBOR sequence (RFC 8742).
func JoinMessage(record []byte, media [][]byte) ([]byte, error) {
	if len(record) == 0 || len(record) > MaxRecord {
		return nil, fmt.Errorf("join message: record of %d bytes", len(record))
	}
	if len(media) > maxMedia {
		return nil, fmt.Errorf("join message: %d pieces of media are more than %d", len(media), maxMedia)
	}
	n := len(record)
	for _, m := range media {
		if len(m) > MaxSmallMedia {
			return nil, fmt.Errorf("join message: media of %d bytes is more than %d", len(m), MaxSmallMedia)
		}
		n += byteStringSize(len(m))
	}
	if n > MaxMessage {
		return nil, fmt.Errorf("join message: %d bytes are more than %d", n, MaxMessage)
	}
	b := make([]byte, 0, n)
	b = append(b, record...)
	for _, m := range media {
		e, err := encode(m)
		if err != nil {
			return nil, fmt.Errorf("join message: %w", err)
		}
		b = append(b, e...)
	}
	return b, nil
}

// SplitMessage takes a message apart. The record aliases b; it is not parsed. Whether the media is what the record
// lists is for [Record.MatchInline] to say.
func SplitMessage(b []byte) (record []byte, media [][]byte, err error) {
	record, media, err = splitMessage(b)
	if err != nil {
		return nil, nil, fmt.Errorf("split message: %w", err)
	}
	return record, media, nil
}

func splitMessage(b []byte) (record []byte, media [][]byte, err error) {
	if len(b) > MaxMessage {
		return nil, nil, fmt.Errorf("%d bytes are more than %d", len(b), MaxMessage)
	}
	if len(b) == 0 || b[0] != tagSign1 {
		return nil, nil, errors.New("does not begin with a record")
	}
	var parts cbor.RawMessage
	rest, err := codec().dec.UnmarshalFirst(b[1:], &parts)
	if err != nil {
		return nil, nil, err
	}
	record = b[:len(b)-len(rest)]
	if len(record) > MaxRecord {
		return nil, nil, fmt.Errorf("record of %d bytes is more than %d", len(record), MaxRecord)
	}
	for len(rest) > 0 {
		if len(media) == maxMedia {
			return nil, nil, errors.New("too much media")
		}
		if rest[0]>>5 != 2 {
			return nil, nil, errors.New("media is not a byte string")
		}
		var m []byte
		before := len(rest)
		if rest, err = codec().dec.UnmarshalFirst(rest, &m); err != nil {
			return nil, nil, err
		}
		if len(m) > MaxSmallMedia {
			return nil, nil, fmt.Errorf("media of %d bytes is more than %d", len(m), MaxSmallMedia)
		}
		if before-len(rest) != byteStringSize(len(m)) {
			return nil, nil, errors.New("media is not deterministically encoded")
		}
		media = append(media, m)
	}
	return record, media, nil
}

// byteStringSize returns how many bytes a byte string of n takes in the shortest encoding.
func byteStringSize(n int) int {
	switch {
	case n < 24:
		return 1 + n
	case n < 1<<8:
		return 2 + n
	case n < 1<<16:
		return 3 + n
	}
	return 5 + n
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
