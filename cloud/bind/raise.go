package bind

import (
	"bytes"
	"context"
	"fmt"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// raise sends a device its own newest offer, at most once a minute. The device judges for itself what that means: it has
// signed it, and nobody else could.
func (b *Binder) raise(d certs.DeviceID, offer []byte) {
	if _, ok := b.raised.Take(d, 1); !ok {
		return
	}
	b.count("raised", "")
	b.log.Info("camera has lost count of its epochs: its newest offer is sent back", "device", d)
	if err := b.cfg.Engine.Publish(d, engine.Epoch, offer); err != nil {
		b.log.Warn("send newest offer", "device", d, "err", err)
	}
}

// behind says whether a device seems to have lost count of its epochs: its record is of an earlier one, or was refused for
// what a device that had not lost count would not send.
func behind(newest uint64, rec *certs.SignedRecord, no *refusal) bool {
	if no != nil && newest == rec.Epoch {
		return no.reason == Closed || rec.Type == certs.Claimed && no.reason == OtherClaim
	}
	return newest > rec.Epoch
}

// hear looks at an offer: of an epoch that the device has been in before, it would never become a claim.
func (b *Binder) hear(ctx context.Context, d certs.DeviceID, message []byte) error {
	m, err := certs.ParseOfferMessage(message)
	if err != nil {
		return err
	}
	offer, err := certs.ParseOffer(m.Offer, b.cfg.Fleet)
	switch {
	case err != nil:
		return err
	case offer.Device != d:
		return fmt.Errorf("offer is of device %s", offer.Device)
	case offer.Renews != nil:
		return nil
	}
	bk, _, err := b.ledger.Load(ctx, d)
	if err != nil {
		return err
	}
	if newest, begin := bk.Newest(); newest >= offer.Epoch && !bytes.Equal(begin, offer.Raw) {
		b.raise(d, begin)
	}
	return nil
}

// raiseBehind is raise for a record that was weighed.
func (w *worker) raiseBehind(bk *ledger.Book, rec *certs.SignedRecord, no *refusal) {
	if newest, offer := bk.Newest(); behind(newest, rec, no) {
		w.raise(rec.Device, offer)
	}
}
