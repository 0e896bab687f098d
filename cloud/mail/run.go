package mail

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/engine"
)

const (
	again    = time.Minute // between two sendings of what is not in force yet
	maxWords = 1 << 14     // of cameras about their connections, unheard
	hands    = 4           // that send: so many cameras are looked at at a time
)

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
	var wg sync.WaitGroup
	defer wg.Wait()
	for range hands {
		wg.Go(func() { m.sendInLine(ctx) })
	}
	tick := time.NewTicker(m.again)
	defer tick.Stop()
	for {
		select {
		case w := <-words:
			m.heard(w)
		case <-tick.C:
			for _, d := range m.awake.waiting() {
				m.awake.queue(d)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// heard takes a camera's word about its connection. It only notes it: one goroutine hears all cameras.
func (m *Mail) heard(w *nats.Msg) {
	d, err := engine.DeviceOf(w.Subject)
	if err != nil {
		return
	}
	if string(w.Data) != "online" {
		m.awake.went(d)
		return
	}
	m.awake.came(d)
}

// sendInLine sends to one camera after the other, as they stand in line, until ctx ends.
func (m *Mail) sendInLine(ctx context.Context) {
	for {
		select {
		case d := <-m.awake.line:
			m.awake.called(d)
			if err := m.send(ctx, d); err != nil && ctx.Err() == nil {
				m.log.Warn("send mail", "device", d, "err", err) // tried again in a minute
			}
		case <-ctx.Done():
			return
		}
	}
}
