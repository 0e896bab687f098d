package tpm

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"signet/certs"
)

// Keys are keys in the TPM. What only it can use again lies in files <name>.tpm of a folder, mode 0600.
type Keys struct {
	tpm *TPM
	dir string

	mu   sync.Mutex
	open map[string][]*signer // by name
}

// Keys returns the keys whose wrapped forms are in dir.
func (t *TPM) Keys(dir string) *Keys { return &Keys{tpm: t, dir: dir, open: map[string][]*signer{}} }

// Level says where they are kept.
func (k *Keys) Level() certs.KeyLevel { return certs.KeyInTPM }

func (k *Keys) path(name string) string { return filepath.Join(k.dir, name+".tpm") }

// New makes a key, which is durable when New returns. It fails where there is one of that name.
func (k *Keys) New(name string) (crypto.Signer, error) {
	if _, err := os.Lstat(k.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make key %s: there is one", k.path(name))
	}
	w, err := k.create()
	if err != nil {
		return nil, fmt.Errorf("make key %s in TPM: %w", k.path(name), err)
	}
	s, err := k.signer(w)
	if err != nil {
		return nil, fmt.Errorf("make key %s in TPM: %w", k.path(name), err)
	}
	b, err := w.encode()
	if err != nil {
		return nil, fmt.Errorf("make key %s in TPM: %w", k.path(name), err)
	}
	if err := certs.WriteFile(k.path(name), b, 0o600); err != nil {
		return nil, err
	}
	return k.keep(name, s), nil
}

func (k *Keys) create() (wrapped, error) {
	k.tpm.mu.Lock()
	defer k.tpm.mu.Unlock()
	_, r, err := k.tpm.run(ccCreate, 1, []handle{storage}, creation(template(keyArea(), nil)), 0)
	if err != nil {
		return wrapped{}, err
	}
	w := wrapped{Private: r.sized(), Public: r.sized()}
	return w, r.err()
}

// keep remembers a signer, for Destroy.
func (k *Keys) keep(name string, s *signer) *signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open[name] = append(k.open[name], s)
	return s
}

// Destroy removes a key's wrapped form, without which the TPM does not know it, and ends the signers that were made of it. A copy
// of that file that somebody made before, with this camera in hand, is a key again: the ledger refuses what it signs once the
// epoch has ended.
func (k *Keys) Destroy(name string) error {
	k.mu.Lock()
	for _, s := range k.open[name] {
		s.gone.Store(true)
	}
	delete(k.open, name)
	k.mu.Unlock()
	if err := os.Remove(k.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("destroy key: %w", err)
	}
	return certs.SyncDir(k.dir)
}

// Open returns a key that New made. The error wraps fs.ErrNotExist where there is none.
func (k *Keys) Open(name string) (crypto.Signer, error) {
	b, err := certs.ReadSecret(k.path(name))
	if err != nil {
		return nil, err
	}
	w, err := parseWrapped(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k.path(name), err)
	}
	if s := k.known(name, w); s != nil {
		return s, nil
	}
	s, err := k.signer(w)
	if err == nil {
		err = s.try()
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k.path(name), err)
	}
	return k.keep(name, s), nil
}

// known returns a signer of the key as it lies in its file, if there is one already.
func (k *Keys) known(name string, w wrapped) *signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.open[name] {
		if bytes.Equal(s.wrapped.Private, w.Private) && bytes.Equal(s.wrapped.Public, w.Public) {
			return s
		}
	}
	return nil
}

// signer reads a key's public half.
func (k *Keys) signer(w wrapped) (*signer, error) {
	x, y, err := point(w.Public, keyArea())
	if err != nil {
		return nil, fmt.Errorf("public half: %w", err)
	}
	b := make([]byte, 65) // SEC 1, uncompressed
	b[0] = 4
	copy(b[33-len(x):], x)
	copy(b[65-len(y):], y)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), b)
	if err != nil {
		return nil, fmt.Errorf("public half: %w", err)
	}
	return &signer{tpm: k.tpm, wrapped: w, key: key}, nil
}

// signer is a key in the TPM. It is loaded for each signature: a TPM has three slots, and a camera with a renewal under way as many
// keys.
type signer struct {
	tpm     *TPM
	wrapped wrapped
	key     *ecdsa.PublicKey
	gone    atomic.Bool
}

func (s *signer) Public() crypto.PublicKey { return s.key }

// Sign signs a digest of SHA-256. The signature is ASN.1, as that of an *ecdsa.PrivateKey; the randomness is the TPM's own. The
// options may be nil, as go-cose has them.
func (s *signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts != nil && opts.HashFunc() != crypto.SHA256 || len(digest) != sha256.Size {
		return nil, errors.New("sign in TPM: not a digest of SHA-256")
	}
	if s.gone.Load() {
		return nil, errors.New("sign in TPM: the key was destroyed")
	}
	s.tpm.mu.Lock()
	defer s.tpm.mu.Unlock()
	sig, err := s.sign(digest)
	if err != nil {
		return nil, fmt.Errorf("sign in TPM: %w", err)
	}
	return sig, nil
}

// try loads the key, so that the card of another camera is noticed at once and not at the first event.
func (s *signer) try() error {
	s.tpm.mu.Lock()
	defer s.tpm.mu.Unlock()
	return s.loaded(func(handle) error { return nil })
}

// loaded calls f while the key is in one of the TPM's slots. tpm.mu must be held.
func (s *signer) loaded(f func(handle) error) (err error) {
	var w writer
	w.sized(s.wrapped.Private)
	w.sized(s.wrapped.Public)
	at, _, err := s.tpm.run(ccLoad, 1, []handle{storage}, w, 1)
	if err != nil {
		return fmt.Errorf("load key: %w", err)
	}
	defer func() { err = errors.Join(err, s.tpm.flush(at[0])) }()
	return f(at[0])
}

func (s *signer) sign(digest []byte) (sig []byte, err error) {
	err = s.loaded(func(key handle) error {
		sig, err = s.signWith(key, digest)
		return err
	})
	return sig, err
}

func (s *signer) signWith(key handle, digest []byte) ([]byte, error) {
	var w writer
	w.sized(digest)
	w.u16(algECDSA)
	w.u16(algSHA256)
	w.u16(stHashCheck) // no ticket: the digest comes from outside
	w.u32(rhNull)
	w.u16(0)
	_, r, err := s.tpm.run(ccSign, 1, []handle{key}, w, 0)
	if err != nil {
		return nil, err
	}
	alg, hash := r.u16(), r.u16()
	sig := struct{ R, S *big.Int }{new(big.Int).SetBytes(r.sized()), new(big.Int).SetBytes(r.sized())}
	if r.bad || alg != algECDSA || hash != algSHA256 {
		return nil, errors.New("the TPM's signature is of another kind")
	}
	return asn1.Marshal(sig)
}
