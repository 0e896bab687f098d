package ownership

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"

	"filippo.io/age"

	"signet/certs"
)

// Terms are what an owned camera signs and seals by. They are immutable: whatever changes makes new Terms.
type Terms struct {
	Owner    certs.OwnerID
	Epoch    uint64
	Event    *certs.EventCert
	Key      crypto.Signer // event key
	Root     []byte        // owner's root, DER
	Began    certs.Hash    // of the offer that began the epoch, which policy, release and closing name
	Offer    []byte        // whose event key is in force: that offer, or the newest renewal's
	Renewals uint64        // how many times the event key has been renewed, as policies count it
	Policy   *certs.Policy
	Settings *certs.Settings // of the policy; not nil
	Sealer   *certs.Sealer   // to those whom the policy lets open pictures now
	After    certs.Position  // what is at or before it is of former epochs, and not this owner's to hear of

	dir      string // of the offer whose key is in force
	ownerKey *ecdsa.PublicKey
	ids      []age.Identity // that open settings
	fits     until          // what Sealer was made for
}

// until is for which moments a Sealer is right.
type until struct {
	right bool // the time was known
	over  int  // viewers whose time was over by then
}

// with returns t under another policy of the same epoch, with its settings opened.
func (t *Terms) with(p *certs.Policy, now time.Time, right bool) (*Terms, error) {
	if p.Device != t.Event.Device || p.Owner != t.Owner || p.Epoch != t.Epoch || p.OfferHash != t.Began {
		return nil, errors.New("policy is of another camera, owner or epoch")
	}
	n := *t
	n.Policy, n.Settings, n.Sealer = p, &certs.Settings{}, nil
	if len(p.Settings) > 0 {
		var err error
		if n.Settings, err = certs.OpenSettings(p.Settings, t.ids...); err != nil {
			return nil, fmt.Errorf("settings of policy %d: %w", p.Version, err)
		}
	}
	return n.at(now, right)
}

// at returns t with a Sealer that is right at now, t itself where it is that.
func (t *Terms) at(now time.Time, right bool) (*Terms, error) {
	fits := until{right: right}
	for i := range t.Policy.Viewers {
		if now.After(t.Policy.Viewers[i].NotAfter) {
			fits.over++
		}
	}
	if t.Sealer != nil && fits == t.fits {
		return t, nil
	}
	sealer, err := t.Policy.Sealer(now, right)
	if err != nil {
		return nil, err
	}
	n := *t
	n.Sealer, n.fits = sealer, fits
	return &n, nil
}
