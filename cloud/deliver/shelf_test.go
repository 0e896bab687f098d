package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"

	"github.com/VictoriaMetrics/metrics"
	"github.com/nats-io/nats.go/jetstream"
)

// thick is a stream of n messages of size bytes each, of which every one is asked for.
type thick struct {
	jetstream.Stream
	n    uint64
	size int
}

func (s thick) Info(context.Context, ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	return &jetstream.StreamInfo{State: jetstream.StreamState{FirstSeq: 1, LastSeq: s.n}}, nil
}

func (s thick) GetMsg(_ context.Context, seq uint64, _ ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	if seq > s.n {
		return nil, jetstream.ErrMsgNotFound
	}
	return &jetstream.RawStreamMsg{Sequence: seq, Data: make([]byte, s.size)}, nil
}

// A page that goes back holds one message at a time, not those of its window. It held 32 MiB, and holds less than 1 MiB;
// 2026-11-21.
func TestBackwardsIsCheap(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	err := shelf{thick{n: 1000, size: 256 << 10}}.before(t.Context(), []string{""}, 1000, 10, func(m *jetstream.RawStreamMsg) bool {
		most = max(most, heap())
		return m.Sequence > 990
	})
	if err != nil {
		t.Fatal(err)
	}
	if most > before+4<<20 {
		t.Errorf("%d MiB are held", (most-before)>>20)
	}
}

// What f does not count is no gap: it is called with all, newest first, however few it asked for.
func TestBackwardsWithoutGap(t *testing.T) {
	for _, limit := range []int{1, 3, 128, 500} {
		var got []uint64
		if err := (shelf{thick{n: 300}}).before(t.Context(), []string{""}, 300, limit, func(m *jetstream.RawStreamMsg) bool {
			got = append(got, m.Sequence)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		for i, seq := range got {
			if seq != uint64(299-i) {
				t.Fatalf("limit %d: %s", limit, fmt.Sprint(got[:i+1]))
			}
		}
		if len(got) != 299 {
			t.Errorf("limit %d: %d messages", limit, len(got))
		}
	}
}

// counted is thick, and counts what is read.
type counted struct {
	thick
	reads *int
}

func (s counted) GetMsg(ctx context.Context, seq uint64, o ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	*s.reads++
	return s.thick.GetMsg(ctx, seq, o...)
}

// A page that finds nothing for it reads each message few times, and ends: a viewer's first look at a camera with a long
// history is no burden.
func TestPageOfNothing(t *testing.T) {
	for _, limit := range []int{1, 10, 500} {
		reads := 0
		p := page{
			d: &Deliver{cfg: Config{Metrics: metrics.NewSet()}, log: slog.New(slog.DiscardHandler)},
			v: &sight{session: &session{}}, limit: limit,
		}
		s := shelf{counted{thick{n: 4 * maxPast}, &reads}}
		if err := s.before(t.Context(), []string{""}, 4*maxPast+1, limit, p.take); err != nil {
			t.Fatal(err)
		}
		if p.past != maxPast || reads > 5*maxPast {
			t.Errorf("limit %d: %d messages are gone past, in %d reads", limit, p.past, reads)
		}
	}
}
