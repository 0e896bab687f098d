package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"signet/certs"
	"signet/internal/hint"
)

// Counter counts a camera's epochs of ownership. It only rises: that is what tells a state folder that was restored from a
// backup from one that is as it was left, where the counter is not in that folder.
type Counter interface {
	// Read returns the last epoch that was noted, 0 before the first.
	Read() (uint64, error)
	// Raise notes epoch n durably. Where n is not higher than what Read returns it does nothing.
	Raise(n uint64) error
}

// FileCounter is a counter in a file. It is restored with its folder: of a camera with this one only the cloud's ledger knows
// better.
type FileCounter string

// What helps where the file is damaged.
const counterHelp = "restore the state folder's backup; while the camera has an owner that file may be removed, and is made again"

// Read is as Counter has it.
func (c FileCounter) Read() (uint64, error) {
	b, err := certs.ReadFile(string(c), maxID)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return 0, hint.With(fmt.Errorf("read %s: not a number", string(c)), counterHelp)
	}
	return n, nil
}

// Raise is as Counter has it.
func (c FileCounter) Raise(n uint64) error {
	last, err := c.Read()
	if err != nil || last >= n {
		return err
	}
	return certs.WriteFile(string(c), []byte(strconv.FormatUint(n, 10)+"\n"), 0o600)
}
