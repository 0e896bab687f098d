package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// shelf reads the BIND stream, by sequence. Readers name the prefixes of subjects under which they look; whether what they
// find there is for them is for the record to say.
type shelf struct{ stream jetstream.Stream }

// last returns the newest sequence number, 0 for none.
func (s shelf) last(ctx context.Context) (uint64, error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("read records: %w", err)
	}
	return info.State.LastSeq, nil
}

// at returns the message with a sequence number, nil when there is none under the prefixes.
func (s shelf) at(ctx context.Context, prefixes []string, seq uint64) (*jetstream.RawStreamMsg, error) {
	m, err := s.get(ctx, seq)
	if err != nil || m == nil || !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(m.Subject, p) }) {
		return nil, err
	}
	return m, nil
}

// next returns the first message from seq on, before end, under a prefix; nil when there is none.
func (s shelf) next(ctx context.Context, prefix string, seq, end uint64) (*jetstream.RawStreamMsg, error) {
	m, err := s.get(ctx, seq, jetstream.WithGetMsgSubject(prefix+">"))
	if err != nil || m == nil || m.Sequence >= end {
		return nil, err
	}
	return m, nil
}

func (s shelf) get(ctx context.Context, seq uint64, opts ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	m, err := s.stream.GetMsg(ctx, seq, opts...)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return m, nil
}

// narrowest is the least width of a window into the past, and how many sequence numbers of one are kept at least.
const narrowest = 128

// walk reads several prefixes as one, ascending. The stream gives one at a time, so the place of the next message under
// each is remembered; the messages are not, for with their pictures they are up to 256 KiB each.
type walk struct {
	shelf
	heads []head
	end   uint64 // where it stops: a message may have come since, under a prefix that was looked under already
}

// head is the place of the next message under a prefix, at seq (found) or from seq on.
type head struct {
	prefix string
	seq    uint64
	found  bool
}

func (s shelf) walk(prefixes []string, seq, end uint64) *walk {
	w := &walk{shelf: s, end: end}
	for _, p := range prefixes {
		w.heads = append(w.heads, head{prefix: p, seq: seq})
	}
	return w
}

// next returns the next message, nil at the end.
func (w *walk) next(ctx context.Context) (*jetstream.RawStreamMsg, error) {
	var first *head
	var m *jetstream.RawStreamMsg // at first, if it was read just now
	for i := range w.heads {
		h := &w.heads[i]
		var read *jetstream.RawStreamMsg
		if !h.found {
			var err error
			if read, err = w.shelf.next(ctx, h.prefix, h.seq, w.end); err != nil {
				return nil, err
			}
			h.found, h.seq = true, w.end
			if read != nil {
				h.seq = read.Sequence
			}
		}
		if first == nil || h.seq < first.seq {
			first, m = h, read
		}
	}
	if first == nil || first.seq >= w.end {
		return nil, nil
	}
	if m == nil {
		var err error
		if m, err = w.shelf.next(ctx, first.prefix, first.seq, w.end); err != nil || m == nil {
			return nil, err
		}
	}
	first.seq, first.found = m.Sequence+1, false
	return m, nil
}

// between calls f with the messages from seq up to, not including, end, until f returns false.
func (s shelf) between(ctx context.Context, prefixes []string, seq, end uint64, f func(*jetstream.RawStreamMsg) bool) error {
	for w := s.walk(prefixes, seq, end); ; {
		m, err := w.next(ctx)
		if err != nil {
			return err
		}
		if m == nil || !f(m) {
			return nil
		}
	}
}

// before calls f with messages before end, newest first, until it returns false; about limit of them will do. The stream
// is read forwards only, so it goes back in windows that double. Of a window only the last sequence numbers are kept,
// and those messages are read again, one at a time; a window that has more of them was too wide.
func (s shelf) before(ctx context.Context, prefixes []string, end uint64, limit int, f func(*jetstream.RawStreamMsg) bool) error {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("read records: %w", err)
	}
	first, last := info.State.FirstSeq, info.State.LastSeq
	end = min(end, last+1)
	for width := uint64(narrowest); end > first; {
		start := first
		if end-first > width {
			start = end - width
		}
		var found []uint64
		cut := false
		if err := s.between(ctx, prefixes, start, end, func(m *jetstream.RawStreamMsg) bool {
			if found = append(found, m.Sequence); len(found) > max(limit, narrowest) {
				found, cut = slices.Delete(found, 0, 1), true
			}
			return true
		}); err != nil {
			return err
		}
		for _, seq := range slices.Backward(found) {
			m, err := s.at(ctx, prefixes, seq)
			if err != nil {
				return err
			}
			if m == nil {
				continue
			}
			if !f(m) {
				return nil
			}
		}
		if cut {
			end, width = found[0], max(width/2, narrowest) // f wants more than it asked for: what was cut off comes next
		} else {
			end, width = start, 2*width
		}
	}
	return nil
}
