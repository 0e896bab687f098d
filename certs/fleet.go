package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
)

// NewKey makes a P-256 key.
func NewKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// Fleet is the camera maker's certificate authority. It says which devices are real and which cloud is theirs;
// it has no say in whose an event is.
type Fleet struct {
	Cert *x509.Certificate
	Key  crypto.Signer
}

// Names of the files of a fleet's folder.
const (
	fleetCertFile = "fleet.pem"
	fleetKeyFile  = "fleet.key"
)

// NewFleet makes a fleet CA.
func NewFleet(name string) (*Fleet, error) {
	key, err := NewKey()
	if err != nil {
		return nil, fmt.Errorf("make fleet key: %w", err)
	}
	der, err := selfSigned(name, x509.KeyUsageCertSign|x509.KeyUsageCRLSign, key)
	if err != nil {
		return nil, fmt.Errorf("make fleet certificate: %w", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Fleet{Cert: c, Key: key}, nil
}

// Save writes the CA to dir: fleet.pem, and fleet.key readable by its user only.
func (f *Fleet) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("save fleet: %w", err)
	}
	if err := WriteKey(filepath.Join(dir, fleetKeyFile), f.Key); err != nil {
		return err
	}
	return WriteCert(filepath.Join(dir, fleetCertFile), f.Cert.Raw)
}

// LoadFleet reads what Save wrote.
func LoadFleet(dir string) (*Fleet, error) {
	c, err := ReadCA(filepath.Join(dir, fleetCertFile))
	if err != nil {
		return nil, err
	}
	key, err := ReadKey(filepath.Join(dir, fleetKeyFile))
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(c.PublicKey) {
		return nil, fmt.Errorf("load fleet %s: key does not belong to the certificate", dir)
	}
	return &Fleet{Cert: c, Key: key}, nil
}

// IssueReceipts certifies the key that signs the cloud's receipts, for nothing else.
func (f *Fleet) IssueReceipts(pub *ecdsa.PublicKey) ([]byte, error) {
	t, err := template(pkix.Name{CommonName: receiptSubject})
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.URIs = []*url.URL{mustURL(receiptURN)}
	return f.issue(t, pub)
}

// IssueServer certifies a TLS server for host names and addresses.
func (f *Fleet) IssueServer(pub *ecdsa.PublicKey, hosts []string) ([]byte, error) {
	if len(hosts) == 0 {
		return nil, errors.New("issue server certificate: no host")
	}
	t, err := template(pkix.Name{CommonName: hosts[0]})
	if err != nil {
		return nil, err
	}
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	return f.issue(t, pub)
}

func (f *Fleet) issue(t *x509.Certificate, pub *ecdsa.PublicKey) ([]byte, error) {
	der, err := x509.CreateCertificate(rand.Reader, t, f.Cert, pub, f.Key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate: %w", err)
	}
	return der, nil
}

func verifyReceiptCertificate(der []byte, fleet *x509.Certificate) (*x509.Certificate, *ecdsa.PublicKey, error) {
	c, key, err := parseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("receipt certificate: %w", err)
	}
	if uri, err := soleURI(c.Extensions); c.IsCA || c.KeyUsage != x509.KeyUsageDigitalSignature || err != nil || uri != receiptURN {
		return nil, nil, errors.New("receipt certificate: not one for receipts")
	}
	if err := verifyPath(c, fleet, x509.ExtKeyUsageAny); err != nil {
		return nil, nil, fmt.Errorf("receipt certificate: %w", err)
	}
	return c, key, nil
}
