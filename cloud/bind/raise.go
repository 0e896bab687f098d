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

// behind says whether a device seems to have lost count of its epochs: its record was refused for what a device that had
// not lost count would not send, or says of an earlier epoch that it begins or goes on. What else is of an earlier epoch
// and passes is what the device still had of it.
func behind(newest uint64, rec *certs.SignedRecord, no *refusal) bool {
	switch {
	case newest < rec.Epoch:
		return false
	case no == nil:
		return newest > rec.Epoch && (rec.Type == certs.Claimed || rec.Type == certs.Online)
	case newest == rec.Epoch:
		return no.reason == Closed || rec.Type == certs.Claimed && no.reason == OtherClaim
	}
	return no.reason != waiting
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
	if highest, begin := bk.Highest(); highest >= offer.Epoch && !bytes.Equal(begin, offer.Raw) {
		b.raise(d, begin)
	}
	return nil
}

// raiseBehind is raise for a record that was weighed. A claim that the owner before has refused takes no device out of its
// epoch; one that stands at the record's own epoch is in its way all the same.
func (w *worker) raiseBehind(bk *ledger.Book, rec *certs.SignedRecord, no *refusal) {
	newest, offer := bk.Highest()
	if newest != rec.Epoch {
		newest, offer = bk.Newest()
	}
	if behind(newest, rec, no) {
		w.raise(rec.Device, offer)
	}
}
