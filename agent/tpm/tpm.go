// Package tpm keeps a camera's private keys and its count of ownerships in a TPM 2.0, so that neither a copy of the flash card nor
// a restored backup has them.
//
// Keys are made inside the TPM, for ECDSA on P-256, and stay there: what lies on the flash is each key wrapped by the TPM's own
// storage key, of use to that one chip only. The count is an NV counter, which no command lowers, not even when the index is
// removed and defined anew (TPM 2.0 Library, part 3, TPM2_NV_Increment).
//
// Nobody is asked for a password: whoever has the whole camera in hand can use its keys, and can take none of them away. What
// travels between processor and TPM is not encrypted; it is signatures and digests.
package tpm

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"signet/internal/hint"
)

// DefaultPath is the kernel's device of the first TPM, behind its resource manager: each process that opens it has the TPM's
// slots to itself.
const DefaultPath = "/dev/tpmrm0"

// TPM is an open TPM 2.0. Its methods, and those of the keys and the counter that it keeps, may be called concurrently; one
// command is carried out at a time.
type TPM struct {
	mu sync.Mutex
	rw io.ReadWriteCloser
}

// Open opens the TPM behind a character device of Linux.
func Open(path string) (*TPM, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, hint.With(fmt.Errorf("open TPM: %w", err), "is there a TPM 2.0, is its driver loaded, and may this user open it (group tss)?")
	}
	t, err := New(f)
	if err != nil {
		return nil, fmt.Errorf("open TPM %s: %w", path, err)
	}
	return t, nil
}

// New takes a connection to a TPM that has been started, and closes it when it fails. Close must be called.
func New(c io.ReadWriteCloser) (*TPM, error) {
	t := &TPM{rw: c}
	if err := t.openStorage(); err != nil {
		return nil, errors.Join(fmt.Errorf("open storage key: %w", err), c.Close())
	}
	return t, nil
}

// Close gives the TPM back.
func (t *TPM) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rw.Close()
}
