package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
)

// Offer is the camera's answer to a claim, signed by the device key: the owner it is for, and the request for
// a certificate of a fresh event key.
type Offer struct {
	Version uint64   `cbor:"0,keyasint"` // set by SignOffer
	Device  DeviceID `cbor:"1,keyasint"`
	Owner   OwnerID  `cbor:"2,keyasint"`
	Epoch   uint64   `cbor:"3,keyasint"`
	CSR     []byte   `cbor:"4,keyasint"`           // see EventRequest
	View    []byte   `cbor:"5,keyasint,omitempty"` // what the camera saw, sealed
}

// EventRequest makes the PKCS #10 request for an event certificate, in DER.
func EventRequest(id DeviceID, eventKey crypto.Signer) ([]byte, error) {
	return request(eventSubject, id, eventKey)
}

// SignOffer signs o with the device key that deviceCert certifies.
func SignOffer(o *Offer, deviceCert []byte, deviceKey crypto.Signer) ([]byte, error) {
	o.Version = formatVersion
	c, pub, err := parseCertificate(deviceCert)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	device, err := DeviceFromCertificate(c)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	if !pub.Equal(deviceKey.Public()) {
		return nil, fmt.Errorf("sign offer: %w", errOtherKey)
	}
	if _, err := o.check(device, pub); err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	b, err := sign(forOffer, byChain(deviceCert), o, deviceKey, maxOffer)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	return b, nil
}

// SignedOffer is an offer that a device of the fleet has signed.
type SignedOffer struct {
	Offer
	EventKey   *ecdsa.PublicKey // of the CSR
	EventKeyID KeyID
	DeviceCert []byte // DER
	Hash       Hash   // of Raw
	Raw        []byte
}

// ParseOffer reads and verifies an offer: the device certificate's path to the fleet CA, the signature, and that
// the request in it is signed by the key that it asks a certificate for, and is of the same device.
func ParseOffer(b []byte, fleet *x509.Certificate) (*SignedOffer, error) {
	s, err := parseOffer(b, fleet)
	if err != nil {
		return nil, fmt.Errorf("parse offer: %w", err)
	}
	return s, nil
}

func parseOffer(b []byte, fleet *x509.Certificate) (*SignedOffer, error) {
	st, err := split(b, maxOffer)
	if err != nil {
		return nil, err
	}
	der, err := st.chain()
	if err != nil {
		return nil, err
	}
	device, key, err := VerifyDeviceCertificate(der, fleet)
	if err != nil {
		return nil, err
	}
	if err := st.verify(forOffer, key); err != nil {
		return nil, err
	}
	s := &SignedOffer{DeviceCert: der, Hash: HashOf(b), Raw: st.raw}
	if err := st.body(&s.Offer); err != nil {
		return nil, err
	}
	if s.EventKey, err = s.check(device, key); err != nil {
		return nil, err
	}
	if s.EventKeyID, err = KeyIDOf(s.EventKey); err != nil {
		return nil, err
	}
	return s, nil
}

// check holds the conditions of record.cddl for an offer of device and returns the event key.
func (o *Offer) check(device DeviceID, deviceKey *ecdsa.PublicKey) (*ecdsa.PublicKey, error) {
	asked, eventKey, err := ParseRequest(o.CSR)
	switch {
	case o.Version != formatVersion:
		return nil, fmt.Errorf("format %d is not spoken here", o.Version)
	case err != nil:
		return nil, err
	case o.Device != device || asked != device:
		return nil, errors.New("device is not the certificate's")
	case o.Epoch == 0:
		return nil, errors.New("epoch 0")
	case eventKey.Equal(deviceKey):
		return nil, errors.New("event key is the device key")
	}
	return eventKey, nil
}

type offerMessage struct {
	_     struct{} `cbor:",toarray"`
	Offer []byte
	MAC   [32]byte
}

// JoinOffer adds the proof that the camera has seen the code's secret: HMAC-SHA-256 over the offer.
func JoinOffer(offer []byte, secret [16]byte) ([]byte, error) {
	return encode(offerMessage{Offer: offer, MAC: offerMAC(offer, secret)})
}

// OpenOffer checks the proof and returns the offer, still to be parsed.
func OpenOffer(msg []byte, secret [16]byte) ([]byte, error) {
	if len(msg) > maxOffer+64 { // with the MAC and three heads
		return nil, errors.New("open offer: too large")
	}
	var m offerMessage
	if err := decode(msg, &m); err != nil {
		return nil, fmt.Errorf("open offer: %w", err)
	}
	if mac := offerMAC(m.Offer, secret); !hmac.Equal(mac[:], m.MAC[:]) {
		return nil, errors.New("open offer: made by a camera that has not seen this code")
	}
	return m.Offer, nil
}

func offerMAC(offer []byte, secret [16]byte) (mac [32]byte) {
	h := hmac.New(sha256.New, secret[:])
	h.Write(offer)
	h.Sum(mac[:0])
	return mac
}
