package cloud

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"signet/certs"
)

// maxRequest bounds a camera's request, bytes.
const maxRequest = 16 << 10

// ErrOtherKey says that a device id was certified for another key already.
var ErrOtherKey = errors.New("this device id is certified for another key")

// Enroll certifies the camera that wrote a request (PEM), whose device id stands in it, and returns the certificate's
// path: out, or one in the state folder. Asked again, it gives the same certificate, unless that was revoked: then another
// one, and the key may be another too. Otherwise one device id has one key.
func Enroll(dir, request, out string) (certs.DeviceID, string, error) {
	fleet, err := loadFleet(dir)
	if err != nil {
		return certs.DeviceID{}, "", err
	}
	held, err := lockFleet(dir)
	if err != nil {
		return certs.DeviceID{}, "", err
	}
	defer held.Close()
	text, err := certs.ReadFile(request, maxRequest)
	if err != nil {
		return certs.DeviceID{}, "", err
	}
	device, der, err := enroll(fleet, dir, text)
	if err != nil {
		return certs.DeviceID{}, "", fmt.Errorf("enroll %s: %w", request, err)
	}
	if out == "" {
		return device, issuedPath(dir, device), nil
	}
	return device, out, certs.WriteCert(out, der)
}

func loadFleet(dir string) (*certs.Fleet, error) {
	f, err := certs.LoadFleet(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNoFleet, err)
	}
	return f, err
}

// lockFleet waits until nobody else issues or revokes. The cloud may run.
func lockFleet(dir string) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, "fleet.key"))
	if err != nil {
		return nil, fmt.Errorf("lock fleet: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock fleet: %w", err)
	}
	return f, nil
}

func enroll(fleet *certs.Fleet, dir string, request []byte) (certs.DeviceID, []byte, error) {
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return certs.DeviceID{}, nil, errors.New("not a certificate request in PEM")
	}
	r, err := certs.ParseRequest(block.Bytes)
	if err != nil {
		return certs.DeviceID{}, nil, err
	}
	list, err := readCRL(dir, fleet.Cert)
	if err != nil {
		return certs.DeviceID{}, nil, err
	}
	path := issuedPath(dir, r.Device)
	known, err := readIssued(path, fleet.Cert)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return certs.DeviceID{}, nil, err
	case list.Has(known.Serial):
		if err := setAside(dir, known); err != nil {
			return certs.DeviceID{}, nil, err
		}
	case !known.Key.Equal(r.Key):
		return certs.DeviceID{}, nil, ErrOtherKey
	default:
		return r.Device, known.Raw, nil
	}
	der, err := fleet.IssueDevice(r.Key, r.Device, r.Level)
	if err != nil {
		return certs.DeviceID{}, nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return certs.DeviceID{}, nil, err
	}
	return r.Device, der, certs.WriteCert(path, der)
}
