package mail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

const (
	again    = time.Minute        // between two sendings of what is not in force yet
	patience = 7 * 24 * time.Hour // for a grant that no camera takes
	maxAwake = 1 << 16            // cameras that are remembered to be connected
	maxWords = 1 << 14            // connects that wait to be looked at
)

// awake remembers which connected cameras have mail that is not in force yet. It may be used concurrently.
type awake struct {
	mu    sync.Mutex
	unmet map[certs.DeviceID]bool // false: nothing to send
}

func newAwake() *awake { return &awake{unmet: map[certs.DeviceID]bool{}} }

func (a *awake) came(d certs.DeviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.unmet) < maxAwake { // beyond, what is sent at connecting has to do
		a.unmet[d] = true
	}
}

func (a *awake) went(d certs.DeviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.unmet, d)
}

// set says whether a camera has mail that is not in force; of one that is not connected nothing is remembered.
func (a *awake) set(d certs.DeviceID, unmet bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.unmet[d]; ok {
		a.unmet[d] = unmet
	}
}

func (a *awake) waiting() (out []certs.DeviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for d, unmet := range a.unmet {
		if unmet {
			out = append(out, d)
		}
	}
	return out
}

// Run takes offers and sends mail until ctx ends.
func (m *Mail) Run(ctx context.Context) error {
	stop, err := m.cfg.Engine.Offers(func(d certs.DeviceID, raw []byte) {
		if err := m.take(ctx, d, raw, time.Now()); err != nil && ctx.Err() == nil {
			m.count("offers_refused")
			m.log.Warn("offer refused", "device", d, "err", err)
		}
	})
	if err != nil {
		return err
	}
	defer stop()
	words := make(chan *nats.Msg, maxWords)
	sub, err := m.cfg.Engine.Conn().ChanSubscribe("signet.v1.*."+string(engine.StatusUp), words)
	if err != nil {
		return fmt.Errorf("follow cameras: %w", err)
	}
	defer sub.Unsubscribe()
	tick := time.NewTicker(m.again)
	defer tick.Stop()
	for {
		select {
		case w := <-words:
			m.heard(ctx, w)
		case <-tick.C:
			for _, d := range m.awake.waiting() {
				m.try(ctx, d)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// heard takes a camera's word about its connection.
func (m *Mail) heard(ctx context.Context, w *nats.Msg) {
	d, err := engine.DeviceOf(w.Subject)
	if err != nil {
		return
	}
	if string(w.Data) != "online" {
		m.awake.went(d)
		return
	}
	m.awake.came(d)
	m.try(ctx, d)
}

func (m *Mail) try(ctx context.Context, d certs.DeviceID) {
	if err := m.send(ctx, d); err != nil && ctx.Err() == nil {
		m.log.Warn("send mail", "device", d, "err", err) // tried again in a minute
	}
}

// send gives a camera what it shall have in force and, as far as the bound records show, has not.
func (m *Mail) send(ctx context.Context, d certs.DeviceID) error {
	names, err := m.kept.list(ctx, mailOf+d.String()+".", maxListed)
	if err != nil {
		return err
	}
	unmet := false
	for _, name := range names {
		o, k, err := ownerAndKind(name)
		if err != nil {
			continue
		}
		var due []byte
		var to engine.Channel
		switch k {
		case grants:
			due, err = m.dueGrant(ctx, d, o)
			to = engine.Grant
		case policies:
			due, err = m.duePolicy(ctx, d, o)
			to = engine.Policy
		case releases:
			due, err = m.dueRelease(ctx, d, o)
			to = engine.Release
		}
		if err != nil {
			m.awake.set(d, true)
			return err
		}
		if due == nil {
			continue
		}
		unmet = true
		if err := m.cfg.Engine.Publish(d, to, due); err != nil {
			return err
		}
		m.count("sent")
		m.log.Debug("sent", "device", d, "owner", o.Short(), "kind", k)
	}
	m.awake.set(d, unmet)
	return nil
}

// dueGrant returns a grant whose claim or renewal is not in the ledger yet.
func (m *Mail) dueGrant(ctx context.Context, d certs.DeviceID, o certs.OwnerID) ([]byte, error) {
	g, l, err := m.grant(ctx, d, o)
	if err != nil || g == nil || time.Since(l.at) > patience {
		return nil, err
	}
	var due bool
	if g.Renews != nil {
		due, err = m.renewable(ctx, beganBy(g), g.OfferHash)
	} else {
		due, err = m.claimable(ctx, d, g.Epoch)
	}
	if err != nil || !due {
		return nil, err
	}
	return l.Statement, nil
}

// duePolicy returns a policy of an epoch that runs and whose newest bound record has an older one.
func (m *Mail) duePolicy(ctx context.Context, d certs.DeviceID, o certs.OwnerID) ([]byte, error) {
	p, err := m.policy(ctx, d, o)
	if err != nil || p == nil {
		return nil, err
	}
	if st, err := m.standing(ctx, claimOf(p.Policy)); err != nil || st != ledger.Open {
		return nil, err
	}
	version, err := m.inForce(ctx, p.Policy)
	if err != nil || version >= p.Version {
		return nil, err
	}
	return p.Raw, nil
}

// inForce returns the version of the policy by which the last bound record of an epoch was made, 0 for none. The last one
// that came need not be the last that was made: then a policy is sent once more than needed.
func (m *Mail) inForce(ctx context.Context, p *certs.Policy) (uint64, error) {
	msg, err := m.bound.GetLastMsgForSubject(ctx, engine.OwnerPrefix(p.Owner)+p.Device.String()+".>")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read last record of %s: %w", p.Device, err)
	}
	raw, _, err := certs.SplitMessage(msg.Data)
	if err != nil {
		return 0, nil
	}
	r, err := certs.ParseRecord(raw)
	if err != nil || r.Device != p.Device || r.Owner != p.Owner || r.Epoch != p.Epoch {
		return 0, nil
	}
	return r.PolicyVersion, nil
}

// dueRelease returns a release of an epoch that has not ended.
func (m *Mail) dueRelease(ctx context.Context, d certs.DeviceID, o certs.OwnerID) ([]byte, error) {
	r, l, err := m.release(ctx, d, o)
	if err != nil || r == nil {
		return nil, err
	}
	if st, err := m.standing(ctx, ends(r)); err != nil || st != ledger.Open {
		return nil, err
	}
	return l.Statement, nil
}
