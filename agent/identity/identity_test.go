package identity_test

import (
	"os"
	"path/filepath"
	"testing"

	"signet/agent/identity"
	"signet/internal/hint"
)

// Others are kept out of the state folder, whoever made it.
func TestStateFolderIsClosed(t *testing.T) {
	parent := t.TempDir()
	open := filepath.Join(parent, "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{open, filepath.Join(parent, "new")} {
		if _, err := identity.Make(dir); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", dir, info.Mode(), err)
		}
	}
}

func TestMakeLeavesSharedFoldersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "letter"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.Make(dir); err == nil || hint.Of(err) == "" {
		t.Errorf("identity in a shared folder: %v", err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("the folder was closed to others: %v, %v", info.Mode(), err)
	}
}
