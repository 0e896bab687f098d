package deliver

import (
	"context"
	"errors"
	"net/http"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/mail"
)

// post takes a statement that the session's key has signed: keep says what is done with it, and what it returns wraps
// errors of mail and ledger.
func (d *Deliver) post(keep func(context.Context, mail.Sender, []byte) error) func(http.ResponseWriter, *http.Request, *session) {
	return func(w http.ResponseWriter, r *http.Request, s *session) {
		if wait, ok := d.posts.Take(s.key, 1); !ok {
			tooMany(w, wait)
			return
		}
		body, ok := read(w, r, mail.MaxStatement)
		if !ok {
			return
		}
		err := d.cfg.Engine.Room(engine.RoomForRecords) // for the ledger too
		if err == nil {
			err = keep(r.Context(), mail.Sender{Owner: s.key, Key: s.public, SPKI: s.spki}, body)
		}
		switch {
		case err == nil:
			w.WriteHeader(http.StatusAccepted)
		case errors.Is(err, mail.ErrNotYours), errors.Is(err, ledger.ErrForeign):
			d.count(`signet_deliver_posts_total{result="refused"}`)
			d.log.Warn("statement refused", "path", r.URL.Path, "key", s.key.Short(), "session", s.name, "err", err)
			fail(w, http.StatusForbidden, "not signed by this owner, or not of a claim of this owner", "")
		case errors.Is(err, mail.ErrOlder):
			fail(w, http.StatusConflict, "older than what is there", "read the newest, and sign a newer one")
		case errors.Is(err, ledger.ErrLate):
			fail(w, http.StatusConflict, "too late: another claim or a release came before", "")
		default:
			d.broken(w, r, err)
		}
	}
}

// release tells the ledger first: what the owner says counts for the next claim even if the camera never hears of it.
func (d *Deliver) release(ctx context.Context, from mail.Sender, raw []byte) error {
	r, err := certs.ParseRelease(raw, from.Key)
	if err != nil {
		return errors.Join(mail.ErrNotYours, err)
	}
	if err := d.cfg.Ledger.Release(ctx, r.Device, raw); err != nil {
		return err
	}
	return d.cfg.Mail.PutRelease(ctx, from, raw)
}

// lost tells the ledger that a camera was reset against its owner's will.
func (d *Deliver) lost(ctx context.Context, from mail.Sender, raw []byte) error {
	l, err := certs.ParseLost(raw, from.Key)
	if err != nil {
		return errors.Join(mail.ErrNotYours, err)
	}
	return d.cfg.Ledger.Lost(ctx, l.Device, raw)
}
