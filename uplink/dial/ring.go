package dial

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"sync"
)

// Ring holds the Config in force. It may be replaced while the camera runs: a certificate is renewed, a CA changes, one is
// revoked. It is safe for concurrent use.
type Ring struct {
	mu      sync.Mutex
	now     *Config       // never changed, only replaced
	renewed chan struct{} // closed when the device shows another certificate than until then
}

// NewRing returns a ring that holds c. The error names what is missing in it.
func NewRing(c Config) (*Ring, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return &Ring{now: &c, renewed: make(chan struct{})}, nil
}

// Config returns what is in force.
func (r *Ring) Config() Config { return *r.config() }

func (r *Ring) config() *Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

// Replace puts c in force from the next connection on. The error names what is missing in it; then the old one stays.
func (r *Ring) Replace(c Config) error {
	if err := c.Check(); err != nil {
		return fmt.Errorf("replace certificates: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	same := slices.EqualFunc(r.now.Certificate.Certificate, c.Certificate.Certificate, slices.Equal)
	r.now = &c
	if !same {
		close(r.renewed)
		r.renewed = make(chan struct{})
	}
	return nil
}

// Renewed returns a channel that is closed when the device certificate is another than now: connections are then to be made
// anew.
func (r *Ring) Renewed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renewed
}

// Caller calls one server, always by what is in force, and keeps that server's tickets for as long as it stays. It is safe
// for concurrent use.
type Caller struct {
	ring *Ring
	host string

	mu  sync.Mutex
	by  *Config // of the last call; nil before the first
	tls *tls.Config
}

// Caller returns a caller of a host.
func (r *Ring) Caller(host string) *Caller { return &Caller{ring: r, host: host} }

// Dial connects to addr, "host:port". Its error is one that Explain made.
func (c *Caller) Dial(ctx context.Context, addr string) (*tls.Conn, error) {
	by, conf := c.current()
	return by.Dial(ctx, addr, conf)
}

func (c *Caller) current() (*Config, *tls.Config) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.ring.config(); c.by != now {
		c.by, c.tls = now, now.TLS(c.host)
	}
	return c.by, c.tls
}

// Outdated says whether the last call was made by what is no longer in force.
func (c *Caller) Outdated() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by != nil && c.by != c.ring.config()
}
