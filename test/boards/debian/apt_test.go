package debian

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestDependency(t *testing.T) {
	got, err := dependency("linux-image-armmp\n  Depends: linux-image-6.1.0-50-armmp\n    linux-image-other\n")
	if err != nil || got != "linux-image-6.1.0-50-armmp" {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", "linux-image-armmp\n", "x\n  Depends: libc6\n"} {
		if got, err := dependency(text); err == nil {
			t.Errorf("%q has kernel %q", text, got)
		}
	}
}

// What is there already is not fetched again.
func TestGetOnce(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	kernel := filepath.Join(dir, "root", "boot", "vmlinuz-6.1.0-1-armmp")
	if err := os.MkdirAll(filepath.Dir(kernel), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kernel, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Get(t.Context(), dir, failing{t})
	if err != nil || r.Version != "6.1.0-1-armmp" || r.Kernel() != kernel {
		t.Errorf("%+v, %v", r, err)
	}
}

// failing is a log in which nothing may be said.
type failing struct{ t *testing.T }

func (f failing) Write(b []byte) (int, error) {
	f.t.Errorf("it says %s", b)
	return len(b), nil
}
