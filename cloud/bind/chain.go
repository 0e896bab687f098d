package bind

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
)

// chain is an event certificate and the root that it is said to end at.
type chain struct {
	Event []byte `json:"event"` // DER
	Root  []byte `json:"root"`  // DER

	verified *certs.EventCert // after verify, for owner
	owner    certs.OwnerID
}

// ownChain returns what a claimed or online record brings along.
func ownChain(r *certs.SignedRecord) *chain {
	if len(r.Chain) != 2 {
		return nil
	}
	return &chain{Event: r.Chain[0], Root: r.Chain[1]}
}

// verify builds the path from the event certificate to the one root whose fingerprint is the owner's id.
func (c *chain) verify(owner certs.OwnerID) (*certs.EventCert, error) {
	if c.verified != nil && c.owner == owner {
		return c.verified, nil
	}
	cert, err := certs.VerifyEventCertificate(c.Event, c.Root, owner)
	if err != nil {
		return nil, err
	}
	c.verified, c.owner = cert, owner
	return cert, nil
}

// maxCached bounds the certificates in memory: about 1.5 KB each.
const maxCached = 16384

// Chains keeps event certificates by their hash: in the BIND stream, and the recent ones in memory. It may be used
// concurrently.
type Chains struct {
	js     jetstream.JetStream
	stream jetstream.Stream

	mu     sync.Mutex
	recent map[certs.Hash]chain
}

// NewChains opens the certificates.
func NewChains(ctx context.Context, js jetstream.JetStream) (*Chains, error) {
	s, err := js.Stream(ctx, engine.Bind)
	if err != nil {
		return nil, fmt.Errorf("open certificates: %w", err)
	}
	return &Chains{js: js, stream: s, recent: map[certs.Hash]chain{}}, nil
}

func (c *Chains) find(ctx context.Context, x5t certs.Hash) (*chain, error) {
	c.mu.Lock()
	ch, ok := c.recent[x5t]
	c.mu.Unlock()
	if ok {
		return &ch, nil
	}
	m, err := c.stream.GetLastMsgForSubject(ctx, engine.ChainSubject(x5t))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	if err := json.Unmarshal(m.Data, &ch); err != nil || certs.HashOf(ch.Event) != x5t {
		return nil, nil // damaged is as good as absent: the next online record brings it again
	}
	return &ch, nil
}

// Event returns the event certificate of a hash if its path ends at owner, else nil.
func (c *Chains) Event(ctx context.Context, x5t certs.Hash, owner certs.OwnerID) ([]byte, error) {
	ch, err := c.find(ctx, x5t)
	if err != nil || ch == nil {
		return nil, err
	}
	if _, err := ch.verify(owner); err != nil {
		return nil, nil
	}
	return ch.Event, nil
}

// keep stores what a bound record brought along.
func (c *Chains) keep(ctx context.Context, x5t certs.Hash, ch *chain) error {
	known, err := c.find(ctx, x5t)
	if err != nil {
		return err
	}
	if known == nil {
		raw, err := json.Marshal(ch)
		if err != nil {
			return fmt.Errorf("encode certificate: %w", err)
		}
		if _, err := c.js.Publish(ctx, engine.ChainSubject(x5t), raw); err != nil {
			return fmt.Errorf("keep certificate: %w", err)
		}
	}
	c.remember(x5t, ch)
	return nil
}

func (c *Chains) remember(x5t certs.Hash, ch *chain) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.recent) >= maxCached {
		clear(c.recent)
	}
	c.recent[x5t] = *ch
}
