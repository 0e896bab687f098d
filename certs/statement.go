package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	_ "crypto/sha256" // ES256: without it verification fails for the wrong reason
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/fxamacker/cbor/v2"
	"github.com/veraison/go-cose"
)

// purpose is signed with every statement as external_aad: a signature made for one purpose never
// serves another.
type purpose string

const (
	forRecord        purpose = "signet/v1 record"
	forOffer         purpose = "signet/v1 offer"
	forGrant         purpose = "signet/v1 grant"
	forPolicy        purpose = "signet/v1 policy"
	forRelease       purpose = "signet/v1 release"
	forLost          purpose = "signet/v1 lost"
	forClosing       purpose = "signet/v1 closing"
	forReceipt       purpose = "signet/v1 receipt"
	forLogin         purpose = "signet/v1 log-in"
	forViewerRequest purpose = "signet/v1 viewer-request"
	forViewerAnswer  purpose = "signet/v1 viewer-answer"
)

// The one format version that is spoken.
const formatVersion = 1

// maxStatement bounds every statement that has no lower limit of its own.
const maxStatement = 64 << 10

var (
	errBadSignature = errors.New("signature does not verify")
	errOtherKey     = errors.New("the signing key is not the one that the statement names")
)

type modes struct {
	enc cbor.EncMode
	dec cbor.DecMode
}

// codec is the one encoding: RFC 8949 core deterministic, nothing unknown, nothing twice.
var codec = sync.OnceValue(func() (c modes) {
	var err error
	enc := cbor.CoreDetEncOptions()
	enc.NilContainers = cbor.NilContainerAsEmpty // so a null that was read as nil does not encode to itself again
	if c.enc, err = enc.EncMode(); err != nil {
		panic(err) // constant options
	}
	c.dec, err = cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
		IntDec:            cbor.IntDecConvertNone,
		MaxNestedLevels:   8,
		MaxArrayElements:  1024,
		MaxMapPairs:       64,
	}.DecMode()
	if err != nil {
		panic(err) // constant options
	}
	return c
})

func encode(v any) ([]byte, error) { return codec().enc.Marshal(v) }

// decode reads b into v and refuses it unless b is the one encoding of what it read.
func decode(b []byte, v any) error {
	if err := codec().dec.Unmarshal(b, v); err != nil {
		return err
	}
	again, err := encode(v)
	if err != nil {
		return err
	}
	if !bytes.Equal(again, b) {
		return errors.New("not deterministically encoded")
	}
	return nil
}

// header is a protected header: the algorithm and the one parameter that names the key.
type header struct {
	Alg     int64  `cbor:"1,keyasint"`
	KeyID   []byte `cbor:"4,keyasint,omitempty"`
	X5Chain []byte `cbor:"33,keyasint,omitempty"`
	X5T     *x5t   `cbor:"34,keyasint,omitempty"`
}

type x5t struct {
	_    struct{} `cbor:",toarray"`
	Alg  int64
	Hash Hash
}

const (
	algES256  = -7  // RFC 9053
	algSHA256 = -16 // RFC 9054
)

func byKeyID(k KeyID) header { return header{Alg: algES256, KeyID: k[:]} }
func byX5T(h Hash) header {
	return header{Alg: algES256, X5T: &x5t{Alg: algSHA256, Hash: h}}
}
func byChain(der []byte) header { return header{Alg: algES256, X5Chain: der} }

// statement is a COSE_Sign1 that was taken apart, not yet verified.
type statement struct {
	header header
	msg    cose.UntaggedSign1Message
	raw    []byte
}

// signedParts is the inside of a tagged COSE_Sign1.
type signedParts struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected map[int64]cbor.RawMessage
	Payload     []byte
	Signature   []byte
}

// tagSign1 is the one-byte head of CBOR tag 18 (RFC 9052, COSE_Sign1).
const tagSign1 = 0xd2

