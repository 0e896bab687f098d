package deliver

import (
	"context"
	"net/http"

	"github.com/fxamacker/cbor/v2"

	"signet/cloud/mail"
)

// maxPolicies bounds a list of policies, bytes.
const maxPolicies = 3 << 20

// wireOffer is [received, message].
type wireOffer struct {
	_        struct{} `cbor:",toarray"`
	Received uint64   // unix milliseconds, by the cloud's clock
	Message  []byte
}

// offers answers with what cameras offer to the session's key.
func (d *Deliver) offers(w http.ResponseWriter, r *http.Request, s *session) {
	list, err := d.cfg.Mail.Offers(r.Context(), s.key)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	var body []byte
	for _, o := range list {
		b, err := d.handOffer(r.Context(), s, &o)
		if err != nil {
			d.broken(w, r, err)
			return
		}
		body = append(body, b...)
	}
	replyBytes(w, "application/cbor-seq", body)
}

// handOffer is the one way out for offers: to the owner whom the offer itself names, noted before. Others get nothing.
func (d *Deliver) handOffer(ctx context.Context, s *session, o *mail.Offer) ([]byte, error) {
	if o.Offer.Owner != s.key {
		d.count(`signet_deliver_kept_back_total{reason="foreign"}`)
		d.log.Error("offer kept back", "key", s.key.Short(), "owner", o.Offer.Owner.Short(), "device", o.Offer.Device)
		return nil, nil
	}
	if err := d.note(ctx, s, s.key, Access{What: "offer", Device: o.Offer.Device.String()}); err != nil {
		return nil, err
	}
	return cbor.Marshal(wireOffer{Received: uint64(o.Received.UnixMilli()), Message: o.Message})
}

// policies answers with the newest policies of the session's own cameras, and with those of others that name its key.
func (d *Deliver) policies(w http.ResponseWriter, r *http.Request, s *session) {
	list, err := d.allPolicies(r.Context(), s)
	if err != nil {
		d.broken(w, r, err)
		return
	}
	var body []byte
	for _, p := range list {
		b, err := d.handPolicy(r.Context(), s, p)
		if err == nil {
			b, err = cbor.Marshal(b)
		}
		if err != nil {
			d.broken(w, r, err)
			return
		}
		if len(body)+len(b) > maxPolicies {
			d.log.Warn("not all policies fit into one answer", "key", s.key.Short(), "policies", len(list))
			break
		}
		body = append(body, b...)
	}
	replyBytes(w, "application/cbor-seq", body)
}

func (d *Deliver) allPolicies(ctx context.Context, s *session) ([]*mail.Policy, error) {
	own, err := d.cfg.Mail.Own(ctx, s.key)
	if err != nil {
		return nil, err
	}
	shared, err := d.shared(ctx, s)
	return append(own, shared...), err
}

// handPolicy notes who is given an owner's policy, if that is somebody else, and returns it.
func (d *Deliver) handPolicy(ctx context.Context, s *session, p *mail.Policy) ([]byte, error) {
	if p.Owner != s.key {
		if err := d.note(ctx, s, p.Owner, Access{What: "policy", Device: p.Device.String()}); err != nil {
			return nil, err
		}
	}
	return p.Raw, nil
}
