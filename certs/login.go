package certs

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
)

// Login proves an owner key to the cloud that asked for it. It binds the origin of the page that made it, so that no
// other page can relay it, and the cloud by its fleet CA, so that no other cloud can: a page on the owner's own machine
// has the same origin whichever cloud is behind it.
type Login struct {
	Version uint64   `cbor:"0,keyasint"` // set by SignLogin
	Owner   OwnerID  `cbor:"1,keyasint"`
	Nonce   [32]byte `cbor:"2,keyasint"` // of the cloud's challenge
	Origin  string   `cbor:"3,keyasint"`
	SPKI    []byte   `cbor:"4,keyasint"` // of the owner key, DER
	Cloud   Hash     `cbor:"5,keyasint"` // of the cloud's fleet CA certificate, DER
}

const maxOrigin = 256

// SignLogin signs l with the owner key, whose public half is in l.
func SignLogin(l *Login, ownerKey crypto.Signer) ([]byte, error) {
	l.Version = formatVersion
	pub, err := l.check()
	if err != nil {
		return nil, fmt.Errorf("sign log-in: %w", err)
	}
	if !pub.Equal(ownerKey.Public()) {
		return nil, fmt.Errorf("sign log-in: %w", errOtherKey)
	}
	b, err := sign(forLogin, byKeyID(l.Owner), l, ownerKey, maxStatement)
	if err != nil {
		return nil, fmt.Errorf("sign log-in: %w", err)
	}
	return b, nil
}

// ParseLogin reads a log-in and verifies that the key in it signed it and is the owner's whom it names. Nonce,
// origin and cloud are for the caller to compare.
func ParseLogin(b []byte) (*Login, error) {
	l, err := parseLogin(b)
	if err != nil {
		return nil, fmt.Errorf("parse log-in: %w", err)
	}
	return l, nil
}

func parseLogin(b []byte) (*Login, error) {
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, err
	}
	kid, err := st.keyID()
	if err != nil {
		return nil, err
	}
	var l Login
	if err := st.body(&l); err != nil {
		return nil, err
	}
	key, err := l.check()
	if err != nil {
		return nil, err
	}
	if kid != l.Owner {
		return nil, errors.New("key is not the one that the header names")
	}
	if err := st.verify(forLogin, key); err != nil {
		return nil, err
	}
	return &l, nil
}

// check holds the conditions of record.cddl and returns the owner key.
func (l *Login) check() (*ecdsa.PublicKey, error) {
	key, id, err := ParseSPKI(l.SPKI)
	switch {
	case l.Version != formatVersion:
		return nil, fmt.Errorf("format %d is not spoken here", l.Version)
	case err != nil:
		return nil, err
	case id != l.Owner:
		return nil, errors.New("key is not the owner's whom it names")
	case !printable(l.Origin, maxOrigin):
		return nil, fmt.Errorf("origin is not 1 to %d printable characters", maxOrigin)
	}
	return key, nil
}
