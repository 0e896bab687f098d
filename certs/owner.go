package certs

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

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
	Recipient string   // of Identity
	Picture   [32]byte // the same, bare
	seed      [32]byte
}

// Names of the files of an owner's folder.
const (
	seedFile     = "owner.seed"
	rootFile     = "owner.pem"
	identityFile = "picture.key"
)

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
	id, err := derivePictureKey(seed)
	if err != nil {
		return nil, fmt.Errorf("derive picture key: %w", err)
	}
	o := &Owner{Key: key, Root: root, Identity: id, Recipient: id.Recipient().String(), seed: seed}
	if o.Picture, err = X25519Public(o.Recipient); err != nil {
		return nil, fmt.Errorf("derive picture key: %w", err)
	}
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

// Seed returns the secret that everything of the owner comes from.
func (o *Owner) Seed() [32]byte { return o.seed }

// Hybrid returns the owner's post-quantum picture key (ML-KEM-768 with X25519), which comes from the same seed. A policy
// names its recipient in place of the other: age does not mix the two kinds. Settings are sealed to the other one all the
// same.
func (o *Owner) Hybrid() (*age.HybridIdentity, error) {
	id, err := deriveHybridKey(o.seed)
	if err != nil {
		return nil, fmt.Errorf("derive hybrid picture key: %w", err)
	}
	return id, nil
}

// Format writes who the owner is and none of the secrets, whatever the verb.
func (o Owner) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "owner %s", o.ID.Short()) }

// LogValue is for slog, whose JSON would show the fields.
func (o Owner) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

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
	return WriteFile(filepath.Join(dir, seedFile), []byte(SeedText(o.seed)+"\n"), 0o600)
}

// LoadOwner reads what Save wrote.
func LoadOwner(dir string) (*Owner, error) {
	b, err := ReadSecret(filepath.Join(dir, seedFile))
	if err != nil {
		return nil, err
	}
	seed, err := ParseSeed(string(b))
	if err != nil {
		return nil, fmt.Errorf("load owner: %s is not a seed", filepath.Join(dir, seedFile))
	}
	root, err := ReadCert(filepath.Join(dir, rootFile))
	if err != nil {
		return nil, err
	}
	o, err := OwnerFromSeed(seed, root)
	if err != nil {
		return nil, fmt.Errorf("load owner %s: %w", dir, err)
	}
	return o, nil
}
