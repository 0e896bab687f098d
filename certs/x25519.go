package certs

import (
	"crypto/ecdh"
	"errors"
)

// checkX25519 refuses a public key of low order: with it every key agreement gives zero, and nothing can be sealed to it
// (RFC 7748, section 6.1).
func checkX25519(key [32]byte) error {
	pub, err := ecdh.X25519().NewPublicKey(key[:])
	if err != nil {
		return err
	}
	any, err := ecdh.X25519().NewPrivateKey(make([]byte, 32)) // clamped to 2^254, as good as any other
	if err != nil {
		return err
	}
	if _, err := any.ECDH(pub); err != nil {
		return errors.New("nothing can be sealed to this X25519 key")
	}
	return nil
}
