package identity

import (
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"signet/certs"
)

// Keys is where a camera's private keys are: the device key, and the event key of each ownership. All are ECDSA P-256. A key
// never leaves it; it signs. The methods may be called concurrently.
//
// Names are file names without a suffix, of lower-case letters, digits and hyphens, at most 32 of them.
type Keys interface {
	// New makes a key, which is durable when New returns. It fails where there is one of that name.
	New(name string) (crypto.Signer, error)
	// Open returns a key that New made. The error wraps fs.ErrNotExist where there is none.
	Open(name string) (crypto.Signer, error)
	// Destroy makes a key unusable for ever, signers that Open returned included where that can be. Where there is none it
	// does nothing.
	Destroy(name string) error
	// Level says what these keys are kept in, for their certificates.
	Level() certs.KeyLevel
}

// FileKeys are keys in files <name>.key of a folder, PKCS #8 in PEM, for their user only.
type FileKeys string

func (k FileKeys) path(name string) string { return filepath.Join(string(k), name+".key") }

// New is as Keys has it.
func (k FileKeys) New(name string) (crypto.Signer, error) {
	if _, err := os.Lstat(k.path(name)); !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("make key %s: there is one", k.path(name))
	}
	key, err := certs.NewKey()
	if err != nil {
		return nil, fmt.Errorf("make key %s: %w", k.path(name), err)
	}
	if err := certs.WriteKey(k.path(name), key); err != nil {
		return nil, err
	}
	return key, nil
}

// Open is as Keys has it. A key that others may read is refused with certs.ErrExposed.
func (k FileKeys) Open(name string) (crypto.Signer, error) {
	key, err := certs.ReadKey(k.path(name))
	if err != nil {
		return nil, err // a nil *ecdsa.PrivateKey in an interface is not nil
	}
	return key, nil
}

// Destroy is as Keys has it. What is in memory already still signs.
func (k FileKeys) Destroy(name string) error { return Shred(k.path(name)) }

// Level is as Keys has it.
func (k FileKeys) Level() certs.KeyLevel { return certs.KeyInFile }

// Shred overwrites a file that holds a secret, and removes it durably. Where there is none it does nothing. Flash that spreads
// its wear may keep the old bytes somewhere for a while, where only whoever takes the chip off comes to: what must not
// be read even then belongs into a TPM.
func Shred(path string) error {
	err := overwrite(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	// A file system that is full or damaged may still remove what it does not overwrite.
	if err := errors.Join(os.Remove(path), certs.SyncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("destroy %s: %w", path, err)
	}
	return nil
}

func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, min(info.Size(), maxSecret))
	rand.Read(b)
	if _, err := f.WriteAt(b, 0); err != nil {
		return err
	}
	return f.Sync()
}

// maxSecret bounds what is overwritten of a file, in bytes.
const maxSecret = 64 << 10
