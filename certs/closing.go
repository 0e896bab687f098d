package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
)

// ClosingCause says why an epoch ended.
type ClosingCause uint

// Causes.
const (
	Released ClosingCause = iota + 1 // the owner let the camera go
	Reset                            // somebody at the camera did
)

var closingCauses = [...]string{"", "released", "reset"}

func (c ClosingCause) String() string {
	if c == 0 || uint(c) >= uint(len(closingCauses)) {
		return fmt.Sprintf("cause %d", uint(c))
	}
	return closingCauses[c]
}

// Closing is the camera's last word in an epoch, signed by the device key, inside its last record.
type Closing struct {
	Version   uint64       `cbor:"0,keyasint"` // set by SignClosing
	Device    DeviceID     `cbor:"1,keyasint"`
	Owner     OwnerID      `cbor:"2,keyasint"`
	Epoch     uint64       `cbor:"3,keyasint"`
	OfferHash Hash         `cbor:"4,keyasint"` // of the encoded offer that began the epoch
	Last      Position     `cbor:"5,keyasint"` // of the closed record that holds it
	Cause     ClosingCause `cbor:"6,keyasint"`
	Release   []byte       `cbor:"7,keyasint,omitempty"` // of cause Released, and only there: encoded
}

// maxClosing bounds an encoded closing, in bytes: it stands in a record beside everything else.
const maxClosing = 8 << 10

// SignClosing signs c with the device key that deviceCert certifies.
func SignClosing(c *Closing, deviceCert []byte, deviceKey crypto.Signer) ([]byte, error) {
	c.Version = formatVersion
	device, err := deviceOfSigner(deviceCert, deviceKey)
	if err != nil {
		return nil, fmt.Errorf("sign closing: %w", err)
	}
	if c.Device != device.Device {
		return nil, errors.New("sign closing: device is not the certificate's")
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("sign closing: %w", err)
	}
	b, err := sign(forClosing, byChain(deviceCert), c, deviceKey, maxClosing)
	if err != nil {
		return nil, fmt.Errorf("sign closing: %w", err)
	}
	return b, nil
}

// ParseClosing reads a closing and verifies the device certificate's path to the fleet CA and the signature. A release in
// it is of this epoch as far as it says so itself: see [Closing.VerifyRelease].
func ParseClosing(b []byte, fleet *x509.Certificate) (*Closing, error) {
	c, err := parseClosing(b, fleet)
	if err != nil {
		return nil, fmt.Errorf("parse closing: %w", err)
	}
	return c, nil
}

func parseClosing(b []byte, fleet *x509.Certificate) (*Closing, error) {
	st, device, err := splitOfDevice(b, forClosing, maxClosing, fleet)
	if err != nil {
		return nil, err
	}
	c, err := closingOf(st)
	if err != nil {
		return nil, err
	}
	if c.Device != device.Device {
		return nil, errors.New("device is not the certificate's")
	}
	return c, nil
}

func closingOf(st *statement) (*Closing, error) {
	var c Closing
	if err := st.body(&c); err != nil {
		return nil, err
	}
	return &c, c.check()
}

// unverifiedClosing reads a closing without the fleet's certificate: it may be anybody's.
func unverifiedClosing(b []byte) (*Closing, error) {
	st, err := split(b, maxClosing)
	if err != nil {
		return nil, err
	}
	if _, err := st.chain(); err != nil {
		return nil, err
	}
	return closingOf(st)
}

// check holds the conditions of record.cddl.
func (c *Closing) check() error {
	switch {
	case c.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", c.Version)
	case c.Epoch == 0:
		return errors.New("epoch 0")
	case c.Last.Boot == 0:
		return errors.New("boot 0")
	case c.Cause != Released && c.Cause != Reset:
		return fmt.Errorf("unknown %v", c.Cause)
	case (c.Cause == Released) != (len(c.Release) != 0):
		return errors.New("a release belongs to released")
	case c.Cause == Reset:
		return nil
	}
	r, err := unverifiedRelease(c.Release)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return c.fits(r)
}

func (c *Closing) fits(r *Release) error {
	if r.Device != c.Device || r.Owner != c.Owner || r.Epoch != c.Epoch || r.OfferHash != c.OfferHash {
		return errors.New("release is of another epoch")
	}
	return nil
}

// VerifyRelease returns the release that the closing carries and verifies that the owner whom both name has signed it with
// owner. A reset has none, and that is an error.
func (c *Closing) VerifyRelease(owner *ecdsa.PublicKey) (*Release, error) {
	if c.Cause != Released {
		return nil, fmt.Errorf("verify release: the epoch ended by %v", c.Cause)
	}
	r, err := ParseRelease(c.Release, owner)
	if err != nil {
		return nil, err
	}
	if err := c.fits(r); err != nil {
		return nil, fmt.Errorf("verify release: %w", err)
	}
	return r, nil
}

// checkClosing says whether the closing in a closed record is of the record's own epoch, and ends at the record.
func (r *Record) checkClosing() error {
	c, err := unverifiedClosing(r.Closing)
	if err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	if c.Device != r.Device || c.Owner != r.Owner || c.Epoch != r.Epoch {
		return errors.New("closing is of another epoch")
	}
	if c.Last != r.Position {
		return fmt.Errorf("closing ends at %v, not here at %v", c.Last, r.Position)
	}
	return nil
}
