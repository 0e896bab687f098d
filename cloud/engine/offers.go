package engine

import (
	"fmt"

	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/limit"
)

// MaxOffer bounds an offer message, bytes: an offer of 8 KiB and a view of 64 KiB, with room to spare.
const MaxOffer = 128 << 10

// What one device may offer: a camera repeats its offer every 5 s, and one that floods drops its own.
const (
	offersPerSecond = 1
	offersAtOnce    = 4
	offerBytes      = 32 << 10 // a second
	offerBytesAll   = 256 << 10
)

// Offers calls hear with each offer message that a camera sends, one after the other, and with the device of the
// connection on which it came, until stop is called. Nobody has looked into the message. What is too large, or too much
// of one device, is dropped and counted; the camera offers again.
func (e *Engine) Offers(hear func(d certs.DeviceID, message []byte)) (stop func(), _ error) {
	each := limit.New[certs.DeviceID](offersPerSecond, offersAtOnce, maxVisitors)
	bytes := limit.New[certs.DeviceID](offerBytes, offerBytesAll, maxVisitors)
	sub, err := e.conn.Subscribe("signet.v1.*."+string(Offers), func(m *nats.Msg) {
		d, err := DeviceOf(m.Subject)
		if err != nil {
			e.log.Error("drop offer", "err", err)
			return
		}
		_, some := each.Take(d, 1)
		if _, few := bytes.Take(d, len(m.Data)); !some || !few || len(m.Data) > MaxOffer || len(m.Data) == 0 {
			e.unheard.Add(1)
			e.log.Debug("drop offer: too large or too much", "device", d, "bytes", len(m.Data))
			return
		}
		hear(d, m.Data)
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to offers: %w", err)
	}
	// At most this waits for hear; the engine drops the rest.
	if err := sub.SetPendingLimits(1024, 32<<20); err != nil {
		return nil, fmt.Errorf("subscribe to offers: %w", err)
	}
	return func() { _ = sub.Unsubscribe() }, nil
}

// Unheard counts offer messages that were dropped.
func (e *Engine) Unheard() uint64 { return e.unheard.Load() }
