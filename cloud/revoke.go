package cloud

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path/filepath"
	"slices"
	"time"

	"signet/certs"
)

// ErrNotIssued says that no certificate of a device is in the folder.
var ErrNotIssued = errors.New("no certificate of this device was issued here")

// Revoke writes the next revocation list of a state folder. What is revoked is named by device id, for every certificate
// of that device, or by a certificate's file. It returns those that are news, and the number of the list in force; with no
// news no list is written. A cloud that runs in the folder takes the list at once.
func Revoke(dir string, what []string) (revoked []*certs.DeviceCert, number uint64, _ error) {
	fleet, err := loadFleet(dir)
	if err != nil {
		return nil, 0, err
	}
	held, err := lockFleet(dir)
	if err != nil {
		return nil, 0, err
	}
	defer held.Close()
	list, err := readCRL(dir, fleet.Cert)
	if err != nil {
		return nil, 0, err
	}
	if list != nil {
		number = list.Number
	}
	known, err := issued(dir, fleet.Cert)
	if err != nil {
		return nil, 0, err
	}
	var serials []*big.Int
	for _, name := range what {
		found, err := named(name, known, fleet.Cert)
		if err != nil {
			return nil, 0, fmt.Errorf("revoke %s: %w", name, err)
		}
		for _, c := range found {
			same := func(s *big.Int) bool { return s.Cmp(c.Serial) == 0 }
			if !list.Has(c.Serial) && !slices.ContainsFunc(serials, same) {
				revoked, serials = append(revoked, c), append(serials, c.Serial)
			}
		}
	}
	if len(serials) == 0 {
		return nil, number, nil
	}
	der, err := fleet.Revoke(list, serials, time.Now())
	if err != nil {
		return nil, 0, err
	}
	next, err := certs.ParseCRL(der, fleet.Cert)
	if err != nil {
		return nil, 0, err
	}
	return revoked, next.Number, certs.WriteCRL(filepath.Join(dir, crlFile), der)
}

// named returns the certificates that an argument names.
func named(name string, known []*certs.DeviceCert, fleet *x509.Certificate) ([]*certs.DeviceCert, error) {
	id, err := certs.ParseDeviceID(name)
	if err != nil {
		c, err := readIssued(name, fleet)
		return []*certs.DeviceCert{c}, err
	}
	found := slices.DeleteFunc(slices.Clone(known), func(c *certs.DeviceCert) bool { return c.Device != id })
	if len(found) == 0 {
		return nil, ErrNotIssued
	}
	return found, nil
}

// readFleet reads the CA's certificate.
func readFleet(dir string) (*x509.Certificate, error) {
	c, err := certs.ReadCA(filepath.Join(dir, "fleet.pem"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoFleet, err)
	}
	return c, err
}

// readCRL reads the list of a state folder, nil for none.
func readCRL(dir string, fleet *x509.Certificate) (*certs.RevocationList, error) {
	l, err := certs.ReadCRL(filepath.Join(dir, crlFile), fleet)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return l, err
}
