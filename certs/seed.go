package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"

	"filippo.io/age"
)

const seedPrefix = "SIGNET-SEED-1:"

// SeedText returns a seed as text, as it stands in files and answers: "SIGNET-SEED-1:" and base64url.
func SeedText(seed [32]byte) string {
	return seedPrefix + base64.RawURLEncoding.EncodeToString(seed[:])
}

// ParseSeed reads what SeedText wrote.
func ParseSeed(s string) ([32]byte, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(s), seedPrefix)
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(b) != 32 || SeedText([32]byte(b)) != seedPrefix+text { // the decoder passes over line ends
		return [32]byte{}, errors.New("parse seed: not a seed") // and no word of what it is
	}
	return [32]byte(b), nil
}

// derive is HKDF-SHA-256 (RFC 5869) with an empty salt.
func derive(seed [32]byte, info string, n int) ([]byte, error) {
	return hkdf.Key(sha256.New, seed[:], nil, info, n)
}

// deriveOwnerKey maps the seed to a P-256 scalar with negligible bias (FIPS 186-5, A.2.1).
func deriveOwnerKey(seed [32]byte) (*ecdsa.PrivateKey, error) {
	b, err := derive(seed, "signet/v1 owner key", 48)
	if err != nil {
		return nil, err
	}
	d := new(big.Int).SetBytes(b)
	d.Mod(d, new(big.Int).Sub(orders().n, big.NewInt(1)))
	d.Add(d, big.NewInt(1))
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32)))
}

var errAgeRefuses = errors.New("age refuses it") // without age's own words, which may hold the key

func derivePictureKey(seed [32]byte) (*age.X25519Identity, error) {
	b, err := derive(seed, "signet/v1 picture key", 32)
	if err != nil {
		return nil, err
	}
	id, err := age.ParseX25519Identity(strings.ToUpper(bech32("age-secret-key-", b)))
	if err != nil {
		return nil, errAgeRefuses
	}
	return id, nil
}

// deriveHybridKey derives the 32 bytes that age's hybrid identities are written as (a seed of ML-KEM-768 with X25519).
func deriveHybridKey(seed [32]byte) (*age.HybridIdentity, error) {
	b, err := derive(seed, "signet/v1 hybrid picture key", 32)
	if err != nil {
		return nil, err
	}
	id, err := age.ParseHybridIdentity(strings.ToUpper(bech32("age-secret-key-pq-", b)))
	if err != nil {
		return nil, errAgeRefuses
	}
	return id, nil
}
