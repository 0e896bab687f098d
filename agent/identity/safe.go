package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"signet/agent/tpm"
	"signet/certs"
)

// tpmFile, in the state folder, names the device of the TPM that has this camera's keys and count. It is there before the
// first key is.
const tpmFile = "tpm"

// safeOf returns where the camera of dir keeps its keys.
func safeOf(dir string) (Safe, error) {
	b, err := certs.ReadFile(filepath.Join(dir, tpmFile), maxID)
	if errors.Is(err, fs.ErrNotExist) {
		return Files(dir), nil
	}
	if err != nil {
		return Safe{}, fmt.Errorf("open state folder: %w", err)
	}
	t, err := tpm.Open(strings.TrimSpace(string(b)))
	if err != nil {
		return Safe{}, err
	}
	return InTPM(dir, t)
}

// InTPM is a Safe in a TPM, which stays open as long as the process runs. The count is in a file too: what counts is the higher
// of the two.
func InTPM(dir string, t *tpm.TPM) (Safe, error) {
	c, err := t.Counter()
	if err != nil {
		return Safe{}, err
	}
	return Safe{t.Keys(dir), higher{FileCounter(filepath.Join(dir, epochFile)), c}}, nil
}

// MakeWithTPM is Make of an identity whose keys are in the TPM behind a device, tpm.DefaultPath as a rule. A camera that has
// its keys in files already is refused: its certificate says so.
func MakeWithTPM(dir, device string) (*Device, error) {
	if _, err := os.Stat(filepath.Join(dir, idFile)); err == nil {
		d, err := Open(dir)
		if err == nil && d.Keys.Level() != certs.KeyInTPM {
			err = fmt.Errorf("make identity: the keys of camera %s are in files already", d.ID)
		}
		return d, err
	}
	if shared(dir) {
		return nil, notOurs(dir)
	}
	t, err := tpm.Open(device)
	if err != nil {
		return nil, err
	}
	safe, err := InTPM(dir, t)
	if err != nil {
		return nil, err
	}
	if err := closedFolder(dir); err != nil {
		return nil, fmt.Errorf("open state folder: %w", err)
	}
	if err := certs.WriteFile(filepath.Join(dir, tpmFile), []byte(device+"\n"), 0o600); err != nil {
		return nil, err
	}
	return MakeIn(dir, safe)
}

// higher is a counter in two places of which the higher counts.
type higher struct{ file, chip Counter }

func (h higher) Read() (uint64, error) {
	a, err := h.file.Read()
	if err != nil {
		return 0, err
	}
	b, err := h.chip.Read()
	return max(a, b), err
}

func (h higher) Raise(n uint64) error {
	if err := h.chip.Raise(n); err != nil {
		return err
	}
	return h.file.Raise(n)
}
