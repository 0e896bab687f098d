package e2e

import (
	"testing"

	"signet/internal/footage"
	"signet/test/rig"
)

// TestWholePathOnFootage does what TestWholePath does with a real recording. It takes longest, and its file's name has it
// begin first of those that run side by side.
func TestWholePathOnFootage(t *testing.T) {
	t.Parallel()
	wholePath(t, rig.Config{Camera: footage.Path(t, footage.OneByOne), FPS: "10"}, 4)
}
