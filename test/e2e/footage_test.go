package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"signet/test/rig"
)

// TestWholePathOnFootage does what TestWholePath does with a real recording. It takes longest, and its file's name has it
// begin first of those that run side by side.
func TestWholePathOnFootage(t *testing.T) {
	t.Parallel()
	wholePath(t, rig.Config{Camera: footage(t, "onebyone.mjpeg"), FPS: "10"}, 4)
}

// footage returns the path of a recording that is kept beside the repository, or skips the test.
func footage(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("SIGNET_FOOTAGE")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "footage")
	}
	path, err := filepath.Abs(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no footage %s on this machine", name)
	}
	return path
}
