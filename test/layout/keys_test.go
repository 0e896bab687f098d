package layout_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secrets are what keys look like in files: PEM, age identities, seeds and claim codes.
var secrets = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SECRET-KEY-(PQ-)?1[0-9A-Z]{50}|SIGNET-SEED-1:[0-9A-Za-z_-]{43}|SIGNET1:[2-7A-Z]{100}`)

// TestNoKeysInTheTree: whatever is shipped makes its own keys (ETSI EN 303 645, provision 5.4-3). Tests and their data may
// have some that are good for nothing else.
func TestNoKeysInTheTree(t *testing.T) {
	root := filepath.Join("..", "..")
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("not in a clone: %v", err)
	}
	files := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	if len(files) < 500 {
		t.Fatalf("only %d files in the tree", len(files))
	}
	for _, f := range files {
		if strings.Contains(f, "/testdata/") || strings.HasSuffix(f, "_test.go") || strings.HasPrefix(f, "owner/web/test/") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			continue // removed and not committed yet
		}
		if at := secrets.FindIndex(b); at != nil {
			t.Errorf("%s:%d holds a key", f, 1+bytes.Count(b[:at[0]], []byte("\n")))
		}
	}
}
