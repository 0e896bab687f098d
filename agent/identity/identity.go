// Package identity is who a camera is: a device id and a device key, made once, and the fleet's certificate for them. It has
// nothing to do with who owns the camera, but that the keys of an ownership are kept where the device key is, behind Keys, and
// that its epochs are counted by a Counter. Both are files in the state folder, or something harder to copy.
package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"signet/certs"
	"signet/internal/hint"
)

// ErrNone says that a folder is no camera's state folder.
var ErrNone = errors.New("no camera's identity in this folder")

// ErrNotEnrolled says that the fleet CA has not certified this camera yet.
var ErrNotEnrolled = errors.New("camera is not enrolled in a fleet")

// Names of the files in the state folder.
const (
	idFile    = "device.id"
	certFile  = "device.pem"
	fleetFile = "fleet.pem"
	epochFile = "epoch"
)

// deviceKey is the device key's name among Keys.
const deviceKey = "device"

// maxID bounds the file that holds the id, in bytes.
const maxID = 1 << 10

// Device is a camera's identity. It does not change while a process runs.
type Device struct {
	ID     certs.DeviceID
	Key    crypto.Signer
	Cert   []byte            // DER; nil before enrolment
	Fleet  *x509.Certificate // nil before enrolment
	Keys   Keys              // the device key is one of them
	Epochs Counter           // of ownership
}

// Safe is where a camera keeps what must not be copied.
type Safe struct {
	Keys   Keys
	Epochs Counter
}

// Files is a Safe of files in the state folder dir.
func Files(dir string) Safe {
	return Safe{FileKeys(dir), FileCounter(filepath.Join(dir, epochFile))}
}

// Make reads the identity in dir and makes one where there is none, dir included. Otherwise it is as Open.
func Make(dir string) (*Device, error) {
	safe, err := safeOf(dir)
	if err != nil {
		return nil, err
	}
	return MakeIn(dir, safe)
}

// MakeIn is Make of an identity whose keys are in a safe.
func MakeIn(dir string, safe Safe) (*Device, error) {
	d, err := OpenIn(dir, safe)
	if !errors.Is(err, ErrNone) {
		return d, err
	}
	if shared(dir) {
		return nil, notOurs(dir)
	}
	if err := closedFolder(dir); err != nil {
		return nil, fmt.Errorf("open state folder: %w", err)
	}
	return create(dir, safe)
}

func notOurs(dir string) error {
	return hint.With(fmt.Errorf("make identity: %s holds other things and others may enter it", dir),
		"name a folder of the camera's own with --dir, or chmod 700 that one")
}

// shared says whether a folder is somebody else's too, such as /tmp: it is not ours to close.
func shared(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return false
	}
	entries, err := os.ReadDir(dir)
	return err != nil || len(entries) > 0
}

// Open reads the identity in dir. The error wraps ErrNone where there is none. A folder that others may enter is closed to
// them: what the agent keeps and listens on there is its user's. A key that others can read is refused with
// certs.ErrExposed.
func Open(dir string) (*Device, error) {
	safe, err := safeOf(dir)
	if err != nil {
		return nil, err
	}
	return OpenIn(dir, safe)
}

// OpenIn is Open of an identity whose keys are in a safe.
func OpenIn(dir string, safe Safe) (*Device, error) {
	path := filepath.Join(dir, idFile)
	b, err := certs.ReadFile(path, maxID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open %s: %w", dir, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("open state folder: %w", err)
	}
	if err := closedFolder(dir); err != nil {
		return nil, fmt.Errorf("open state folder: %w", err)
	}
	d := &Device{Keys: safe.Keys, Epochs: safe.Epochs}
	if d.ID, err = certs.ParseDeviceID(strings.TrimSpace(string(b))); err != nil {
		return nil, Damaged(fmt.Errorf("read %s: %w", path, err), keyHelp)
	}
	if d.Key, err = d.Keys.Open(deviceKey); err != nil {
		return nil, Damaged(err, keyHelp)
	}
	if err := d.readCertificates(dir); err != nil {
		return nil, Damaged(err, certHelp)
	}
	return d, nil
}

// What helps where files are damaged.
const (
	keyHelp  = "restore the state folder's backup, or enrol and claim the camera anew in an empty folder"
	certHelp = "restore the state folder's backup, or remove " + certFile + " and enrol the camera again"
)

// Damaged adds to an error what helps when a file in the state folder is not what was written there. Where the matter is
// another, as with a file that others can read, the error stays as it is.
func Damaged(err error, help string) error {
	if errors.Is(err, certs.ErrExposed) || hint.Of(err) != "" {
		return err
	}
	return hint.With(err, help)
}

// closedFolder makes dir if need be, and sees that only its user may enter it.
func closedFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	return os.Chmod(dir, 0o700)
}

// create makes key and id; the id is written last, so that an id without a key is never left behind. A key without an id is
// what a power cut left of this, and nobody's.
func create(dir string, safe Safe) (*Device, error) {
	if err := safe.Keys.Destroy(deviceKey); err != nil {
		return nil, fmt.Errorf("make device key: %w", err)
	}
	key, err := safe.Keys.New(deviceKey)
	if err != nil {
		return nil, fmt.Errorf("make device key: %w", err)
	}
	d := &Device{ID: certs.NewDeviceID(), Key: key, Keys: safe.Keys, Epochs: safe.Epochs}
	if err := certs.WriteFile(filepath.Join(dir, idFile), []byte(d.ID.String()+"\n"), 0o644); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *Device) readCertificates(dir string) error {
	path := filepath.Join(dir, certFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	der, err := certs.ReadCert(path)
	if err != nil {
		return err
	}
	fleet, err := certs.ReadCA(filepath.Join(dir, fleetFile))
	if err != nil {
		return err
	}
	if err := d.fits(der, fleet); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	d.Cert, d.Fleet = der, fleet
	return nil
}

// fits says whether a certificate is the fleet's for this device and this key.
func (d *Device) fits(der []byte, fleet *x509.Certificate) error {
	c, err := certs.VerifyDeviceCertificate(der, fleet)
	if err != nil {
		return err
	}
	if c.Device != d.ID {
		return fmt.Errorf("device certificate is of %s, this camera is %s", c.Device, d.ID)
	}
	if !c.Key.Equal(d.Key.Public()) {
		return errors.New("device certificate is of another key than this camera's")
	}
	return nil
}

// Request returns the PKCS #10 request for the device certificate, in DER.
func (d *Device) Request() ([]byte, error) { return certs.DeviceRequest(d.ID, d.Key, d.Keys.Level()) }

// PublicKey returns the device key's.
func (d *Device) PublicKey() *ecdsa.PublicKey {
	k, _ := d.Key.Public().(*ecdsa.PublicKey) // Keys are of no other kind
	return k
}

// Enrol stores the fleet's certificate for this device.
func (d *Device) Enrol(dir string, der []byte, fleet *x509.Certificate) error {
	if err := d.fits(der, fleet); err != nil {
		return fmt.Errorf("enrol: %w", err)
	}
	if err := certs.WriteCert(filepath.Join(dir, fleetFile), fleet.Raw); err != nil {
		return err
	}
	if err := certs.WriteCert(filepath.Join(dir, certFile), der); err != nil {
		return err
	}
	d.Cert, d.Fleet = der, fleet
	return nil
}

// TLS returns the certificate that this camera shows to its cloud.
func (d *Device) TLS() (tls.Certificate, error) {
	if d.Cert == nil {
		return tls.Certificate{}, ErrNotEnrolled
	}
	return tls.Certificate{Certificate: [][]byte{d.Cert}, PrivateKey: d.Key}, nil
}
