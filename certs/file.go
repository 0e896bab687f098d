package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrExposed says that a file with a key may be read by others than its user.
var ErrExposed = errors.New("readable by others")

// maxKeyFile bounds files that hold a key or a certificate, in bytes.
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
	return readFile(path, maxKeyFile, func(info fs.FileInfo) error {
		if info.Mode().Perm()&0o077 != 0 {
			return fmt.Errorf("%w (mode %04o, must be 0600)", ErrExposed, info.Mode().Perm())
		}
		return nil
	})
}

// ReadFile reads a regular file of at most limit bytes.
func ReadFile(path string, limit int64) ([]byte, error) {
	return readFile(path, limit, func(fs.FileInfo) error { return nil })
}

// readFile is ReadFile of a file that passes a judge. What is judged is what is read: one descriptor for both. It opens
// without waiting, since a pipe would wait for its writer.
func readFile(path string, limit int64, judge func(fs.FileInfo) error) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, reason(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, reason(err))
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: not a file", path)
	}
	if err := judge(info); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, reason(err))
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("read %s: more than %d bytes", path, limit)
	}
	return b, nil
}

// reason returns err without the operation and the path, which are told already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// solePEM returns what the one block of a PEM file holds.
func solePEM(b []byte, kind string) ([]byte, bool) {
	block, rest := pem.Decode(b)
	if block == nil || block.Type != kind || len(bytes.TrimSpace(rest)) != 0 {
		return nil, false
	}
	return block.Bytes, true
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
	der, ok := solePEM(b, "PRIVATE KEY")
	if !ok {
		return nil, fmt.Errorf("read key %s: not one private key in PEM", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
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
	b, err := ReadFile(path, maxKeyFile)
	if err != nil {
		return nil, err
	}
	der, ok := solePEM(b, "CERTIFICATE")
	if !ok {
		return nil, fmt.Errorf("read certificate %s: not one certificate in PEM", path)
	}
	return der, nil
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
