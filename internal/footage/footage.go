// Package footage finds the recordings that tests are tried on: in the folder that SIGNET_FOOTAGE names, or beside the
// repository. They are not part of the project; a test that has none of them is skipped.
package footage

import (
	"os"
	"path/filepath"
	"testing"
)

// Recordings that several tests know: a corridor at 10 frames a second, and a road at 30.
const (
	OneByOne = "onebyone.mjpeg"
	Highway  = "highway.mjpeg"
)

// Visits returns the first and last frames of OneByOne in which somebody is there, visit by visit.
func Visits() [][2]int {
	return [][2]int{{60, 203}, {227, 452}, {502, 704}, {745, 873}, {921, 1206}, {1234, 1366}}
}

// Path returns the absolute path of a recording.
func Path(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(folder(t), name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no footage: %v (set SIGNET_FOOTAGE)", err)
	}
	return path
}

// All returns the paths of the recordings whose names match a pattern of filepath.Glob.
func All(t testing.TB, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder(t), pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Skipf("no footage in %s (set SIGNET_FOOTAGE)", folder(t))
	}
	return all
}

func folder(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SIGNET_FOOTAGE")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "footage")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// root is the repository's.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, e := os.Stat(filepath.Join(dir, "go.mod")); e == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			err = os.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("find the repository: %v", err)
	return ""
}
