package deliver

import (
	"context"
	"net/http"

	"signet/certs"
)

// certificate answers with an event certificate of the session's own, or of a camera that it is let see; or, for an owner
// id, with the root of that owner: a viewer has to have it from somewhere.
func (d *Deliver) certificate(w http.ResponseWriter, r *http.Request, s *session) {
	hash, err := certs.ParseHash(r.PathValue("x5t"))
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error(), "")
		return
	}
	der, err := d.certificateFor(r.Context(), s, hash)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	if der == nil {
		fail(w, http.StatusNotFound, "no such certificate for this session", "the camera shows it again when it starts")
		return
	}
	replyBytes(w, "application/pkix-cert", der)
}

func (d *Deliver) certificateFor(ctx context.Context, s *session, hash certs.Hash) ([]byte, error) {
	if der, err := d.cfg.Chains.Event(ctx, hash, s.key); err != nil || der != nil {
		return der, err
	}
	shared, err := d.shared(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, p := range shared {
		if certs.OwnerID(hash) == p.Owner {
			return d.root(ctx, p.Owner, p.Device)
		}
		der, err := d.cfg.Chains.Event(ctx, hash, p.Owner)
		if err != nil {
			return nil, err
		}
		if der == nil {
			continue
		}
		if c, err := certs.ParseEventCertificate(der); err == nil && c.Device == p.Device && c.Epoch == p.Epoch {
			return der, nil
		}
	}
	return nil, nil
}

// root returns the root of a camera's owner, as its claim shows it; nil for none.
func (d *Deliver) root(ctx context.Context, owner certs.OwnerID, id certs.DeviceID) ([]byte, error) {
	claim, err := d.claim(ctx, owner, id)
	if err != nil || claim == nil || len(claim.Chain) != 2 {
		return nil, err
	}
	if _, err := certs.OwnerKey(claim.Chain[1], owner); err != nil {
		return nil, nil
	}
	return claim.Chain[1], nil
}
