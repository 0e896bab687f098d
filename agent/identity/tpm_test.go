package identity

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"signet/agent/tpm"
	"signet/agent/tpm/tpmtest"
	"signet/certs"
)

func chip(t *testing.T, c *tpmtest.Chip, dir string) Safe {
	t.Helper()
	x, err := tpm.New(c.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	safe, err := InTPM(dir, x)
	if err != nil {
		t.Fatal(err)
	}
	return safe
}

func TestIdentityInTPM(t *testing.T) {
	c, dir := tpmtest.New(t), filepath.Join(t.TempDir(), "state")
	safe := chip(t, c, dir)
	d, err := MakeIn(dir, safe)
	if err != nil {
		t.Fatal(err)
	}
	if d.Keys.Level() != certs.KeyInTPM {
		t.Error(d.Keys.Level())
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.key")); len(files) != 0 {
		t.Errorf("keys in files: %v", files)
	}
	again, err := OpenIn(dir, safe)
	if err != nil || again.ID != d.ID {
		t.Errorf("%+v, %v", again, err)
	}
	// Attacker: somebody who puts back the flash card as it was: the count stays.
	n, err := safe.Epochs.Read()
	if err != nil {
		t.Fatal(err)
	}
	if err := safe.Epochs.Raise(n + 1); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, epochFile)); err != nil {
		t.Fatal(err)
	}
	if got, err := safe.Epochs.Read(); got != n+1 || err != nil {
		t.Errorf("counts %d, %v, not %d", got, err, n+1)
	}
	// Attacker: somebody with a copy of the card, and a TPM of his own.
	if _, err := OpenIn(dir, chip(t, tpmtest.New(t), dir)); err == nil {
		t.Error("another TPM is this camera")
	}
}

func TestNoTPMWhereTheStateSaysOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, tpmFile), []byte(filepath.Join(dir, "none")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); !errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := Make(dir); err == nil {
		t.Error("an identity is made in files")
	}
}

func TestKeysInFilesStayThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := Make(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := MakeWithTPM(dir, "/dev/null"); err == nil {
		t.Error("a camera with keys in files says that they are in a TPM")
	}
}
