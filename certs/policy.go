package certs

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"
)

// Scope says what a viewer may do.
type Scope uint

// Scopes, to be combined.
const (
	ScopeClips Scope = 1 << iota // open thumbnails and clips
	ScopeLive                    // see the camera now
)

// Viewer is somebody besides the owner whom the owner lets view.
type Viewer struct {
	SPKI     []byte    // public key, DER
	Scope    Scope     // what for
	NotAfter time.Time // until when; milliseconds
}

// Policy says who may open and view what a camera sees. The owner signs it; nobody else can.
type Policy struct {
	Device     DeviceID
	Owner      OwnerID
	Epoch      uint64
	OfferHash  Hash   // of the offer that began the epoch
	Version    uint64 // from 1, never accepted backwards
	Recipients []string
	Viewers    []Viewer
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
}

type viewerBody struct {
	SPKI     []byte `cbor:"1,keyasint"`
	Scope    Scope  `cbor:"2,keyasint"`
	NotAfter uint64 `cbor:"3,keyasint"`
}

const maxViewers = 16

// SignPolicy signs p with the owner key.
func SignPolicy(p *Policy, ownerKey crypto.Signer) ([]byte, error) {
	body := policyBody{formatVersion, p.Device, p.Owner, p.Epoch, p.OfferHash, p.Version, p.Recipients, nil}
	for _, v := range p.Viewers {
		body.Viewers = append(body.Viewers, viewerBody{v.SPKI, v.Scope, unixMs(v.NotAfter)})
	}
	if _, err := body.policy(); err != nil {
		return nil, fmt.Errorf("sign policy: %w", err)
	}
	if pub, err := p256(ownerKey.Public()); err != nil {
		return nil, fmt.Errorf("sign policy: %w", err)
	} else if id, err := KeyIDOf(pub); err != nil || id != p.Owner {
		return nil, fmt.Errorf("sign policy: %w", errOtherKey)
	}
	b, err := sign(forPolicy, byKeyID(p.Owner), body, ownerKey, maxStatement)
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
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, err
	}
	kid, err := st.keyID()
	if err != nil {
		return nil, err
	}
	if err := st.verify(forPolicy, owner); err != nil {
		return nil, err
	}
	var body policyBody
	if err := st.body(&body); err != nil {
		return nil, err
	}
	id, err := KeyIDOf(owner)
	if err != nil {
		return nil, err
	}
	if kid != id || body.Owner != id {
		return nil, errors.New("names another owner than the one who signed it")
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
	case len(b.Viewers) > maxViewers:
		return nil, fmt.Errorf("%d viewers are more than %d", len(b.Viewers), maxViewers)
	}
	if _, err := NewSealer(b.Recipients); err != nil {
		return nil, err
	}
	p := &Policy{b.Device, b.Owner, b.Epoch, b.OfferHash, b.Number, b.Recipients, nil}
	seen := map[KeyID]bool{}
	for _, v := range b.Viewers {
		_, id, err := ParseSPKI(v.SPKI)
		if err != nil {
			return nil, fmt.Errorf("viewer: %w", err)
		}
		if seen[id] {
			return nil, errors.New("viewer: stands twice")
		}
		seen[id] = true
		if v.Scope == 0 || v.Scope > ScopeClips|ScopeLive {
			return nil, errors.New("viewer: unknown scope")
		}
		at, err := timeOf(v.NotAfter)
		if err != nil {
			return nil, fmt.Errorf("viewer: %w", err)
		}
		p.Viewers = append(p.Viewers, Viewer{v.SPKI, v.Scope, at})
	}
	return p, nil
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
	for _, v := range p.Viewers {
		_, id, err := ParseSPKI(v.SPKI)
		if err == nil && id == key && v.Scope&scope == scope && !now.After(v.NotAfter) {
			return true
		}
	}
	return false
}
