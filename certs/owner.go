package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// Owner is a person who owns cameras: the certificate authority of that person's own cameras. All of it but
// the root certificate comes from one seed.
type Owner struct {
	ID        OwnerID
	Key       crypto.Signer // P-256: signs grants, policies, log-ins
	SPKI      []byte        // of Key, DER
	Root      []byte        // certificate, DER
	Identity  *age.X25519Identity
	Recipient string // of Identity
	seed      [32]byte
}

// Names of the files of an owner's folder.
const (
	seedFile     = "owner.seed"
	rootFile     = "owner.pem"
	identityFile = "picture.key"
)

const seedPrefix = "SIGNET-SEED-1:"

// NewOwner makes an owner from a fresh random seed.
func NewOwner() (*Owner, error) {
	var seed [32]byte
	rand.Read(seed[:])
	return OwnerFromSeed(seed, nil)
}

// OwnerFromSeed derives an owner's keys. Where root is nil, a new root certificate is made.
func OwnerFromSeed(seed [32]byte, root []byte) (*Owner, error) {
	key, err := deriveOwnerKey(seed)
	if err != nil {
		return nil, fmt.Errorf("derive owner key: %w", err)
	}
	scalar, err := hkdf.Key(sha256.New, seed[:], nil, "signet/v1 picture key", 32)
	if err != nil {
		return nil, fmt.Errorf("derive picture key: %w", err)
	}
	id, err := age.ParseX25519Identity(strings.ToUpper(bech32("age-secret-key-", scalar)))
	if err != nil {
		return nil, errors.New("derive picture key: age refuses it")
	}
	o := &Owner{Key: key, Root: root, Identity: id, Recipient: id.Recipient().String(), seed: seed}
	if o.SPKI, err = x509.MarshalPKIXPublicKey(&key.PublicKey); err != nil {
		return nil, err
	}
	o.ID = sha256.Sum256(o.SPKI)
	if o.Root == nil {
		if o.Root, err = selfSigned("Signet owner "+o.ID.Short(), x509.KeyUsageCertSign, key); err != nil {
			return nil, fmt.Errorf("make owner's root: %w", err)
		}
	}
	if _, err := parseOwnerRoot(o.Root, o.ID); err != nil {
		return nil, err
	}
	return o, nil
}

// deriveOwnerKey maps the seed to a P-256 scalar with negligible bias (FIPS 186-5, A.2.1).
func deriveOwnerKey(seed [32]byte) (*ecdsa.PrivateKey, error) {
	b, err := hkdf.Key(sha256.New, seed[:], nil, "signet/v1 owner key", 48)
	if err != nil {
		return nil, err
	}
	d := new(big.Int).SetBytes(b)
	d.Mod(d, new(big.Int).Sub(orders().n, big.NewInt(1)))
	d.Add(d, big.NewInt(1))
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32)))
}

// Seed returns the secret that everything of the owner comes from.
func (o *Owner) Seed() [32]byte { return o.seed }

// Save writes the owner to dir: owner.seed and picture.key (an age identity file) for their user only, and owner.pem.
func (o *Owner) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("save owner: %w", err)
	}
	identity := "# opens the pictures of Signet owner " + o.ID.String() + "\n" + o.Identity.String() + "\n"
	if err := WriteFile(filepath.Join(dir, identityFile), []byte(identity), 0o600); err != nil {
		return err
	}
	if err := WriteCert(filepath.Join(dir, rootFile), o.Root); err != nil {
		return err
	}
	seed := seedPrefix + base64.RawURLEncoding.EncodeToString(o.seed[:]) + "\n"
	return WriteFile(filepath.Join(dir, seedFile), []byte(seed), 0o600)
}

// LoadOwner reads what Save wrote.
func LoadOwner(dir string) (*Owner, error) {
	b, err := ReadSecret(filepath.Join(dir, seedFile))
	if err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(string(bytes.TrimSpace(b)), seedPrefix)
	seed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(seed) != 32 {
		return nil, fmt.Errorf("load owner: %s is not a seed", filepath.Join(dir, seedFile))
	}
	root, err := ReadCert(filepath.Join(dir, rootFile))
	if err != nil {
		return nil, err
	}
	o, err := OwnerFromSeed([32]byte(seed), root)
	if err != nil {
		return nil, fmt.Errorf("load owner %s: %w", dir, err)
	}
	return o, nil
}

// bech32 encodes b as BIP 173 has it, which is how age writes keys. age exports no encoder for identities.
func bech32(hrp string, b []byte) string {
	const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var values []byte // of five bits
	acc, bits := 0, 0
	for _, v := range b {
		acc, bits = acc<<8|int(v), bits+8
		for ; bits >= 5; bits -= 5 {
			values = append(values, byte(acc>>(bits-5)&31))
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		values = append(values, byte(acc<<(5-bits)&31))
	}
	var check []byte
	for i := range hrp {
		check = append(check, hrp[i]>>5)
	}
	check = append(check, 0)
	for i := range hrp {
		check = append(check, hrp[i]&31)
	}
	check = append(append(check, values...), 0, 0, 0, 0, 0, 0)
	sum := uint32(1)
	for _, v := range check {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	sum ^= 1
	for i := range 6 {
		values = append(values, byte(sum>>(5*(5-i))&31))
	}
	out := []byte(hrp + "1")
	for _, v := range values {
		out = append(out, charset[v])
	}
	return string(out)
}
