package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// MaxSDP bounds an SDP offer or answer, in bytes.
const MaxSDP = 16 << 10

// ViewerRequestLife is how long a viewer request is valid.
const ViewerRequestLife = 30 * time.Second

// ViewerRequest asks a camera to show itself now. The viewer's key signs it; the cloud carries it and can neither
// change nor authorise it, since the DTLS fingerprint is inside.
type ViewerRequest struct {
	Device      DeviceID
	Epoch       uint64
	Nonce       [16]byte
	At          time.Time // by the viewer's clock; milliseconds
	SDP         string    // offer, with all candidates
	Fingerprint Hash      // of the viewer's DTLS certificate
	SPKI        []byte    // of the viewer's key, DER
	Camera      uint64    // which camera of the device, from 0
}

type viewerRequestBody struct {
	Version     uint64   `cbor:"0,keyasint"`
	Device      DeviceID `cbor:"1,keyasint"`
	Epoch       uint64   `cbor:"2,keyasint"`
	Nonce       [16]byte `cbor:"3,keyasint"`
	At          uint64   `cbor:"4,keyasint"`
	SDP         string   `cbor:"5,keyasint"`
	Fingerprint Hash     `cbor:"6,keyasint"`
	SPKI        []byte   `cbor:"7,keyasint"`
	Camera      uint64   `cbor:"8,keyasint"`
}

// SignedViewerRequest is a request that the key in it has signed. Whether that key may view is for the policy to say.
type SignedViewerRequest struct {
	ViewerRequest
	Viewer KeyID // of the key that signed it
	Hash   Hash  // of the encoded statement
}

// SignViewerRequest signs r with the viewer's key.
func SignViewerRequest(r *ViewerRequest, key crypto.Signer) ([]byte, error) {
	body := viewerRequestBody{formatVersion, r.Device, r.Epoch, r.Nonce, unixMs(r.At), r.SDP, r.Fingerprint, r.SPKI, r.Camera}
	pub, id, err := body.check()
	if err != nil {
		return nil, fmt.Errorf("sign viewer request: %w", err)
	}
	if !pub.Equal(key.Public()) {
		return nil, fmt.Errorf("sign viewer request: %w", errOtherKey)
	}
	b, err := sign(forViewerRequest, byKeyID(id), body, key, maxStatement)
	if err != nil {
		return nil, fmt.Errorf("sign viewer request: %w", err)
	}
	return b, nil
}

// ParseViewerRequest reads a request and verifies that the key in it has signed it. That the SDP carries the
// fingerprint, that the time is near and the nonce new, and that the key may, is for the caller to check.
func ParseViewerRequest(b []byte) (*SignedViewerRequest, error) {
	r, err := parseViewerRequest(b)
	if err != nil {
		return nil, fmt.Errorf("parse viewer request: %w", err)
	}
	return r, nil
}

func parseViewerRequest(b []byte) (*SignedViewerRequest, error) {
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, err
	}
	kid, err := st.keyID()
	if err != nil {
		return nil, err
	}
	var body viewerRequestBody
	if err := st.body(&body); err != nil {
		return nil, err
	}
	key, id, err := body.check()
	if err != nil {
		return nil, err
	}
	if id != kid {
		return nil, errors.New("key is not the one that the header names")
	}
	if err := st.verify(forViewerRequest, key); err != nil {
		return nil, err
	}
	at, err := timeOf(body.At)
	if err != nil {
		return nil, err
	}
	return &SignedViewerRequest{
		ViewerRequest: ViewerRequest{body.Device, body.Epoch, body.Nonce, at, body.SDP, body.Fingerprint, body.SPKI, body.Camera},
		Viewer:        id,
		Hash:          HashOf(b),
	}, nil
}

// check holds the conditions of record.cddl and returns the viewer's key.
func (b *viewerRequestBody) check() (*ecdsa.PublicKey, KeyID, error) {
	key, id, err := ParseSPKI(b.SPKI)
	switch {
	case b.Version != formatVersion:
		return nil, id, fmt.Errorf("format %d is not spoken here", b.Version)
	case err != nil:
		return nil, id, err
	case b.Epoch == 0:
		return nil, id, errors.New("epoch 0")
	case b.At > maxUnixMs:
		return nil, id, errBeyond9999
	case b.Camera >= MaxCameras:
		return nil, id, errNoSuchCamera
	}
	return key, id, checkSDP(b.SDP)
}

