package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
)

// Offer is the camera's answer to a claim, signed by the device key: the owner it is for, and the request for
// a certificate of a fresh event key. With Renews it renews the event key of an epoch that runs.
type Offer struct {
	Version  uint64   `cbor:"0,keyasint"` // set by SignOffer
	Device   DeviceID `cbor:"1,keyasint"`
	Owner    OwnerID  `cbor:"2,keyasint"`
	Epoch    uint64   `cbor:"3,keyasint"`
	CSR      []byte   `cbor:"4,keyasint"`           // see EventRequest
	View     *Hash    `cbor:"5,keyasint,omitempty"` // of the sealed picture of what the camera saw
	Settings [32]byte `cbor:"6,keyasint"`           // X25519: settings are sealed to it
	Renews   *Hash    `cbor:"7,keyasint,omitempty"` // of the encoded offer that began the epoch
}

// MaxOffer bounds an encoded offer, in bytes.
const MaxOffer = 8 << 10

// SignOffer signs o with the device key that deviceCert certifies.
func SignOffer(o *Offer, deviceCert []byte, deviceKey crypto.Signer) ([]byte, error) {
	o.Version = formatVersion
	device, err := deviceOfSigner(deviceCert, deviceKey)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	if _, err := o.check(device); err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	b, err := sign(forOffer, byChain(deviceCert), o, deviceKey, MaxOffer)
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	return b, nil
}

// SignedOffer is an offer that a device of the fleet has signed.
type SignedOffer struct {
	Offer
	EventKey    *ecdsa.PublicKey // of the CSR
	EventKeyID  KeyID
	EventLevel  KeyLevel // of the CSR
	DeviceLevel KeyLevel // of the device certificate
	DeviceCert  []byte   // DER
	Hash        Hash     // of Raw
	Raw         []byte
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
	st, device, err := splitOfDevice(b, forOffer, MaxOffer, fleet)
	if err != nil {
		return nil, err
	}
	s := &SignedOffer{DeviceLevel: device.Level, DeviceCert: device.Raw, Hash: HashOf(b), Raw: st.raw}
	if err := st.body(&s.Offer); err != nil {
		return nil, err
	}
	request, err := s.check(device)
	if err != nil {
		return nil, err
	}
	s.EventKey, s.EventLevel = request.Key, request.Level
	if s.EventKeyID, err = KeyIDOf(s.EventKey); err != nil {
		return nil, err
	}
	return s, nil
}

// check holds the conditions of record.cddl for an offer of device and returns the request in it.
func (o *Offer) check(device *DeviceCert) (*Request, error) {
	request, err := ParseRequest(o.CSR)
	switch {
	case o.Version != formatVersion:
		return nil, fmt.Errorf("format %d is not spoken here", o.Version)
	case err != nil:
		return nil, err
	case o.Device != device.Device || request.Device != device.Device:
		return nil, errors.New("device is not the certificate's")
	case o.Epoch == 0:
		return nil, errors.New("epoch 0")
	case request.Key.Equal(device.Key):
		return nil, errors.New("event key is the device key")
	case o.Renews != nil && o.View != nil:
		return nil, errors.New("a renewal has no view")
	}
	if err := checkX25519(o.Settings); err != nil {
		return nil, fmt.Errorf("settings key: %w", err)
	}
	return request, nil
}
