package cloud

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"signet/certs"
)

// devicesDir keeps a copy of each certificate that was issued.
const devicesDir = "devices"

// maxRequest bounds a camera's request, bytes.
const maxRequest = 16 << 10

// ErrOtherKey says that a device id was certified for another key already.
var ErrOtherKey = errors.New("this device id is certified for another key")

// Enroll certifies the camera that wrote a request (PEM), whose device id stands in it, and returns the certificate's
// path: out, or one in the state folder. Asked again, it gives the same certificate; one device id has one key.
func Enroll(dir, request, out string) (certs.DeviceID, string, error) {
	fleet, err := loadFleet(dir)
	if err != nil {
		return certs.DeviceID{}, "", err
	}
	text, err := certs.ReadFile(request, maxRequest)
	if err != nil {
		return certs.DeviceID{}, "", err
	}
	device, der, err := enroll(fleet, dir, text)
	if err != nil {
		return certs.DeviceID{}, "", fmt.Errorf("enroll %s: %w", request, err)
	}
	path := filepath.Join(dir, devicesDir, device.String()+".pem")
	if out == "" {
		return device, path, nil
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

func enroll(fleet *certs.Fleet, dir string, request []byte) (certs.DeviceID, []byte, error) {
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return certs.DeviceID{}, nil, errors.New("not a certificate request in PEM")
	}
	r, err := certs.ParseRequest(block.Bytes)
	if err != nil {
		return certs.DeviceID{}, nil, err
	}
	path := filepath.Join(dir, devicesDir, r.Device.String()+".pem")
	if der, err := certs.ReadCert(path); err == nil {
		known, err := certs.VerifyDeviceCertificate(der, fleet.Cert)
		if err != nil || !known.Key.Equal(r.Key) {
			return certs.DeviceID{}, nil, ErrOtherKey
		}
		return r.Device, der, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return certs.DeviceID{}, nil, err
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
