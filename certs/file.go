package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExposed says that a file with a key may be read by others than its user.
var ErrExposed = errors.New("readable by others")

// maxKeyFile bounds the files read here, in bytes.
const maxKeyFile = 64 << 10

// WriteFile writes b to path so that a crash leaves the old content or the new: a new file beside it, synced,
// renamed over it, the folder synced. Mode is exact, whatever the umask.
func WriteFile(path string, b []byte, mode fs.FileMode) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err = f.Chmod(mode); err != nil {
		return err
	}
	if _, err = f.Write(b); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// ReadSecret reads a file that holds a secret. It refuses one that others may read, with ErrExposed.
func ReadSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read key %s: %w (mode %04o, must be 0600)", path, ErrExposed, info.Mode().Perm())
	}
	return readSmall(path, info)
}

func readSmall(path string, info fs.FileInfo) ([]byte, error) {
	if info.Size() > maxKeyFile {
		return nil, fmt.Errorf("read %s: %d bytes are more than %d", path, info.Size(), maxKeyFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}

// WriteKey writes a private key as PKCS #8 in PEM, mode 0600.
func WriteKey(path string, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("write key %s: %w", path, err)
	}
	return WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// ReadKey reads what WriteKey wrote.
func ReadKey(path string) (*ecdsa.PrivateKey, error) {
	b, err := ReadSecret(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("read key %s: not a private key in PEM", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read key %s: not a PKCS #8 key", path)
	}
	key, ok := k.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read key %s: not an ECDSA key", path)
	}
	if _, err := p256(&key.PublicKey); err != nil {
		return nil, fmt.Errorf("read key %s: %w", path, err)
	}
	return key, nil
}

// WriteCert writes a certificate in PEM, mode 0644.
func WriteCert(path string, der []byte) error {
	return WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

// ReadCert reads a PEM file that holds one certificate and returns its DER.
func ReadCert(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	b, err := readSmall(path, info)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("read certificate %s: not a certificate in PEM", path)
	}
	return block.Bytes, nil
}

// ReadCA reads a CA certificate of the fleet.
func ReadCA(path string) (*x509.Certificate, error) {
	der, err := ReadCert(path)
	if err != nil {
		return nil, err
	}
	c, _, err := parseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read certificate %s: %w", path, err)
	}
	if !c.IsCA {
		return nil, fmt.Errorf("read certificate %s: not a certificate authority's", path)
	}
	return c, nil
}
