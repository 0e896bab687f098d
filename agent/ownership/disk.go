package ownership

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"signet/agent/identity"
	"signet/certs"
)

// disk is how the state folder is changed. Each change is durable when it returns, and happens wholly or not at all, but for
// clear, of which some may have happened. Tests put one in its place that loses power.
type disk interface {
	mkdir(path string) error
	write(path string, b []byte) error
	rename(from, to string) error
	shred(path string) error // a file with a secret
	clear(path string) error // a file, or a folder with all in it
}

// osDisk is that of the operating system.
type osDisk struct{}

func (osDisk) mkdir(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return certs.SyncDir(filepath.Dir(path))
}

func (osDisk) write(path string, b []byte) error { return certs.WriteFile(path, b, 0o600) }

func (osDisk) rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return certs.SyncDir(filepath.Dir(to))
}

func (osDisk) shred(path string) error { return identity.Shred(path) }

func (osDisk) clear(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return certs.SyncDir(filepath.Dir(path))
}

// lock keeps other processes from changing the folder until release is called. The kernel lets go of it when the process ends.
func lock(dir string) (release func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("lock state folder: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock state folder %s: %w", dir, err)
	}
	return func() { f.Close() }, nil
}

// exists says whether there is something at path, or that nobody knows.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
