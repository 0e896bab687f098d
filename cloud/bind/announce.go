package bind

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
)

// announce notes which record named a clip part, and which was a claim. These are pointers for finding the record
// again: whoever follows one reads the record and asks that.
func (w *worker) announce(ctx context.Context, rec *certs.SignedRecord, seq uint64) error {
	if rec.Type == certs.Claimed {
		if err := w.announceClaim(ctx, rec, seq); err != nil {
			return fmt.Errorf("announce claim: %w", err)
		}
	}
	for _, md := range rec.Media {
		if md.Kind.Inline() {
			continue
		}
		_, err := w.js.Publish(ctx, engine.WantSubject(rec.Device, md.Hash), []byte(strconv.FormatUint(seq, 10)),
			jetstream.WithExpectLastSequencePerSubject(0))
		if err != nil && !ledger.Conflict(err) {
			return fmt.Errorf("announce media: %w", err)
		}
	}
	return nil
}

// announceClaim points to a claim, unless the pointer is as new or newer: a claim that comes again is not news.
func (w *worker) announceClaim(ctx context.Context, rec *certs.SignedRecord, seq uint64) error {
	subject := engine.OwnSubject(rec.Owner, rec.Device)
	switch m, err := w.stream.GetLastMsgForSubject(ctx, subject); {
	case err == nil:
		if there, err := strconv.ParseUint(string(m.Data), 10, 64); err == nil && there >= seq {
			return nil
		}
	case !errors.Is(err, jetstream.ErrMsgNotFound):
		return err
	}
	_, err := w.js.Publish(ctx, subject, []byte(strconv.FormatUint(seq, 10)))
	return err
}

// quarantine keeps what was refused.
func (w *worker) quarantine(ctx context.Context, device certs.DeviceID, raw []byte, no *refusal) error {
	m := nats.NewMsg("quarantine." + device.String() + "." + string(no.reason))
	m.Data = raw
	m.Header.Set("Signet-Detail", oneLine(no.detail.Error()))
	if _, err := w.js.PublishMsg(ctx, m, jetstream.WithMsgID(string(no.reason)+certs.HashOf(raw).String())); err != nil {
		return fmt.Errorf("quarantine record: %w", err)
	}
	return nil
}
