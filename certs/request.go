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

// DeviceRequest makes the PKCS #10 request for a device certificate, in DER.
func DeviceRequest(id DeviceID, key crypto.Signer) ([]byte, error) {
	return request(deviceSubject, id, key)
}

func request(subject string, id DeviceID, key crypto.Signer) ([]byte, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:            pkix.Name{CommonName: subject},
		SignatureAlgorithm: x509.ECDSAWithSHA256,
		URIs:               []*url.URL{mustURL(id.URN())},
	}, key)
	if err != nil {
		return nil, fmt.Errorf("make certificate request: %w", err)
	}
	return der, nil
}

// ParseRequest reads a certificate request of a device, checks that it is signed by the key in it, and returns both.
func ParseRequest(der []byte) (DeviceID, *ecdsa.PublicKey, error) {
	if len(der) > MaxCertificate {
		return DeviceID{}, nil, errors.New("certificate request: too large")
	}
	r, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return DeviceID{}, nil, fmt.Errorf("certificate request: %w", err)
	}
	if err := r.CheckSignature(); err != nil {
		return DeviceID{}, nil, fmt.Errorf("certificate request: %w", err)
	}
	key, err := p256(r.PublicKey)
	if err != nil {
		return DeviceID{}, nil, fmt.Errorf("certificate request: %w", err)
	}
	if r.SignatureAlgorithm != x509.ECDSAWithSHA256 {
		return DeviceID{}, nil, fmt.Errorf("certificate request: signed with %v, not ECDSA with SHA-256", r.SignatureAlgorithm)
	}
	id, err := deviceOf(r.Extensions)
	if err != nil {
		return DeviceID{}, nil, fmt.Errorf("certificate request: %w", err)
	}
	return id, key, nil
}
