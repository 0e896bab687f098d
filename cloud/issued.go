package cloud

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"signet/certs"
)

// A copy of each device certificate that was issued is kept: the newest of a device as devices/<id>.pem, and those before
// it, which were revoked, as devices/former/<id>.<serial>.pem. A revocation list names serial numbers only.
const (
	devicesDir = "devices"
	formerDir  = "former"
)

// Issued is a device certificate that this fleet has issued.
type Issued struct {
	*certs.DeviceCert
	Revoked bool
}

// ListIssued returns the device certificates of a state folder, sorted by device, the newest of each first.
func ListIssued(dir string) ([]Issued, error) {
	fleet, err := readFleet(dir)
	if err != nil {
		return nil, err
	}
	list, err := readCRL(dir, fleet)
	if err != nil {
		return nil, err
	}
	known, err := issued(dir, fleet)
	if err != nil {
		return nil, err
	}
	var out []Issued
	for _, c := range known {
		out = append(out, Issued{c, list.Has(c.Serial)})
	}
	return out, nil
}

// issued reads all certificates of the folder.
func issued(dir string, fleet *x509.Certificate) ([]*certs.DeviceCert, error) {
	var out []*certs.DeviceCert
	for _, folder := range []string{filepath.Join(dir, devicesDir), filepath.Join(dir, devicesDir, formerDir)} {
		files, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list certificates: %w", err)
		}
		for _, f := range files {
			if f.IsDir() || !strings.HasSuffix(f.Name(), ".pem") {
				continue
			}
			c, err := readIssued(filepath.Join(folder, f.Name()), fleet)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b *certs.DeviceCert) int { return strings.Compare(a.Device.String(), b.Device.String()) })
	return out, nil
}

func issuedPath(dir string, d certs.DeviceID) string {
	return filepath.Join(dir, devicesDir, d.String()+".pem")
}

func readIssued(path string, fleet *x509.Certificate) (*certs.DeviceCert, error) {
	der, err := certs.ReadCert(path)
	if err != nil {
		return nil, err
	}
	c, err := certs.VerifyDeviceCertificate(der, fleet)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return c, nil
}

// setAside makes room for a device's next certificate.
func setAside(dir string, c *certs.DeviceCert) error {
	to := filepath.Join(dir, devicesDir, formerDir)
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return certs.WriteCert(filepath.Join(to, fmt.Sprintf("%s.%x.pem", c.Device, c.Serial)), c.Raw)
}
