package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"signet/capture"
	"signet/capture/mjpeg"
)

// folder reads the JPEG files of a folder, by name.
type folder struct {
	dir   string
	names []string
	at    int
	buf   []byte
	bad   Skipped
}

func openFolder(dir string, info *capture.Info) (*folder, error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	s := &folder{dir: dir}
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".jpg", ".jpeg":
			if !e.IsDir() {
				s.names = append(s.names, e.Name())
			}
		}
	}
	if len(s.names) == 0 {
		return nil, errors.New("no .jpg or .jpeg files in the folder")
	}
	var first capture.Frame
	if s.read(context.Background(), &first) != nil {
		return nil, fmt.Errorf("none of the %d files is a whole JPEG (%s)", len(s.names), s.bad)
	}
	info.Width, info.Height = first.Width, first.Height
	s.bad = Skipped{}
	return s, s.rewind()
}

func (s *folder) read(ctx context.Context, f *capture.Frame) error {
	for s.at < len(s.names) && ctx.Err() == nil {
		i := s.at
		s.at++
		img, err := s.load(s.names[i])
		if err != nil {
			s.bad.Unreadable++
			continue
		}
		if len(img) > mjpeg.MaxImage {
			s.bad.TooLarge++
			continue
		}
		if s.bad.fill(f, img) {
			f.Seq = uint64(i)
			return nil
		}
	}
	return io.EOF
}

// load reads a file up to one byte more than is accepted.
func (s *folder) load(name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(s.dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if s.buf == nil {
		s.buf = make([]byte, mjpeg.MaxImage+1)
	}
	n, err := io.ReadFull(f, s.buf)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return s.buf[:n], err
}

func (s *folder) rewind() error    { s.at = 0; return nil }
func (s *folder) skipped() Skipped { return s.bad }
func (s *folder) close() error     { return nil }

// String lists the counts that are not zero: "2 torn, 1 not JPEG".
func (s Skipped) String() string {
	var parts []string
	for _, c := range []struct {
		n    uint64
		what string
	}{{s.Torn, "torn"}, {s.TooLarge, "too large"}, {s.NotJPEG, "not JPEG"}, {s.Unreadable, "unreadable"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}
