package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxCertificate bounds a certificate in DER, in bytes.
const MaxCertificate = 4096

// Every certificate has the same validity, so that no lying clock makes one invalid: revocation and epochs
// end things, dates do not. 99991231235959Z means "no well-defined expiry" (RFC 5280, section 4.1.2.5).
var (
	notBefore = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// Subjects and names.
const (
	eventSubject   = "Signet event key"
	deviceSubject  = "Signet camera"
	receiptSubject = "Signet receipts"
	receiptURN     = "urn:signet:receipts"
)

// EventCert is an event certificate: the owner's word that a key signs records for one device in one epoch.
type EventCert struct {
	Device DeviceID
	Epoch  uint64
	Key    *ecdsa.PublicKey
	KeyID  KeyID
	Level  KeyLevel // as the camera said it
	X5T    Hash     // SHA-256 of Raw
	Raw    []byte   // DER
	cert   *x509.Certificate
}

// ParseEventCertificate reads an event certificate. Whose it is, it does not say: see [VerifyEventCertificate].
func ParseEventCertificate(der []byte) (*EventCert, error) {
	c, key, err := parseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("event certificate: %w", err)
	}
	e := &EventCert{Key: key, X5T: HashOf(der), Raw: c.Raw, cert: c}
	if c.IsCA || !c.BasicConstraintsValid || c.KeyUsage != x509.KeyUsageDigitalSignature || len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) != 0 {
		return nil, errors.New("event certificate: not one that signs records only")
	}
	if e.Device, err = DeviceFromCertificate(c); err != nil {
		return nil, fmt.Errorf("event certificate: %w", err)
	}
	if e.Epoch, err = epochOf(c.Subject); err != nil {
		return nil, fmt.Errorf("event certificate: %w", err)
	}
	if e.Level, err = levelOf(c.Subject); err != nil {
		return nil, fmt.Errorf("event certificate: %w", err)
	}
	if e.KeyID, err = KeyIDOf(key); err != nil {
		return nil, err
	}
	return e, nil
}

// VerifyEventCertificate builds the path from an event certificate to exactly one root, the owner's, and
// returns what the certificate says. The root is only taken if the SHA-256 of its public key is owner.
func VerifyEventCertificate(event, root []byte, owner OwnerID) (*EventCert, error) {
	e, err := ParseEventCertificate(event)
	if err != nil {
		return nil, err
	}
	r, err := parseOwnerRoot(root, owner)
	if err != nil {
		return nil, err
	}
	if err := verifyPath(e.cert, r, x509.ExtKeyUsageAny); err != nil {
		return nil, fmt.Errorf("event certificate: %w", err)
	}
	return e, nil
}

// OwnerKey returns the public key of an owner's root, which must be owner's.
func OwnerKey(root []byte, owner OwnerID) (*ecdsa.PublicKey, error) {
	c, err := parseOwnerRoot(root, owner)
	if err != nil {
		return nil, err
	}
	return p256(c.PublicKey)
}

func parseOwnerRoot(der []byte, owner OwnerID) (*x509.Certificate, error) {
	c, key, err := parseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("owner's root: %w", err)
	}
	id, err := KeyIDOf(key)
	if err != nil {
		return nil, err
	}
	if id != owner {
		return nil, fmt.Errorf("owner's root: is of owner %s, not %s", id.Short(), owner.Short())
	}
	if !c.IsCA || !c.BasicConstraintsValid || c.MaxPathLen != 0 || !c.MaxPathLenZero || c.KeyUsage != x509.KeyUsageCertSign {
		return nil, errors.New("owner's root: not a CA with path length 0 that signs certificates only")
	}
	if err := c.CheckSignatureFrom(c); err != nil {
		return nil, errors.New("owner's root: is not signed by itself")
	}
	return c, nil
}

