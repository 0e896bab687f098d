package deliver

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"signet/certs"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/mail"
)

// shared returns the policies of other owners that name a session's key now, in a steady order. Pointers lead there; each
// policy was signed by its owner, for an epoch of that owner's, and names this key itself.
func (d *Deliver) shared(ctx context.Context, s *session) ([]*mail.Policy, error) {
	all, err := d.cfg.Mail.Shared(ctx, s.key)
	if err != nil {
		return nil, err
	}
	var out []*mail.Policy
	for _, p := range all {
		if p.Owner != s.key && lists(p, s.key, 0) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *mail.Policy) int {
		return cmp.Or(bytes.Compare(a.Owner[:], b.Owner[:]), bytes.Compare(a.Device[:], b.Device[:]))
	})
	return out, nil
}

// lists says whether a policy names a key as a viewer whose time is not over, for a scope; 0 is any.
func lists(p *mail.Policy, key certs.KeyID, scope certs.Scope) bool {
	v := p.Viewer(key)
	return v != nil && v.Scope&scope == scope && !time.Now().After(v.NotAfter)
}

// sight is what a session may see by the policies that were verified when it was taken: to ask anew for each record would
// take longer than all else together. It is good for one page, and for a stream until that looks again.
type sight struct {
	*session
	shared []*mail.Policy
}

func (d *Deliver) sight(ctx context.Context, s *session) (*sight, error) {
	shared, err := d.shared(ctx, s)
	if err != nil {
		return nil, err
	}
	return &sight{s, shared}, nil
}

// reach returns the prefixes under which records may stand that the session may have: its own, and those of cameras whose
// policy lets it see clips. Whether it may have one of them is for admit.
func (v *sight) reach() []string {
	out := []string{engine.OwnerPrefix(v.key)}
	for _, p := range v.shared {
		if lists(p, v.key, certs.ScopeClips) {
			out = append(out, cameraPrefix(p.Owner, p.Device))
		}
	}
	return out
}

// lets says whether the newest policy that a record's owner has signed for its camera lets the session have the record:
// of this epoch, naming the session's key for clips, its time not over, and since this record's policy.
func (v *sight) lets(r *certs.Record) bool {
	return slices.ContainsFunc(v.shared, func(p *mail.Policy) bool {
		return p.Device == r.Device && p.Owner == r.Owner && p.Epoch == r.Epoch &&
			lists(p, v.key, certs.ScopeClips) && r.PolicyVersion >= p.Viewer(v.key).Since
	})
}

// camera says whose a camera is that a session may know of, for a scope (0 is any): its own, or that of an owner whose
// policy names it, while that owner's epoch runs.
func (d *Deliver) camera(ctx context.Context, s *session, id certs.DeviceID, scope certs.Scope) (owner certs.OwnerID, ok bool, err error) {
	if mine, err := d.owns(ctx, s, id); err != nil || mine {
		return s.key, mine, err
	}
	shared, err := d.shared(ctx, s)
	if err != nil {
		return owner, false, err
	}
	for _, p := range shared {
		if p.Device != id || !lists(p, s.key, scope) {
			continue
		}
		if runs, err := d.running(ctx, p); err != nil || runs {
			return p.Owner, runs, err
		}
	}
	return owner, false, nil
}

// running says whether the epoch of a policy is the one that its camera is in, and bound: who waits for his claim shares
// nothing yet.
func (d *Deliver) running(ctx context.Context, p *mail.Policy) (bool, error) {
	book, err := d.book(ctx, p.Device)
	return book != nil && book.Current(p.Owner) && book.Standing(p.Owner, p.Epoch, p.OfferHash) == ledger.Open, err
}
