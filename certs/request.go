package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/url"
)

// Request is a certificate request of a device, signed by the key in it.
type Request struct {
	Device DeviceID
	Key    *ecdsa.PublicKey
	Level  KeyLevel
}

// DeviceRequest makes the PKCS #10 request for a device certificate, in DER.
func DeviceRequest(id DeviceID, key crypto.Signer, level KeyLevel) ([]byte, error) {
	return request(deviceSubject, id, key, level)
}

// EventRequest makes the PKCS #10 request for an event certificate, in DER.
func EventRequest(id DeviceID, key crypto.Signer, level KeyLevel) ([]byte, error) {
	return request(eventSubject, id, key, level)
}

func request(subject string, id DeviceID, key crypto.Signer, level KeyLevel) ([]byte, error) {
	if !level.known() {
		return nil, fmt.Errorf("make certificate request: %w", errNoLevel)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:            pkix.Name{CommonName: subject, OrganizationalUnit: []string{string(level)}},
		SignatureAlgorithm: x509.ECDSAWithSHA256,
		URIs:               []*url.URL{mustURL(id.URN())},
	}, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return der, nil
}

// ParseRequest reads a certificate request of a device and checks that it is signed by the key in it.
func ParseRequest(der []byte) (*Request, error) {
	r, err := parseRequest(der)
	if err != nil {
		return nil, fmt.Errorf("certificate request: %w", err)
	}
	return r, nil
}

func parseRequest(der []byte) (*Request, error) {
	if len(der) > MaxCertificate {
		return nil, errors.New("too large")
	}
	c, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, err
	}
	if err := c.CheckSignature(); err != nil {
		return nil, err
	}
	r := &Request{}
	if r.Key, err = p256(c.PublicKey); err != nil {
		return nil, err
	}
	if c.SignatureAlgorithm != x509.ECDSAWithSHA256 {
		return nil, fmt.Errorf("signed with %v, not ECDSA with SHA-256", c.SignatureAlgorithm)
	}
	if r.Device, err = deviceOf(c.Extensions); err != nil {
		return nil, err
	}
	if r.Level, err = levelOf(c.Subject); err != nil {
		return nil, err
	}
	return r, nil
}
