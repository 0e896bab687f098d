package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/url"
)

// DeviceCert is a device certificate: the fleet's word that a key is a device's.
type DeviceCert struct {
	Device DeviceID
	Key    *ecdsa.PublicKey
	Level  KeyLevel
	Serial *big.Int // as revocation lists name it
	Raw    []byte   // DER
}

// IssueDevice certifies a device key. The certificate has no expiry and serves as a TLS client's.
func (f *Fleet) IssueDevice(pub *ecdsa.PublicKey, id DeviceID, level KeyLevel) ([]byte, error) {
	if !level.known() {
		return nil, fmt.Errorf("issue device certificate: %w", errNoLevel)
	}
	// The common name is for brokers that know a client by nothing else (mosquitto); nothing here reads it.
	t, err := template(pkix.Name{CommonName: id.String(), OrganizationalUnit: []string{string(level)}})
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	t.URIs = []*url.URL{mustURL(id.URN())}
	return f.issue(t, pub)
}

// VerifyDeviceCertificate builds the path from a device certificate to the fleet CA and returns what it says. Whether it
// was revoked is for a [RevocationList] to say.
func VerifyDeviceCertificate(der []byte, fleet *x509.Certificate) (*DeviceCert, error) {
	d, c, err := parseDeviceCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("device certificate: %w", err)
	}
	if err := verifyPath(c, fleet, x509.ExtKeyUsageClientAuth); err != nil {
		return nil, fmt.Errorf("device certificate: %w", err)
	}
	return d, nil
}

// parseDeviceCertificate reads a device certificate of whatever fleet.
func parseDeviceCertificate(der []byte) (*DeviceCert, *x509.Certificate, error) {
	c, key, err := parseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	if c.IsCA || len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth {
		return nil, nil, errors.New("not one of a TLS client")
	}
	d := &DeviceCert{Key: key, Serial: c.SerialNumber, Raw: c.Raw}
	if d.Device, err = DeviceFromCertificate(c); err != nil {
		return nil, nil, err
	}
	if d.Level, err = levelOf(c.Subject); err != nil {
		return nil, nil, err
	}
	return d, c, nil
}

// deviceOfSigner returns what the certificate of a device that is about to sign says.
func deviceOfSigner(deviceCert []byte, deviceKey crypto.Signer) (*DeviceCert, error) {
	d, _, err := parseDeviceCertificate(deviceCert)
	if err != nil {
		return nil, err
	}
	if !d.Key.Equal(deviceKey.Public()) {
		return nil, errOtherKey
	}
	return d, nil
}

// splitOfDevice reads a statement that carries its device certificate, and verifies both. The body is not read.
func splitOfDevice(b []byte, p purpose, limit int, fleet *x509.Certificate) (*statement, *DeviceCert, error) {
	st, err := split(b, limit)
	if err != nil {
		return nil, nil, err
	}
	der, err := st.chain()
	if err != nil {
		return nil, nil, err
	}
	device, err := VerifyDeviceCertificate(der, fleet)
	if err != nil {
		return nil, nil, err
	}
	if err := st.verify(p, device.Key); err != nil {
		return nil, nil, err
	}
	return st, device, nil
}
