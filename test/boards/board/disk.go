package board

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"signet/test/boards/debian"
)

// diskBytes is the size of a board's disk. That of an SD card must be a power of two.
const diskBytes = 64 << 20

// MakeDisk makes an image of an empty disk for Options.Disk. It outlives the boards that use it; one at a time may.
func MakeDisk(ctx context.Context, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	err = f.Truncate(diskBytes)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, debian.Tool("mkfs.ext4"), "-q", "-F", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make a file system: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