// parseCertificate reads a certificate of the profile that all of ours have.
func parseCertificate(der []byte) (*x509.Certificate, *ecdsa.PublicKey, error) {
	if len(der) > MaxCertificate {
		return nil, nil, fmt.Errorf("%d bytes are more than %d", len(der), MaxCertificate)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	key, err := p256(c.PublicKey)
	if err != nil {
		return nil, nil, err
	}
	if c.SignatureAlgorithm != x509.ECDSAWithSHA256 {
		return nil, nil, fmt.Errorf("signed with %v, not ECDSA with SHA-256", c.SignatureAlgorithm)
	}
	if !c.NotBefore.Equal(notBefore) || !c.NotAfter.Equal(notAfter) {
		return nil, nil, errors.New("validity is not 2020-01-01 to 9999-12-31")
	}
	return c, key, nil
}

// verifyPath builds the path with a pool of exactly one root. The time is any within the one validity.
func verifyPath(c, root *x509.Certificate, usage x509.ExtKeyUsage) error {
	pool := x509.NewCertPool()
	pool.AddCert(root)
	_, err := c.Verify(x509.VerifyOptions{
		Roots:         pool,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   notBefore.AddDate(1, 0, 0),
		KeyUsages:     []x509.ExtKeyUsage{usage},
	})
	if err != nil {
		return fmt.Errorf("no path to %s: %w", root.Subject.CommonName, err)
	}
	return nil
}

// epochOf reads the one serialNumber attribute of an event certificate's subject.
func epochOf(subject pkix.Name) (uint64, error) {
	var serials []string
	for _, a := range subject.Names {
		if s, ok := a.Value.(string); ok && a.Type.Equal(oidSerialNumber) {
			serials = append(serials, s)
		}
	}
	if len(serials) != 1 {
		return 0, fmt.Errorf("%d epochs instead of 1", len(serials))
	}
	n, err := strconv.ParseUint(serials[0], 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != serials[0] {
		return 0, fmt.Errorf("epoch %.40q is not a number from 1", serials[0])
	}
	return n, nil
}

// DeviceFromCertificate returns the device id in the subject alternative name, which must be the only name.
func DeviceFromCertificate(c *x509.Certificate) (DeviceID, error) { return deviceOf(c.Extensions) }

func deviceOf(extensions []pkix.Extension) (DeviceID, error) {
	uri, err := soleURI(extensions)
	if err != nil {
		return DeviceID{}, err
	}
	s, ok := strings.CutPrefix(uri, "urn:uuid:")
	if !ok {
		return DeviceID{}, errors.New("alternative name is not a urn:uuid")
	}
	return ParseDeviceID(s)
}

// soleURI returns the one alternative name, letter for letter. The lists of crypto/x509 do not serve: they leave
// out kinds of names that Go does not know, and a url.URL does not keep how it was written.
func soleURI(extensions []pkix.Extension) (string, error) {
	var found [][]byte
	for _, e := range extensions {
		if e.Id.Equal(oidAltName) {
			found = append(found, e.Value)
		}
	}
	if len(found) != 1 {
		return "", errors.New("alternative names are not one URI")
	}
	const sequence, uri = 0x30, 0x86 // GeneralNames, uniformResourceIdentifier [6]; lengths below 128 take one byte
	b := found[0]
	if n := len(b); n < 4 || n > 127 || b[0] != sequence || int(b[1]) != n-2 || b[2] != uri || int(b[3]) != n-4 {
		return "", errors.New("alternative names are not one URI")
	}
	return string(b[4:]), nil
}

var (
	oidAltName      = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}
)

// template returns what all certificates have in common. Serial numbers are random, 127 bits.
func template(subject pkix.Name) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber:          serial,
		Subject:               subject,
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		SignatureAlgorithm:    x509.ECDSAWithSHA256,
		BasicConstraintsValid: true,
	}, nil
}

// selfSigned makes a root certificate for key.
func selfSigned(name string, usage x509.KeyUsage, key crypto.Signer) ([]byte, error) {
	t, err := template(pkix.Name{CommonName: name})
	if err != nil {
		return nil, err
	}
	t.IsCA, t.MaxPathLenZero, t.KeyUsage = true, true, usage
	return x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
}

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err) // constant or a UUID
	}
	return u
}
