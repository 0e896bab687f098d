package certs

import (
	"crypto"
	"crypto/ecdsa"
	"errors"
)

var errOtherOwner = errors.New("names another owner than the one who signed it")

// splitOfOwner reads a statement and verifies that owner has signed it. The body is not read.
func splitOfOwner(b []byte, p purpose, owner *ecdsa.PublicKey) (*statement, OwnerID, error) {
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, OwnerID{}, err
	}
	kid, err := st.keyID()
	if err != nil {
		return nil, OwnerID{}, err
	}
	if err := st.verify(p, owner); err != nil {
		return nil, OwnerID{}, err
	}
	id, err := KeyIDOf(owner)
	if err != nil {
		return nil, OwnerID{}, err
	}
	if kid != id {
		return nil, OwnerID{}, errOtherOwner
	}
	return st, id, nil
}

// signOfOwner signs a body that names owner with the owner's key.
func signOfOwner(p purpose, owner OwnerID, body any, key crypto.Signer) ([]byte, error) {
	pub, err := p256(key.Public())
	if err != nil {
		return nil, err
	}
	if id, err := KeyIDOf(pub); err != nil || id != owner {
		return nil, errOtherKey
	}
	return sign(p, byKeyID(owner), body, key, maxStatement)
}
