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

	"github.com/google/go-tpm/tpm2"

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

// template is of a key that signs digests of SHA-256 with ECDSA on P-256, was made in this TPM and never leaves it.
var template = tpm2.TPMTPublic{
	Type:    tpm2.TPMAlgECC,
	NameAlg: tpm2.TPMAlgSHA256,
	ObjectAttributes: tpm2.TPMAObject{
		FixedTPM: true, FixedParent: true, SensitiveDataOrigin: true, UserWithAuth: true, NoDA: true, SignEncrypt: true,
	},
	Parameters: tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{
		CurveID: tpm2.TPMECCNistP256,
		Scheme:  tpm2.TPMTECCScheme{Scheme: tpm2.TPMAlgECDSA, Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSigSchemeECDSA{HashAlg: tpm2.TPMAlgSHA256})},
	}),
}

// New makes a key, which is durable when New returns. It fails where there is one of that name.
func (k *Keys) New(name string) (crypto.Signer, error) {
	if _, err := os.Lstat(k.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make key %s: there is one", k.path(name))
	}
	k.tpm.mu.Lock()
	rsp, err := tpm2.Create{ParentHandle: k.tpm.storage, InPublic: tpm2.New2B(template)}.Execute(k.tpm.tpm)
	k.tpm.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("make key %s in TPM: %w", k.path(name), err)
	}
	w := wrapped{Public: rsp.OutPublic.Bytes(), Private: rsp.OutPrivate.Buffer}
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
		if bytes.Equal(s.private.Buffer, w.Private) && bytes.Equal(s.public.Bytes(), w.Public) {
			return s
		}
	}
	return nil
}

// signer reads a key's public half.
func (k *Keys) signer(w wrapped) (*signer, error) {
	s := &signer{tpm: k.tpm, public: tpm2.BytesAs2B[tpm2.TPMTPublic](w.Public), private: tpm2.TPM2BPrivate{Buffer: w.Private}}
	p, err := s.public.Contents()
	if err != nil {
		return nil, fmt.Errorf("public half: %w", err)
	}
	parms, err := p.Parameters.ECCDetail()
	if err != nil || parms.CurveID != tpm2.TPMECCNistP256 {
		return nil, errors.New("public half: not of P-256")
	}
	point, err := p.Unique.ECC()
	if err != nil {
		return nil, fmt.Errorf("public half: %w", err)
	}
	if len(point.X.Buffer) > 32 || len(point.Y.Buffer) > 32 {
		return nil, errors.New("public half: no point")
	}
	b := make([]byte, 65) // SEC 1, uncompressed
	b[0] = 4
	copy(b[33-len(point.X.Buffer):], point.X.Buffer)
	copy(b[65-len(point.Y.Buffer):], point.Y.Buffer)
	if s.key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), b); err != nil {
		return nil, fmt.Errorf("public half: %w", err)
	}
	return s, nil
}

// signer is a key in the TPM. It is loaded for each signature: a TPM has three slots, and a camera with a renewal under way as many
// keys.
type signer struct {
	tpm     *TPM
	public  tpm2.TPM2BPublic
	private tpm2.TPM2BPrivate
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
	return s.loaded(func(tpm2.NamedHandle) error { return nil })
}

// loaded calls f while the key is in one of the TPM's slots. tpm.mu must be held.
func (s *signer) loaded(f func(tpm2.NamedHandle) error) (err error) {
	rsp, err := tpm2.Load{ParentHandle: s.tpm.storage, InPrivate: s.private, InPublic: s.public}.Execute(s.tpm.tpm)
	if err != nil {
		return fmt.Errorf("load key: %w", err)
	}
	defer func() {
		_, e := tpm2.FlushContext{FlushHandle: rsp.ObjectHandle}.Execute(s.tpm.tpm)
		err = errors.Join(err, e)
	}()
	return f(tpm2.NamedHandle{Handle: rsp.ObjectHandle, Name: rsp.Name})
}

func (s *signer) sign(digest []byte) (sig []byte, err error) {
	err = s.loaded(func(key tpm2.NamedHandle) error {
		rsp, err := tpm2.Sign{
			KeyHandle:  key,
			Digest:     tpm2.TPM2BDigest{Buffer: digest},
			InScheme:   tpm2.TPMTSigScheme{Scheme: tpm2.TPMAlgECDSA, Details: tpm2.NewTPMUSigScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSchemeHash{HashAlg: tpm2.TPMAlgSHA256})},
			Validation: tpm2.TPMTTKHashCheck{Tag: tpm2.TPMSTHashCheck, Hierarchy: tpm2.TPMRHNull},
		}.Execute(s.tpm.tpm)
		if err != nil {
			return err
		}
		ec, err := rsp.Signature.Signature.ECDSA()
		if err != nil {
			return err
		}
		sig, err = asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(ec.SignatureR.Buffer), new(big.Int).SetBytes(ec.SignatureS.Buffer)})
		return err
	})
	return sig, err
}
