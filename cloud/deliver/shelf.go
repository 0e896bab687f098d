package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// shelf reads the BIND stream, by sequence.
type shelf struct{ stream jetstream.Stream }

// last returns the newest sequence number, 0 for none.
func (s shelf) last(ctx context.Context) (uint64, error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("read records: %w", err)
	}
	return info.State.LastSeq, nil
}

// next returns the first message at or after seq under a subject, nil when there is none.
func (s shelf) next(ctx context.Context, subject string, seq uint64) (*jetstream.RawStreamMsg, error) {
	m, err := s.stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return m, nil
}

// between calls f with the messages from seq up to, not including, end, until f returns false.
func (s shelf) between(ctx context.Context, subject string, seq, end uint64, f func(*jetstream.RawStreamMsg) bool) error {
	for seq < end {
		m, err := s.next(ctx, subject, seq)
		if err != nil {
			return err
		}
		if m == nil || m.Sequence >= end || !f(m) {
			return nil
		}
		seq = m.Sequence + 1
	}
	return nil
}

// before calls f with messages before end, newest first, until it returns false; about limit of them will do. The stream
// is read forwards only, so it goes back in windows that double. Of a window only the last sequence numbers are kept,
// and those messages are read again, one at a time: with their pictures they are up to 256 KiB each.
func (s shelf) before(ctx context.Context, subject string, end uint64, limit int, f func(*jetstream.RawStreamMsg) bool) error {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	first, last := info.State.FirstSeq, info.State.LastSeq
	end = min(end, last+1)
	for width := uint64(128); end > first; {
		start := first
		if end-first > width {
			start = end - width
		}
		var found []uint64
		cut := false
		if err := s.between(ctx, subject, start, end, func(m *jetstream.RawStreamMsg) bool {
			if found = append(found, m.Sequence); len(found) > limit {
				found, cut = slices.Delete(found, 0, 1), true
			}
			return true
		}); err != nil {
			return err
		}
		for _, seq := range slices.Backward(found) {
			m, err := s.next(ctx, subject, seq)
			if err != nil {
				return err
			}
			if m == nil || m.Sequence != seq {
				continue
			}
			if !f(m) {
				return nil
			}
		}
		if cut {
			end = found[0] // f wants more than it asked for: what was cut off comes next
		} else {
			end, width = start, 2*width
		}
	}
	return nil
}
