package media

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"signet/certs"
)

// disk is the folder of parts. The zero folder keeps nothing.
type disk struct {
	dir   string
	write func(path string, b []byte, mode fs.FileMode) error // nil: certs.WriteFile; tests put a full disk in its place
}

var errNoDisk = errors.New("no folder for parts")

func (d disk) path(p *part) string {
	return filepath.Join(d.dir, fmt.Sprintf("%v.%d.%d", p.hash, p.pos.Boot, p.pos.N))
}

// parse reads a file's name.
func parseName(name string) (hash certs.Hash, pos certs.Position, ok bool) {
	f := strings.Split(name, ".")
	if len(f) != 3 {
		return hash, pos, false
	}
	hash, err := certs.ParseHash(f[0])
	boot, err1 := strconv.ParseUint(f[1], 10, 64)
	n, err2 := strconv.ParseUint(f[2], 10, 64)
	pos = certs.Position{Boot: boot, N: n}
	return hash, pos, errors.Join(err, err1, err2) == nil
}

// list makes the folder if need be and returns what is in it, cutting off what a crash left half written.
func (d disk) list() ([]*part, error) {
	if d.dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var out []*part
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".new-") { // of certs.WriteFile
			_ = os.Remove(filepath.Join(d.dir, e.Name()))
			continue
		}
		hash, pos, ok := parseName(e.Name())
		info, err := e.Info()
		if !ok || err != nil || !info.Mode().IsRegular() {
			continue // not ours
		}
		out = append(out, &part{pos: pos, hash: hash, size: info.Size()})
	}
	return out, nil
}

// store writes p durably.
func (d disk) store(p *part) error {
	if d.dir == "" {
		return errNoDisk
	}
	write := d.write
	if write == nil {
		write = certs.WriteFile
	}
	return write(d.path(p), p.data, 0o600)
}

// load reads p and checks that it is what it was.
func (d disk) load(p *part) ([]byte, error) {
	f, err := os.OpenFile(d.path(p), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, certs.MaxPart+1))
	if err != nil {
		return nil, err
	}
	if len(b) > certs.MaxPart || certs.HashOf(b) != p.hash {
		return nil, fmt.Errorf("read part %v: %w", p.hash, ErrPart)
	}
	return b, nil
}

func (d disk) remove(p *part) { _ = os.Remove(d.path(p)) } // what stays is found at the next start
