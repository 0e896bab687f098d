package certs

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
)

// Release says that the owner lets a camera go, also after a reset: then the owner's say ends.
type Release struct {
	Version   uint64   `cbor:"0,keyasint"` // set by SignRelease
	Device    DeviceID `cbor:"1,keyasint"`
	Owner     OwnerID  `cbor:"2,keyasint"`
	Epoch     uint64   `cbor:"3,keyasint"`
	OfferHash Hash     `cbor:"4,keyasint"`           // of the encoded offer that began the epoch
	Next      *OwnerID `cbor:"5,keyasint,omitempty"` // nobody else may claim the camera after this epoch
}

// SignRelease signs r with the owner key.
func SignRelease(r *Release, ownerKey crypto.Signer) ([]byte, error) {
	r.Version = formatVersion
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("sign release: %w", err)
	}
	b, err := signOfOwner(forRelease, r.Owner, r, ownerKey)
	if err != nil {
		return nil, fmt.Errorf("sign release: %w", err)
	}
	return b, nil
}

// ParseRelease reads a release and verifies that the owner whom it names has signed it with owner. That device, epoch and
// offer are those of the epoch that is to end is for the caller to compare.
func ParseRelease(b []byte, owner *ecdsa.PublicKey) (*Release, error) {
	st, id, err := splitOfOwner(b, forRelease, owner)
	if err != nil {
		return nil, fmt.Errorf("parse release: %w", err)
	}
	r, err := releaseOf(st, id)
	if err != nil {
		return nil, fmt.Errorf("parse release: %w", err)
	}
	return r, nil
}

// releaseOf reads the body of a release by owner.
func releaseOf(st *statement, owner OwnerID) (*Release, error) {
	var r Release
	if err := st.body(&r); err != nil {
		return nil, err
	}
	if r.Owner != owner {
		return nil, errOtherOwner
	}
	return &r, r.check()
}

// unverifiedRelease reads a release without its owner's key: it may be anybody's.
func unverifiedRelease(b []byte) (*Release, error) {
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, err
	}
	kid, err := st.keyID()
	if err != nil {
		return nil, err
	}
	return releaseOf(st, kid)
}

func (r *Release) check() error {
	switch {
	case r.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", r.Version)
	case r.Epoch == 0:
		return errors.New("epoch 0")
	}
	return nil
}
