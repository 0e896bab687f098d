package certs

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Policy says who may open and view what a camera sees. The owner signs it; nobody else can.
type Policy struct {
	Device     DeviceID
	Owner      OwnerID
	Epoch      uint64
	OfferHash  Hash     // of the encoded offer that began the epoch
	Version    uint64   // from 1, never accepted backwards
	Recipients []string // of the owner
	Viewers    []Viewer // besides the owner
	Settings   []byte   // sealed, see Settings; may be nil
	Renewals   uint64   // how many times the event key shall have been renewed in this epoch
}

type policyBody struct {
	Version    uint64       `cbor:"0,keyasint"`
	Device     DeviceID     `cbor:"1,keyasint"`
	Owner      OwnerID      `cbor:"2,keyasint"`
	Epoch      uint64       `cbor:"3,keyasint"`
	OfferHash  Hash         `cbor:"4,keyasint"`
	Number     uint64       `cbor:"5,keyasint"`
	Recipients []string     `cbor:"6,keyasint"`
	Viewers    []viewerBody `cbor:"7,keyasint,omitempty"`
	Settings   []byte       `cbor:"8,keyasint,omitempty"`
	Renewals   uint64       `cbor:"9,keyasint,omitempty"`
}

const (
	maxViewers = 16
	// MaxSettings bounds the sealed settings of a policy, in bytes.
	MaxSettings = 16 << 10
	// MaxRenewals bounds how often one epoch's event key is renewed.
	MaxRenewals = 65535
)

// SignPolicy signs p with the owner key.
func SignPolicy(p *Policy, ownerKey crypto.Signer) ([]byte, error) {
	body := policyBody{formatVersion, p.Device, p.Owner, p.Epoch, p.OfferHash, p.Version, p.Recipients, nil, p.Settings, p.Renewals}
	for _, v := range p.Viewers {
		body.Viewers = append(body.Viewers, viewerBody{v.SPKI, v.Scope, unixMs(v.NotAfter), v.Recipient, v.Since})
	}
	if _, err := body.policy(); err != nil {
		return nil, fmt.Errorf("sign policy: %w", err)
	}
	b, err := signOfOwner(forPolicy, p.Owner, body, ownerKey)
	if err != nil {
		return nil, fmt.Errorf("sign policy: %w", err)
	}
	return b, nil
}

// ParsePolicy reads a policy and verifies that the owner whom it names has signed it with owner.
func ParsePolicy(b []byte, owner *ecdsa.PublicKey) (*Policy, error) {
	p, err := parsePolicy(b, owner)
	if err != nil {
		return nil, fmt.Errorf("parse policy: %w", err)
	}
	return p, nil
}

func parsePolicy(b []byte, owner *ecdsa.PublicKey) (*Policy, error) {
	st, id, err := splitOfOwner(b, forPolicy, owner)
	if err != nil {
		return nil, err
	}
	var body policyBody
	if err := st.body(&body); err != nil {
		return nil, err
	}
	if body.Owner != id {
		return nil, errOtherOwner
	}
	return body.policy()
}

// policy checks the conditions of record.cddl and returns the policy.
func (b *policyBody) policy() (*Policy, error) {
	switch {
	case b.Version != formatVersion:
		return nil, fmt.Errorf("format %d is not spoken here", b.Version)
	case b.Epoch == 0 || b.Number == 0:
		return nil, errors.New("epoch or version is 0")
	case len(b.Recipients) == 0:
		return nil, errors.New("no recipient of the owner")
	case len(b.Viewers) > maxViewers:
		return nil, fmt.Errorf("%d viewers are more than %d", len(b.Viewers), maxViewers)
	case len(b.Settings) > MaxSettings:
		return nil, fmt.Errorf("settings of %d bytes are more than %d", len(b.Settings), MaxSettings)
	case b.Renewals > MaxRenewals:
		return nil, fmt.Errorf("%d renewals are more than %d", b.Renewals, MaxRenewals)
	}
	p := &Policy{b.Device, b.Owner, b.Epoch, b.OfferHash, b.Number, b.Recipients, nil, b.Settings, b.Renewals}
	all, seen := slices.Clone(b.Recipients), map[KeyID]bool{}
	for _, v := range b.Viewers {
		id, err := v.check(b.Number)
		if err != nil {
			return nil, fmt.Errorf("viewer: %w", err)
		}
		if seen[id] {
			return nil, errors.New("viewer: stands twice")
		}
		seen[id] = true
		p.Viewers = append(p.Viewers, Viewer{v.SPKI, v.Scope, time.UnixMilli(int64(v.NotAfter)).UTC(), v.Recipient, v.Since})
		if v.Recipient != "" {
			all = append(all, v.Recipient)
		}
	}
	// All together, though one's time may be over: what can be sealed to all can be sealed to fewer of them.
	if _, err := NewSealer(all); err != nil {
		return nil, err
	}
	return p, nil
}

// Sealer seals to the owner and to the viewers of clips whose time is not over at now. Where the time is not known, it
// leaves out every viewer whose time ends.
func (p *Policy) Sealer(now time.Time, timeKnown bool) (*Sealer, error) {
	to := slices.Clone(p.Recipients)
	for _, v := range p.Viewers {
		if v.Scope&ScopeClips != 0 && (!v.Ends() || timeKnown && !now.After(v.NotAfter)) {
			to = append(to, v.Recipient)
		}
	}
	return NewSealer(to)
}

// Allows says whether the key may do all of scope at the time now. The owner may everything, always.
// Nobody may nothing: without a key, or without a scope, the answer is no.
func (p *Policy) Allows(key KeyID, scope Scope, now time.Time) bool {
	if key == (KeyID{}) || scope == 0 {
		return false
	}
	if key == p.Owner {
		return true
	}
	v := p.Viewer(key)
	return v != nil && v.Scope&scope == scope && !now.After(v.NotAfter)
}

// Viewer returns the viewer with this key, or nil.
func (p *Policy) Viewer(key KeyID) *Viewer {
	for i := range p.Viewers {
		if p.Viewers[i].Key() == key {
			return &p.Viewers[i]
		}
	}
	return nil
}
