package certs

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ClaimCode is what an owner shows to a camera to claim it, in a file or as a QR code. It holds a secret that
// the cloud never sees: so the cloud can substitute neither the owner nor the camera.
type ClaimCode struct {
	Owner      OwnerID
	Secret     [16]byte
	NotAfter   time.Time // milliseconds
	Recipients []string  // age recipients
}

type claimCodeBody struct {
	Version    uint64   `cbor:"0,keyasint"`
	Owner      OwnerID  `cbor:"1,keyasint"`
	Secret     [16]byte `cbor:"2,keyasint"`
	NotAfter   uint64   `cbor:"3,keyasint"`
	Recipients []string `cbor:"4,keyasint"`
}

const (
	claimPrefix  = "SIGNET-CLAIM-1:"
	maxClaimCode = 8 << 10
)

// NewClaimCode makes a code with a fresh secret.
func NewClaimCode(o *Owner, notAfter time.Time) *ClaimCode {
	c := &ClaimCode{Owner: o.ID, NotAfter: notAfter.Truncate(time.Millisecond), Recipients: []string{o.Recipient}}
	rand.Read(c.Secret[:])
	return c
}

// Text returns the code as text: "SIGNET-CLAIM-1:" and base64url.
func (c *ClaimCode) Text() (string, error) {
	if _, err := NewSealer(c.Recipients); err != nil {
		return "", fmt.Errorf("encode claim code: %w", err)
	}
	b, err := encode(claimCodeBody{formatVersion, c.Owner, c.Secret, unixMs(c.NotAfter), c.Recipients})
	if err != nil {
		return "", fmt.Errorf("encode claim code: %w", err)
	}
	return claimPrefix + base64.RawURLEncoding.EncodeToString(b), nil
}

// ParseClaimCode reads what Text wrote. It does not look at the clock.
func ParseClaimCode(s string) (*ClaimCode, error) {
	text, ok := strings.CutPrefix(strings.TrimSpace(s), claimPrefix)
	if !ok || len(text) > maxClaimCode {
		return nil, errors.New("parse claim code: not a claim code")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || base64.RawURLEncoding.EncodeToString(b) != text { // the decoder passes over line ends
		return nil, errors.New("parse claim code: not base64url")
	}
	var body claimCodeBody
	if err := decode(b, &body); err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	if body.Version != formatVersion {
		return nil, fmt.Errorf("parse claim code: format %d is not spoken here", body.Version)
	}
	at, err := timeOf(body.NotAfter)
	if err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	if _, err := NewSealer(body.Recipients); err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	return &ClaimCode{body.Owner, body.Secret, at, body.Recipients}, nil
}
