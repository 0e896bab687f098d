package certs

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"
)

// Lost is a former owner's word that a camera was reset against his will. It counts until the next claim is bound.
type Lost struct {
	Device    DeviceID
	Owner     OwnerID
	Epoch     uint64    // his
	OfferHash Hash      // of the encoded offer that began the epoch
	At        time.Time // by his clock; milliseconds
}

type lostBody struct {
	Version   uint64   `cbor:"0,keyasint"`
	Device    DeviceID `cbor:"1,keyasint"`
	Owner     OwnerID  `cbor:"2,keyasint"`
	Epoch     uint64   `cbor:"3,keyasint"`
	OfferHash Hash     `cbor:"4,keyasint"`
	At        uint64   `cbor:"5,keyasint"`
}

// SignLost signs l with the owner key.
func SignLost(l *Lost, ownerKey crypto.Signer) ([]byte, error) {
	body := lostBody{formatVersion, l.Device, l.Owner, l.Epoch, l.OfferHash, unixMs(l.At)}
	if err := body.check(); err != nil {
		return nil, fmt.Errorf("sign lost mark: %w", err)
	}
	b, err := signOfOwner(forLost, l.Owner, body, ownerKey)
	if err != nil {
		return nil, fmt.Errorf("sign lost mark: %w", err)
	}
	return b, nil
}

// ParseLost reads a lost mark and verifies that the owner whom it names has signed it with owner. Whether it comes in time
// is for the ledger to say.
func ParseLost(b []byte, owner *ecdsa.PublicKey) (*Lost, error) {
	l, err := parseLost(b, owner)
	if err != nil {
		return nil, fmt.Errorf("parse lost mark: %w", err)
	}
	return l, nil
}

func parseLost(b []byte, owner *ecdsa.PublicKey) (*Lost, error) {
	st, id, err := splitOfOwner(b, forLost, owner)
	if err != nil {
		return nil, err
	}
	var body lostBody
	if err := st.body(&body); err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	if body.Owner != id {
		return nil, errOtherOwner
	}
	return &Lost{body.Device, body.Owner, body.Epoch, body.OfferHash, time.UnixMilli(int64(body.At)).UTC()}, nil
}

func (b *lostBody) check() error {
	switch {
	case b.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", b.Version)
	case b.Epoch == 0:
		return errors.New("epoch 0")
	case b.At > maxUnixMs:
		return errBeyond9999
	}
	return nil
}
