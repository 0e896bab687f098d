package estate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/certs"
	"signet/internal/hint"
	"signet/owner/client"
)

// Change makes the next version of a camera's policy: f is given what is wanted now, to change it. Then the cloud is given
// the policy to carry. It returns the new version.
func (e *Estate) Change(ctx context.Context, c *Camera, f func(*certs.Policy, *certs.Settings) error) (uint64, error) {
	p, err := e.Base(c)
	if err != nil {
		return 0, err
	}
	if c.Closing != nil {
		return 0, fmt.Errorf("change policy: %s has ended this ownership", c.Device)
	}
	if len(p.Settings) > 0 && c.settings == nil {
		return 0, fmt.Errorf("change policy: the settings of %s do not open with this owner's keys", c.Device)
	}
	p.Version++
	p.Viewers = slices.Clone(p.Viewers)
	s := *c.Settings()
	s.Cameras, s.Viewers = cloned(s.Cameras), cloned(s.Viewers)
	if err := f(&p, &s); err != nil {
		return 0, err
	}
	for id := range s.Viewers {
		if p.Viewer(id) == nil {
			delete(s.Viewers, id)
		}
	}
	if p.Settings, err = e.seal(c, &s); err != nil {
		return 0, err
	}
	b, err := certs.SignPolicy(&p, e.owner.Key)
	if err != nil {
		return 0, err
	}
	if err := e.cloud.Post(ctx, client.Policies, b); err != nil {
		return 0, err
	}
	c.Policy, c.Raw, c.settings = &p, b, &s
	return p.Version, nil
}

func cloned[K comparable, V any](m map[K]V) map[K]V {
	out := make(map[K]V, len(m)+1)
	for k, v := range m {
		out[k] = v
	}
	return out
}

// seal encrypts settings for the camera; none are nothing.
func (e *Estate) seal(c *Camera, s *certs.Settings) ([]byte, error) {
	if s.Name == "" && len(s.Cameras) == 0 && len(s.Viewers) == 0 {
		return nil, nil
	}
	return s.Seal(c.Offer.Settings, e.owner.Recipient)
}

// Guest is somebody who is to view.
type Guest struct {
	Card  *certs.ViewerCard
	Name  string // overrides the card's
	Scope certs.Scope
	Until time.Time // certs.UntilRemoved() for no end
}

// Share lets a guest view from the next version of the policy on. A guest who views already has the new scope and end, and
// keeps what he had; one whose time was over at now begins anew.
func Share(g Guest, now time.Time) func(*certs.Policy, *certs.Settings) error {
	return func(p *certs.Policy, s *certs.Settings) error {
		id := g.Card.Key()
		if id == p.Owner {
			return fmt.Errorf("share: that card is your own")
		}
		v := certs.Viewer{SPKI: g.Card.SPKI, Scope: g.Scope, NotAfter: g.Until, Since: p.Version}
		if g.Scope&certs.ScopeClips != 0 {
			if postQuantum(p.Recipients[0]) {
				return hint.With(errors.New("share clips: they are sealed to your post-quantum key, and one file does not mix the kinds"),
					"share live view only, or set --seal x25519 first")
			}
			v.Recipient = g.Card.Recipient()
		}
		i := slices.IndexFunc(p.Viewers, func(v certs.Viewer) bool { return v.Key() == id })
		switch {
		case i < 0:
			p.Viewers = append(p.Viewers, v)
		case p.Viewers[i].Scope&certs.ScopeClips != 0 && !now.After(p.Viewers[i].NotAfter):
			v.Since = p.Viewers[i].Since
			fallthrough
		default:
			p.Viewers[i] = v
		}
		if name := g.name(); name != "" {
			s.Viewers[id] = name
		}
		return nil
	}
}

func (g Guest) name() string {
	if g.Name != "" {
		return g.Name
	}
	return g.Card.Name
}

// Unshare takes the right to view from a viewer.
func Unshare(id certs.KeyID) func(*certs.Policy, *certs.Settings) error {
	return func(p *certs.Policy, _ *certs.Settings) error {
		i := slices.IndexFunc(p.Viewers, func(v certs.Viewer) bool { return v.Key() == id })
		if i < 0 {
			return fmt.Errorf("unshare: %s does not view this camera", id.Short())
		}
		p.Viewers = slices.Delete(p.Viewers, i, i+1)
		return nil
	}
}

// Renew asks for a fresh event key.
func Renew(p *certs.Policy, _ *certs.Settings) error {
	p.Renewals++
	return nil
}

// SealTo has pictures sealed to these recipients of the owner, all of one kind, from the next version on. Viewers of clips whose
// keys are of another kind are in the way: one file does not mix the kinds.
func SealTo(recipients []string) func(*certs.Policy, *certs.Settings) error {
	return func(p *certs.Policy, s *certs.Settings) error {
		kind := "x25519"
		if postQuantum(recipients[0]) {
			kind = "hybrid"
		}
		var names []string
		for _, v := range p.Viewers {
			if v.Recipient != "" && postQuantum(v.Recipient) != postQuantum(recipients[0]) {
				names = append(names, cmp.Or(graphic(s.Viewers[v.Key()]), v.Key().Short()))
			}
		}
		if len(names) > 0 {
			return hint.With(fmt.Errorf("seal to %s: the clips are also for %s, whose keys are of another kind, and one file does not mix them", kind, strings.Join(names, ", ")),
				"let them watch live only (share --for live), or unshare, first")
		}
		p.Recipients = recipients
		return nil
	}
}

// graphic makes a name, which a card may have brought, fit for a message: what turns text around is escaped.
func graphic(name string) string { return strings.Trim(strconv.QuoteToGraphic(name), `"`) }

// postQuantum says of which kind an age recipient is.
func postQuantum(recipient string) bool { return strings.HasPrefix(recipient, "age1pq1") }