func checkSDP(s string) error {
	if s == "" || len(s) > MaxSDP || !utf8.ValidString(s) {
		return fmt.Errorf("SDP is not text of 1 to %d bytes", MaxSDP)
	}
	return nil
}

// ViewerAnswer is the camera's answer to a viewer request: its half of the connection, or why not.
type ViewerAnswer struct {
	Version     uint64   `cbor:"0,keyasint"` // set by SignViewerAnswer
	Device      DeviceID `cbor:"1,keyasint"`
	Epoch       uint64   `cbor:"2,keyasint"`
	Nonce       [16]byte `cbor:"3,keyasint"` // of the request
	Request     Hash     `cbor:"4,keyasint"` // of the encoded request
	SDP         string   `cbor:"5,keyasint,omitempty"`
	Fingerprint *Hash    `cbor:"6,keyasint,omitempty"` // of the camera's DTLS certificate
	Refusal     string   `cbor:"7,keyasint,omitempty"`
}

// SignViewerAnswer signs a with the event key that cert certifies.
func SignViewerAnswer(a *ViewerAnswer, cert *EventCert, key crypto.Signer) ([]byte, error) {
	a.Version = formatVersion
	a.Refusal = fitText(a.Refusal)
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("sign viewer answer: %w", err)
	}
	if a.Device != cert.Device || a.Epoch != cert.Epoch {
		return nil, errors.New("sign viewer answer: device or epoch is not the event certificate's")
	}
	if !cert.Key.Equal(key.Public()) {
		return nil, fmt.Errorf("sign viewer answer: %w", errOtherKey)
	}
	b, err := sign(forViewerAnswer, byX5T(cert.X5T), a, key, maxStatement)
	if err != nil {
		return nil, fmt.Errorf("sign viewer answer: %w", err)
	}
	return b, nil
}

// ParseViewerAnswer reads an answer and verifies that cert's key has signed it, for cert's device and epoch. That
// it answers the request that was made is for the caller to compare (Request, Nonce).
func ParseViewerAnswer(b []byte, cert *EventCert) (*ViewerAnswer, error) {
	a, err := parseViewerAnswer(b, cert)
	if err != nil {
		return nil, fmt.Errorf("parse viewer answer: %w", err)
	}
	return a, nil
}

func parseViewerAnswer(b []byte, cert *EventCert) (*ViewerAnswer, error) {
	st, err := split(b, maxStatement)
	if err != nil {
		return nil, err
	}
	h, err := st.x5t()
	if err != nil {
		return nil, err
	}
	if h != cert.X5T {
		return nil, errors.New("signed with another certificate")
	}
	if err := st.verify(forViewerAnswer, cert.Key); err != nil {
		return nil, err
	}
	var a ViewerAnswer
	if err := st.body(&a); err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.Device != cert.Device || a.Epoch != cert.Epoch {
		return nil, errors.New("device or epoch is not the certificate's")
	}
	return &a, nil
}

func (a *ViewerAnswer) check() error {
	switch {
	case a.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", a.Version)
	case (a.Refusal == "") != (a.SDP != "" && a.Fingerprint != nil):
		return errors.New("neither an answer nor a refusal")
	case a.Refusal != "" && (a.SDP != "" || a.Fingerprint != nil):
		return errors.New("both an answer and a refusal")
	case a.Refusal != "":
		return checkText(a.Refusal)
	}
	return checkSDP(a.SDP)
}

// AnswerTo returns the header of an answer to r.
func (r *SignedViewerRequest) AnswerTo() ViewerAnswer {
	return ViewerAnswer{Device: r.Device, Epoch: r.Epoch, Nonce: r.Nonce, Request: r.Hash}
}

// Answers says whether a answers r.
func (a *ViewerAnswer) Answers(r *SignedViewerRequest) bool {
	return a.Request == r.Hash && bytes.Equal(a.Nonce[:], r.Nonce[:])
}
