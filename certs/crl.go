package certs

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"
)

// RevocationList is the fleet CA's X.509 CRL (RFC 5280, section 5): the certificates that count no longer. The nil list
// revokes nothing. It is safe for concurrent use.
//
// Dates play no part. A camera's clock, and a cloud's after an outage, may be years off: a list that went out of date by
// such a clock would revoke everything or nothing. NextUpdate is the end of 9999 and nobody reads it. The newest list is
// the one with the greatest number.
type RevocationList struct {
	Number  uint64 // rises with every list
	Raw     []byte // DER
	serials map[string]bool
	entries []x509.RevocationListEntry
}

const (
	// MaxCRL bounds an encoded list, in bytes: about 25,000 certificates.
	MaxCRL  = 1 << 20
	pemCRL  = "X509 CRL"
	maxPEM  = MaxCRL/3*4 + MaxCRL/16 // base64 in lines of 64
	maxSize = 20                     // bytes of a serial number (RFC 5280, section 4.1.2.2)
)

// Has says whether a certificate with this serial number was revoked.
func (l *RevocationList) Has(serial *big.Int) bool {
	return l != nil && serial != nil && serial.Sign() > 0 && l.serials[string(serial.Bytes())]
}

// Len returns how many certificates were revoked.
func (l *RevocationList) Len() int {
	if l == nil {
		return 0
	}
	return len(l.serials)
}

// ParseCRL reads a list in DER and verifies that exactly this fleet CA has signed it.
func ParseCRL(der []byte, fleet *x509.Certificate) (*RevocationList, error) {
	l, err := parseCRL(der, fleet)
	if err != nil {
		return nil, fmt.Errorf("parse revocation list: %w", err)
	}
	return l, nil
}

func parseCRL(der []byte, fleet *x509.Certificate) (*RevocationList, error) {
	if len(der) > MaxCRL {
		return nil, fmt.Errorf("%d bytes are more than %d", len(der), MaxCRL)
	}
	c, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, err
	}
	switch {
	case len(c.Raw) != len(der):
		return nil, errors.New("something follows it")
	case c.SignatureAlgorithm != x509.ECDSAWithSHA256:
		return nil, fmt.Errorf("signed with %v, not ECDSA with SHA-256", c.SignatureAlgorithm)
	case !bytes.Equal(c.RawIssuer, fleet.RawSubject) || !bytes.Equal(c.AuthorityKeyId, fleet.SubjectKeyId):
		return nil, errors.New("of another certificate authority")
	case c.Number == nil || c.Number.Sign() < 0 || !c.Number.IsUint64():
		return nil, errors.New("its number is not one of at most 64 bits")
	}
	if err := c.CheckSignatureFrom(fleet); err != nil {
		return nil, errBadSignature
	}
	for _, e := range c.Extensions {
		if e.Critical { // a delta list, or one of some certificates only (RFC 5280, section 5.2)
			return nil, fmt.Errorf("has critical extension %v, which is not understood here", e.Id)
		}
	}
	l := &RevocationList{Number: c.Number.Uint64(), Raw: c.Raw, serials: map[string]bool{}}
	for _, e := range c.RevokedCertificateEntries {
		if err := checkEntry(&e); err != nil {
			return nil, err
		}
		l.serials[string(e.SerialNumber.Bytes())] = true
		l.entries = append(l.entries, x509.RevocationListEntry{SerialNumber: e.SerialNumber, RevocationTime: e.RevocationTime, ReasonCode: e.ReasonCode})
	}
	return l, nil
}

func checkEntry(e *x509.RevocationListEntry) error {
	if e.SerialNumber.Sign() <= 0 || len(e.SerialNumber.Bytes()) > maxSize {
		return errors.New("a serial number is not one")
	}
	for _, x := range e.Extensions {
		if x.Critical {
			return fmt.Errorf("an entry has critical extension %v, which is not understood here", x.Id)
		}
	}
	return nil
}

// Revoke makes the list that follows old: its entries as they stand, and serials. The first list follows nil, and has
// number 1. The DER is for [WriteCRL].
func (f *Fleet) Revoke(old *RevocationList, serials []*big.Int, now time.Time) ([]byte, error) {
	next := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now, NextUpdate: notAfter, SignatureAlgorithm: x509.ECDSAWithSHA256}
	seen := map[string]bool{}
	if old != nil {
		if old.Number == math.MaxUint64 {
			return nil, errors.New("revoke: no number follows the last list's")
		}
		next.Number.SetUint64(old.Number + 1)
		next.RevokedCertificateEntries = append(next.RevokedCertificateEntries, old.entries...)
	}
	for _, s := range serials {
		e := x509.RevocationListEntry{SerialNumber: s, RevocationTime: now}
		if s == nil || checkEntry(&e) != nil {
			return nil, errors.New("revoke: not a serial number")
		}
		if k := string(s.Bytes()); !old.Has(s) && !seen[k] {
			seen[k] = true
			next.RevokedCertificateEntries = append(next.RevokedCertificateEntries, e)
		}
	}
	der, err := x509.CreateRevocationList(rand.Reader, next, f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("revoke: %w", err)
	}
	if len(der) > MaxCRL {
		return nil, fmt.Errorf("revoke: a list of %d bytes is more than %d", len(der), MaxCRL)
	}
	return der, nil
}

// ReadCRL reads what WriteCRL wrote and verifies it as ParseCRL does.
func ReadCRL(path string, fleet *x509.Certificate) (*RevocationList, error) {
	b, err := ReadFile(path, maxPEM)
	if err != nil {
		return nil, err
	}
	der, ok := solePEM(b, pemCRL)
	if !ok {
		return nil, fmt.Errorf("read revocation list %s: not one list in PEM", path)
	}
	l, err := parseCRL(der, fleet)
	if err != nil {
		return nil, fmt.Errorf("read revocation list %s: %w", path, err)
	}
	return l, nil
}

// WriteCRL writes a list in PEM, mode 0644.
func WriteCRL(path string, der []byte) error {
	return WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: pemCRL, Bytes: der}), 0o644)
}
