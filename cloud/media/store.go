package media

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"signet/certs"
)

// Errors that callers branch on.
var (
	ErrHash = errors.New("media is not what its hash says")
	ErrFull = errors.New("no room for media")
)

// Store is a folder of files named by the device that uploaded them and their hash. It may be used concurrently, by one
// process.
type Store struct {
	dir     string
	reserve uint64
}

// OpenStore makes the folder and removes what a crash left half-written. At least reserve bytes of the disk are left
// free, for records, which matter more.
func OpenStore(dir string, reserve uint64) (*Store, error) {
	s := &Store{dir, reserve}
	if err := os.RemoveAll(s.tmp()); err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	if err := os.MkdirAll(s.tmp(), 0o700); err != nil {
		return nil, fmt.Errorf("open media: %w", err)
	}
	return s, nil
}

func (s *Store) tmp() string { return filepath.Join(s.dir, "tmp") }

// path spreads the files of a device over 256 folders. Both names are of fixed length and hexadecimal.
func (s *Store) path(d certs.DeviceID, h certs.Hash) string {
	name := h.String()
	return filepath.Join(s.dir, d.String(), name[:2], name)
}

// Has says whether the file is there, from this device.
func (s *Store) Has(d certs.DeviceID, h certs.Hash) (bool, error) {
	_, err := os.Stat(s.path(d, h))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Read returns a file that a device uploaded, at most certs.MaxPart bytes. The error wraps fs.ErrNotExist when it is not there, and ErrHash
// when the disk has damaged it.
func (s *Store) Read(d certs.DeviceID, h certs.Hash) ([]byte, error) {
	f, err := os.Open(s.path(d, h))
	if err != nil {
		return nil, fmt.Errorf("read media: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, certs.MaxPart+1))
	if err != nil {
		return nil, fmt.Errorf("read media: %w", err)
	}
	if certs.HashOf(b) != h {
		return nil, fmt.Errorf("read media %s: %w", h, ErrHash)
	}
	return b, nil
}

// Put stores for a device what r yields, if it has this hash and size. When it returns nil the file is on the disk.
func (s *Store) Put(d certs.DeviceID, h certs.Hash, size uint64, r io.Reader) (err error) {
	if err := s.room(size); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.tmp(), "put-*")
	if err != nil {
		return full(err)
	}
	defer func() {
		f.Close()
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(r, int64(size)+1))
	if err != nil {
		return full(err)
	}
	if uint64(n) != size || certs.Hash(sum.Sum(nil)) != h {
		return ErrHash
	}
	if err := f.Sync(); err != nil {
		return full(err)
	}
	if err := f.Close(); err != nil {
		return full(err)
	}
	return s.name(f.Name(), d, h)
}

// name gives a synced file its name, durably.
func (s *Store) name(tmp string, d certs.DeviceID, h certs.Hash) error {
	path := s.path(d, h)
	dir := filepath.Dir(path)
	for _, made := range []string{filepath.Dir(dir), dir} {
		switch err := os.Mkdir(made, 0o700); {
		case err == nil:
			if err := certs.SyncDir(filepath.Dir(made)); err != nil {
				return full(err)
			}
		case !errors.Is(err, fs.ErrExist):
			return full(err)
		}
	}
	if err := os.Rename(tmp, path); err != nil {
		return full(err)
	}
	if err := certs.SyncDir(dir); err != nil {
		return full(err)
	}
	return nil
}

func (s *Store) room(size uint64) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(s.dir, &st); err != nil {
		return fmt.Errorf("store media: %w", err)
	}
	if st.Bavail*uint64(st.Bsize) < size+s.reserve {
		return ErrFull
	}
	return nil
}

// full tells a full disk from other errors.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("store media: %w: %w", ErrFull, err)
	}
	return fmt.Errorf("store media: %w", err)
}
