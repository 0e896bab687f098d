package board

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// archive writes a cpio archive in the format that Linux unpacks into its first file system ("newc",
// Documentation/driver-api/early-userspace/buffer-format.rst).
type archive struct {
	w       *bufio.Writer
	inode   int
	folders []string // that are there
}

func newArchive(w io.Writer) *archive { return &archive{w: bufio.NewWriter(w)} }

const (
	modeFile   = 0o100000
	modeFolder = 0o040000
)

// add writes a file, after the folders that lead to it.
func (a *archive) add(name string, mode os.FileMode, content []byte) error {
	name = strings.TrimPrefix(path.Clean(name), "/")
	if err := a.folder(path.Dir(name)); err != nil {
		return err
	}
	return a.entry(name, modeFile|int(mode.Perm()), content)
}

func (a *archive) folder(name string) error {
	if name == "." || slices.Contains(a.folders, name) {
		return nil
	}
	if err := a.folder(path.Dir(name)); err != nil {
		return err
	}
	a.folders = append(a.folders, name)
	return a.entry(name, modeFolder|0o755, nil)
}

func (a *archive) entry(name string, mode int, content []byte) error {
	a.inode++
	// inode, mode, uid, gid, links, time, size, device, its own device, length of name, checksum
	fmt.Fprintf(a.w, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name)+1, 0)
	const head = 110
	a.w.WriteString(name + "\x00")
	a.w.Write(make([]byte, -(head+len(name)+1)&3))
	a.w.Write(content)
	_, err := a.w.Write(make([]byte, -len(content)&3)) // bufio keeps the first error
	return err
}

// close ends the archive.
func (a *archive) close() error {
	if err := a.entry("TRAILER!!!", 0, nil); err != nil {
		return err
	}
	return a.w.Flush()
}
