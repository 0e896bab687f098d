package certs

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"log/slog"
	"time"
)

// ClaimCode is what an owner shows to a camera to claim it, in a file or as a QR code. It holds a secret that
// the cloud never sees: so the cloud can substitute neither the owner nor the camera.
type ClaimCode struct {
	Owner    OwnerID
	Secret   [16]byte
	NotAfter time.Time // seconds
	Picture  [32]byte  // the owner's picture key, X25519: the view is sealed to it
	Cloud    string    // "host" or "host:port" of its MQTT listener; may be empty
	Fleet    *[16]byte // first half of the SHA-256 of the fleet CA certificate; may be nil
	WiFi     *WiFi     // may be nil
}

// WiFi is the way onto a network.
type WiFi struct {
	_                struct{} `cbor:",toarray"`
	SSID, Passphrase []byte   // 1 to 32, 0 to 63 bytes
}

type claimCodeBody struct {
	Version  uint64    `cbor:"0,keyasint"`
	Owner    OwnerID   `cbor:"1,keyasint"`
	Secret   [16]byte  `cbor:"2,keyasint"`
	NotAfter uint64    `cbor:"3,keyasint"`
	Picture  [32]byte  `cbor:"4,keyasint"`
	Cloud    string    `cbor:"5,keyasint,omitempty"`
	Fleet    *[16]byte `cbor:"6,keyasint,omitempty"`
	WiFi     *WiFi     `cbor:"7,keyasint,omitempty"`
}

const (
	// ClaimPrefix begins the text of every claim code.
	ClaimPrefix  = "SIGNET1:"
	maxClaimCode = 512 // bytes of CBOR; the longest there can be has 351
	maxCloud     = 128
	maxSSID      = 32
	maxPass      = 63
	maxUnix      = maxUnixMs / 1000
)

// NewClaimCode makes a code with a fresh secret. Cloud, fleet and Wi-Fi are for the caller to add.
func NewClaimCode(o *Owner, notAfter time.Time) *ClaimCode {
	c := &ClaimCode{Owner: o.ID, NotAfter: notAfter.Truncate(time.Second), Picture: o.Picture}
	rand.Read(c.Secret[:])
	return c
}

// Text returns the code as text: "SIGNET1:" and base32.
func (c *ClaimCode) Text() (string, error) {
	body := claimCodeBody{formatVersion, c.Owner, c.Secret, uint64(max(c.NotAfter.Unix(), 0)), c.Picture, c.Cloud, c.Fleet, c.WiFi}
	if c.WiFi != nil && c.WiFi.Passphrase == nil {
		body.WiFi = &WiFi{SSID: c.WiFi.SSID, Passphrase: []byte{}}
	}
	if err := body.check(); err != nil {
		return "", fmt.Errorf("encode claim code: %w", err)
	}
	s, err := toText(ClaimPrefix, body)
	if err != nil {
		return "", fmt.Errorf("encode claim code: %w", err)
	}
	return s, nil
}

// ParseClaimCode reads what Text wrote. It does not look at the clock.
func ParseClaimCode(s string) (*ClaimCode, error) {
	var b claimCodeBody
	if err := fromText(s, ClaimPrefix, "claim code", maxClaimCode, &b); err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	if err := b.check(); err != nil {
		return nil, fmt.Errorf("parse claim code: %w", err)
	}
	return &ClaimCode{b.Owner, b.Secret, time.Unix(int64(b.NotAfter), 0).UTC(), b.Picture, b.Cloud, b.Fleet, b.WiFi}, nil
}

// check holds the conditions of record.cddl that the encoding alone does not.
func (b *claimCodeBody) check() error {
	switch {
	case b.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", b.Version)
	case b.NotAfter > maxUnix:
		return errBeyond9999
	case b.Cloud != "" && !printable(b.Cloud, maxCloud):
		return fmt.Errorf("cloud is not 1 to %d printable characters", maxCloud)
	}
	if w := b.WiFi; w != nil {
		if len(w.SSID) == 0 || len(w.SSID) > maxSSID || w.Passphrase == nil || len(w.Passphrase) > maxPass {
			return fmt.Errorf("Wi-Fi is not a name of 1 to %d bytes and a passphrase of at most %d", maxSSID, maxPass)
		}
	}
	if err := checkX25519(b.Picture); err != nil {
		return fmt.Errorf("picture key: %w", err)
	}
	return nil
}

// Recipient returns the picture key as an age recipient.
func (c *ClaimCode) Recipient() string { return X25519Recipient(c.Picture) }

// FitsFleet says whether a camera of this fleet may answer. A code that names no fleet takes any.
func (c *ClaimCode) FitsFleet(fleet *x509.Certificate) bool {
	if c.Fleet == nil {
		return true
	}
	if fleet == nil {
		return false
	}
	h := sha256.Sum256(fleet.Raw)
	return bytes.Equal(h[:16], c.Fleet[:])
}

// NameFleet makes the code one for cameras of this fleet alone.
func (c *ClaimCode) NameFleet(fleet *x509.Certificate) {
	h := sha256.Sum256(fleet.Raw)
	c.Fleet = (*[16]byte)(h[:16])
}

// Format writes whose code it is and none of its secrets, whatever the verb.
func (c ClaimCode) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "claim code of owner %s", c.Owner.Short())
}

// LogValue is for slog, whose JSON would show the fields.
func (c ClaimCode) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format writes neither name nor passphrase, whatever the verb.
func (WiFi) Format(f fmt.State, _ rune) { fmt.Fprint(f, "Wi-Fi (redacted)") }

// LogValue is for slog, whose JSON would show the fields.
func (w WiFi) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(w)) }