// split takes b apart and refuses whatever is not our profile of COSE_Sign1.
func split(b []byte, limit int) (*statement, error) {
	if len(b) > limit {
		return nil, fmt.Errorf("%d bytes are more than %d", len(b), limit)
	}
	if len(b) == 0 || b[0] != tagSign1 {
		return nil, errors.New("not a tagged COSE_Sign1")
	}
	var p signedParts
	if err := decode(b[1:], &p); err != nil {
		return nil, fmt.Errorf("COSE_Sign1: %w", err)
	}
	if p.Unprotected == nil || len(p.Unprotected) != 0 {
		return nil, errors.New("unprotected header is not empty")
	}
	s := &statement{raw: bytes.Clone(b)}
	if err := decode(p.Protected, &s.header); err != nil {
		return nil, fmt.Errorf("protected header: %w", err)
	}
	if s.header.Alg != algES256 {
		return nil, fmt.Errorf("algorithm %d is not ES256", s.header.Alg)
	}
	if !lowS(p.Signature) {
		return nil, errors.New("signature is not the one encoding (64 bytes, s <= n/2)")
	}
	if err := s.msg.UnmarshalCBOR(b[1:]); err != nil {
		return nil, fmt.Errorf("COSE_Sign1: %w", err)
	}
	return s, nil
}

// verify checks the signature over header, payload and purpose.
func (s *statement) verify(p purpose, key *ecdsa.PublicKey) error {
	v, err := cose.NewVerifier(cose.AlgorithmES256, key)
	if err != nil {
		return err
	}
	if err := s.msg.Verify([]byte(p), v); err != nil {
		return errBadSignature
	}
	return nil
}

// body decodes the payload.
func (s *statement) body(v any) error {
	if err := decode(s.msg.Payload, v); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}

// keyID returns the kid of the header, which must be there alone.
func (s *statement) keyID() (KeyID, error) {
	h := s.header
	if len(h.KeyID) != len(KeyID{}) || h.X5Chain != nil || h.X5T != nil {
		return KeyID{}, errors.New("header does not name the key by key id")
	}
	return KeyID(h.KeyID), nil
}

// x5t returns the certificate's hash, which must be there alone.
func (s *statement) x5t() (Hash, error) {
	h := s.header
	if h.X5T == nil || h.X5T.Alg != algSHA256 || h.KeyID != nil || h.X5Chain != nil {
		return Hash{}, errors.New("header does not name the key by x5t of SHA-256")
	}
	return h.X5T.Hash, nil
}

// chain returns the certificate of the header, which must be there alone.
func (s *statement) chain() ([]byte, error) {
	h := s.header
	if h.X5Chain == nil || h.KeyID != nil || h.X5T != nil {
		return nil, errors.New("header does not carry the signer's certificate")
	}
	return h.X5Chain, nil
}

// sign makes a statement of body.
func sign(p purpose, h header, body any, key crypto.Signer, limit int) ([]byte, error) {
	if _, err := p256(key.Public()); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	payload, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	protected, err := encode(h)
	if err != nil {
		return nil, fmt.Errorf("encode header: %w", err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmES256, key)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	var msg cose.UntaggedSign1Message
	wrapped, err := encode(protected)
	if err != nil {
		return nil, err
	}
	msg.Headers.RawProtected = wrapped
	msg.Headers.Protected = cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.AlgorithmES256}
	msg.Payload = payload
	if err := msg.Sign(rand.Reader, []byte(p), signer); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	parts := signedParts{Protected: protected, Unprotected: map[int64]cbor.RawMessage{}, Payload: payload, Signature: makeLowS(msg.Signature)}
	b, err := encode(parts)
	if err != nil {
		return nil, err
	}
	b = append([]byte{tagSign1}, b...)
	if len(b) > limit {
		return nil, fmt.Errorf("statement of %d bytes is larger than %d", len(b), limit)
	}
	return b, nil
}

// The order of P-256 and half of it (FIPS 186-5, SP 800-186).
var orders = sync.OnceValue(func() (o struct{ n, half *big.Int }) {
	o.n, _ = new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	o.half = new(big.Int).Rsh(o.n, 1)
	return o
})

func lowS(sig []byte) bool {
	return len(sig) == 64 && new(big.Int).SetBytes(sig[32:]).Cmp(orders().half) <= 0
}

// makeLowS returns the signature of the pair (r, s), (r, n-s) that is taken. What is no signature stays none.
func makeLowS(sig []byte) []byte {
	if lowS(sig) || len(sig) != 64 {
		return sig
	}
	s := new(big.Int).SetBytes(sig[32:])
	if s.Cmp(orders().n) >= 0 {
		return sig
	}
	out := bytes.Clone(sig)
	s.Sub(orders().n, s).FillBytes(out[32:])
	return out
}
