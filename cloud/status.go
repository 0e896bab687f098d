package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/cloud/deliver"
	"signet/cloud/engine"
)

// Status is what a running cloud says of itself on its socket in the state folder.
type Status struct {
	Up          time.Duration     `json:"up"`
	MQTT        string            `json:"mqtt"`
	HTTPS       string            `json:"https"`
	Cameras     int               `json:"cameras"` // that said they are online, since this process started
	Bound       uint64            `json:"bound"`
	Quarantined map[string]uint64 `json:"quarantined"` // by reason
	Waiting     uint64            `json:"waiting"`     // not yet decided
	Accesses    uint64            `json:"accesses"`
	Refused     uint64            `json:"refused"` // connections
	Shed        uint64            `json:"shed"`    // handshakes
}

func (c *Cloud) statusHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		s, err := c.status(r.Context())
		answer(w, s, err)
	})
	mux.HandleFunc("GET /access", func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.ParseUint(r.URL.Query().Get("limit"), 10, 31)
		if err != nil || limit == 0 {
			limit = 100
		}
		rows, err := c.access(r.Context(), limit)
		answer(w, rows, err)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { c.WriteMetrics(w) })
	return mux
}

// WriteMetrics writes what was counted, in Prometheus' text format.
func (c *Cloud) WriteMetrics(w io.Writer) { c.metrics.WritePrometheus(w) }

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (c *Cloud) status(ctx context.Context) (*Status, error) {
	s := &Status{
		Up: time.Since(c.began).Round(time.Second), MQTT: c.MQTTAddr(), HTTPS: c.HTTPSAddr(), Quarantined: map[string]uint64{},
		Refused: c.engine.Refused(), Shed: c.engine.Shed(),
	}
	for name, f := range map[string]func(*jetstream.StreamInfo){
		engine.Quarantine: func(i *jetstream.StreamInfo) {
			for subject, n := range i.State.Subjects {
				s.Quarantined[subject[strings.LastIndexByte(subject, '.')+1:]] += n
			}
		},
		engine.Access:   func(i *jetstream.StreamInfo) { s.Accesses = i.State.Msgs },
		engine.Incoming: func(i *jetstream.StreamInfo) { s.Waiting = i.State.Msgs },
	} {
		info, err := c.info(ctx, name, name == engine.Quarantine)
		if err != nil {
			return nil, err
		}
		f(info)
	}
	var err error
	if s.Bound, err = c.bound(ctx); err != nil {
		return nil, err
	}
	s.Cameras, err = c.online(ctx)
	return s, err
}

func (c *Cloud) info(ctx context.Context, name string, subjects bool) (*jetstream.StreamInfo, error) {
	st, err := c.engine.JetStream().Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", name, err)
	}
	if !subjects {
		return st.CachedInfo(), nil
	}
	info, err := st.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", name, err)
	}
	return info, nil
}

// bound counts records: a consumer that nobody reads from knows how many there are.
func (c *Cloud) bound(ctx context.Context) (uint64, error) {
	cons, err := c.engine.JetStream().CreateConsumer(ctx, engine.Bind, jetstream.ConsumerConfig{
		FilterSubject: "bind.rec.>", AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, InactiveThreshold: 10 * time.Second,
	})
	if err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	return cons.CachedInfo().NumPending, nil
}

func (c *Cloud) online(ctx context.Context) (int, error) {
	cons, err := c.engine.JetStream().OrderedConsumer(ctx, engine.Status, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: ptr(c.engine.Started()),
	})
	if err != nil {
		return 0, fmt.Errorf("count cameras: %w", err)
	}
	batch, err := cons.FetchNoWait(1 << 16)
	if err != nil {
		return 0, fmt.Errorf("count cameras: %w", err)
	}
	n := 0
	for m := range batch.Messages() {
		if string(m.Data()) == "online" {
			n++
		}
	}
	return n, nil
}

// access returns the newest rows of the access stream, oldest first.
func (c *Cloud) access(ctx context.Context, limit uint64) ([]deliver.Access, error) {
	st, err := c.engine.JetStream().Stream(ctx, engine.Access)
	if err != nil {
		return nil, fmt.Errorf("read access: %w", err)
	}
	last := st.CachedInfo().State.LastSeq
	rows := []deliver.Access{}
	for seq := last - min(last, limit) + 1; seq <= last; seq++ {
		m, err := st.GetMsg(ctx, seq)
		if err != nil {
			return nil, fmt.Errorf("read access: %w", err)
		}
		var a deliver.Access
		if err := json.Unmarshal(m.Data, &a); err != nil {
			return nil, fmt.Errorf("read access row %d: %w", seq, err)
		}
		rows = append(rows, a)
	}
	return rows, nil
}

func ptr[T any](v T) *T { return &v }
