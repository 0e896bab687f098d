package fmp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Errors that callers branch on.
var (
	// ErrNotPart says that bytes are not a part as this package writes them.
	ErrNotPart = errors.New("not a clip part")
	// ErrMixed says that parts do not belong to one clip, or stand in the wrong order.
	ErrMixed = errors.New("parts of different clips")
)

// Join writes parts of one clip, given in their order, to w as one file that plays. Where a part is
// missing the picture stands until the next one. It checks all parts before it writes; errors wrap
// ErrNotPart, ErrMixed or are those of w.
func Join(w io.Writer, parts ...[]byte) error {
	if len(parts) == 0 {
		return fmt.Errorf("join parts: %w: none given", ErrNotPart)
	}
	var head []byte
	var last uint32
	bodies := make([][]byte, len(parts))
	for i, p := range parts {
		h, body, seq, err := split(p)
		switch {
		case err != nil:
			return fmt.Errorf("join part %d: %w", i, err)
		case i == 0:
			head = h
		case !bytes.Equal(h, head):
			return fmt.Errorf("join part %d: %w: another header", i, ErrMixed)
		case seq <= last:
			return fmt.Errorf("join part %d: %w: sequence %d after %d", i, ErrMixed, seq, last)
		}
		bodies[i], last = body, seq
	}
	for _, b := range append([][]byte{head}, bodies...) {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("join parts: %w", err)
		}
	}
	return nil
}

// split cuts a part behind its moov and reads its first fragment's sequence number.
func split(p []byte) (head, body []byte, sequence uint32, err error) {
	at := 0
	for _, want := range []string{"ftyp", "moov"} {
		b, err := box(p[at:], want)
		if err != nil {
			return nil, nil, 0, err
		}
		at += len(b)
	}
	head, body = p[:at], p[at:]
	for n := 0; at < len(p); n++ {
		moof, err := box(p[at:], "moof")
		if err != nil {
			return nil, nil, 0, err
		}
		mfhd, err := box(moof[8:], "mfhd")
		if err != nil || len(mfhd) != 16 {
			return nil, nil, 0, fmt.Errorf("%w: no sequence number", ErrNotPart)
		}
		if n == 0 {
			sequence = binary.BigEndian.Uint32(mfhd[12:])
		}
		at += len(moof)
		mdat, err := box(p[at:], "mdat")
		if err != nil {
			return nil, nil, 0, err
		}
		at += len(mdat)
	}
	if len(body) == 0 {
		return nil, nil, 0, fmt.Errorf("%w: no pictures", ErrNotPart)
	}
	return head, body, sequence, nil
}

// box returns the box at the start of b, which must be of the type want.
func box(b []byte, want string) ([]byte, error) {
	if len(b) < 8 || string(b[4:8]) != want {
		return nil, fmt.Errorf("%w: no %s box", ErrNotPart, want)
	}
	size := binary.BigEndian.Uint32(b)
	if size < 8 || uint64(size) > uint64(len(b)) {
		return nil, fmt.Errorf("%w: %s box of %d bytes in %d", ErrNotPart, want, size, len(b))
	}
	return b[:size], nil
}
