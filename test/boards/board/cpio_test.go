package board

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestArchive lets cpio itself unpack what archive packs.
func TestArchive(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skip("no cpio on this machine")
	}
	var packed bytes.Buffer
	a := newArchive(&packed)
	want := map[string]struct {
		mode    fs.FileMode
		content string
	}{
		"init":         {0o755, "#!/bin/sh\n"},
		"bin/busybox":  {0o755, "1234"},
		"bin/a":        {0o600, ""},
		"a/b/c/d/file": {0o644, "123"},
	}
	for name, f := range want {
		if err := a.add("/"+name, f.mode, []byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command("cpio", "--extract", "--quiet", "--no-preserve-owner")
	cmd.Dir, cmd.Stdin = dir, &packed
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, f := range want {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err != nil || string(b) != f.content {
			t.Errorf("%s holds %q, %v", name, b, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != f.mode {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
}
