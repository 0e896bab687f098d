package deliver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

const (
	ownerStreams   = 8 // open streams of one owner
	sessionStreams = 4 // and of one session
)

// news tells streams that there may be a new record. It carries no record: whoever is woken reads the shelf and is judged
// there. It may be used concurrently.
type news struct {
	mu     sync.Mutex
	joined map[certs.KeyID]map[*listener]struct{} // by the session's key
	hears  map[certs.KeyID]map[*listener]struct{} // by the owner of whose records they hear
}

// listener is one stream.
type listener struct {
	s      *session
	wake   chan struct{} // of one place: many wakes are one
	owners []certs.OwnerID
}

func newNews() *news {
	return &news{joined: map[certs.KeyID]map[*listener]struct{}{}, hears: map[certs.KeyID]map[*listener]struct{}{}}
}

// join adds a stream, or returns nil when the owner or the session has enough of them.
func (n *news) join(s *session) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.joined[s.key]
	same := 0
	for l := range all {
		if l.s == s {
			same++
		}
	}
	if len(all) >= ownerStreams || same >= sessionStreams {
		return nil
	}
	l := &listener{s: s, wake: make(chan struct{}, 1), owners: []certs.OwnerID{s.key}}
	add(n.joined, s.key, l)
	add(n.hears, s.key, l)
	return l
}

// hear says of whose records a stream hears.
func (n *news) hear(l *listener, owners []certs.OwnerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, o := range l.owners {
		remove(n.hears, o, l)
	}
	for _, o := range owners {
		add(n.hears, o, l)
	}
	l.owners = owners
}

func (n *news) leave(l *listener) {
	n.hear(l, nil)
	n.mu.Lock()
	defer n.mu.Unlock()
	remove(n.joined, l.s.key, l)
}

func add(m map[certs.KeyID]map[*listener]struct{}, k certs.KeyID, l *listener) {
	if m[k] == nil {
		m[k] = map[*listener]struct{}{}
	}
	m[k][l] = struct{}{}
}

func remove(m map[certs.KeyID]map[*listener]struct{}, k certs.KeyID, l *listener) {
	if delete(m[k], l); len(m[k]) == 0 {
		delete(m, k)
	}
}

func (n *news) wake(o certs.OwnerID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for l := range n.hears[o] {
		l.ring()
	}
}

func (n *news) wakeAll() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, all := range n.joined {
		for l := range all {
			l.ring()
		}
	}
}

func (l *listener) ring() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run tells streams of new records until ctx ends. One consumer serves all of them: the engine has room for 1,000 of a
// stream, and each lives five minutes longer than who made it.
func (d *Deliver) Run(ctx context.Context) error {
	for {
		if err := d.listen(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			d.log.Warn("listen for new records", "err", err) // streams look for themselves at each heartbeat
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil
		}
	}
}

func (d *Deliver) listen(ctx context.Context) error {
	cons, err := d.js.OrderedConsumer(ctx, engine.Bind, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{engine.AllRecords}, DeliverPolicy: jetstream.DeliverNewPolicy, HeadersOnly: true,
	})
	if err != nil {
		return fmt.Errorf("follow records: %w", err)
	}
	it, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("follow records: %w", err)
	}
	defer it.Stop()
	stop := context.AfterFunc(ctx, it.Stop)
	defer stop()
	d.news.wakeAll() // for what came before this
	for {
		m, err := it.Next()
		if err != nil {
			return fmt.Errorf("follow records: %w", err)
		}
		if o, err := engine.RecordOwner(m.Subject()); err == nil {
			d.news.wake(o)
		}
	}
}
