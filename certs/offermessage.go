package certs

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
)

// OfferMessage is what a camera sends to the owner whom its offer names. A claim has the proof that the camera has seen
// the owner's code, and may have a view; a renewal has neither.
type OfferMessage struct {
	Offer []byte    `cbor:"1,keyasint"`           // encoded
	MAC   *[32]byte `cbor:"2,keyasint,omitempty"` // HMAC-SHA-256(secret, offer)
	View  []byte    `cbor:"3,keyasint,omitempty"` // what the camera saw, image/jpeg, sealed to the picture key of the code
}

// Limits of an offer message, in bytes.
const (
	MaxView         = 64 << 10
	MaxOfferMessage = MaxOffer + MaxView + 64 // with the proof and the heads
)

// JoinOffer makes the message of a claim. The view may be nil.
func JoinOffer(offer []byte, secret [16]byte, view []byte) ([]byte, error) {
	mac := offerMAC(offer, secret)
	return joinOffer(&OfferMessage{Offer: offer, MAC: &mac, View: view})
}

// JoinRenewal makes the message of a renewal.
func JoinRenewal(offer []byte) ([]byte, error) { return joinOffer(&OfferMessage{Offer: offer}) }

func joinOffer(m *OfferMessage) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("join offer: %w", err)
	}
	b, err := encode(m)
	if err != nil {
		return nil, fmt.Errorf("join offer: %w", err)
	}
	return b, nil
}

// ParseOfferMessage takes a message apart. It checks form and sizes only: see [OfferMessage.ParseOffer] and
// [OfferMessage.Proves].
func ParseOfferMessage(b []byte) (*OfferMessage, error) {
	if len(b) > MaxOfferMessage {
		return nil, fmt.Errorf("parse offer message: %d bytes are more than %d", len(b), MaxOfferMessage)
	}
	var m OfferMessage
	if err := decode(b, &m); err != nil {
		return nil, fmt.Errorf("parse offer message: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("parse offer message: %w", err)
	}
	return &m, nil
}

func (m *OfferMessage) check() error {
	switch {
	case len(m.Offer) == 0 || len(m.Offer) > MaxOffer:
		return fmt.Errorf("offer of %d bytes", len(m.Offer))
	case len(m.View) > MaxView:
		return fmt.Errorf("view of %d bytes is more than %d", len(m.View), MaxView)
	case m.MAC == nil && len(m.View) != 0:
		return errors.New("a view without a proof")
	}
	return nil
}

// ParseOffer reads and verifies the offer as the function [ParseOffer] does, and that the message is one for it: a claim
// has a proof, still to be checked by who knows the secret, and the view that its offer names; a renewal has neither.
func (m *OfferMessage) ParseOffer(fleet *x509.Certificate) (*SignedOffer, error) {
	o, err := ParseOffer(m.Offer, fleet)
	if err != nil {
		return nil, err
	}
	switch {
	case (o.Renews == nil) != (m.MAC != nil):
		return nil, errors.New("parse offer message: a proof belongs to claims")
	case (o.View == nil) != (len(m.View) == 0):
		return nil, errors.New("parse offer message: a view without the other half")
	case o.View != nil && *o.View != HashOf(m.View):
		return nil, errors.New("parse offer message: view is not the one that the offer names")
	}
	return o, nil
}

// Proves says whether the camera that made the offer has seen the code with this secret.
func (m *OfferMessage) Proves(secret [16]byte) error {
	if m.MAC == nil {
		return errors.New("check offer: no proof, as renewals have none")
	}
	if mac := offerMAC(m.Offer, secret); !hmac.Equal(mac[:], m.MAC[:]) {
		return errors.New("check offer: made by a camera that has not seen this code")
	}
	return nil
}

func offerMAC(offer []byte, secret [16]byte) (mac [32]byte) {
	h := hmac.New(sha256.New, secret[:])
	h.Write(offer)
	h.Sum(mac[:0])
	return mac
}
