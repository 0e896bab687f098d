package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/internal/hint"
)

// probeBytes is how far into a file its first picture is looked for.
const probeBytes = 64 << 20

// file reads JPEGs one after another from a file.
type file struct {
	f      *os.File
	images *mjpeg.Splitter
	count  uint64 // pictures given out in this round
	before uint64 // pictures passed over in earlier rounds
	bad    Skipped
}

func openFile(path string, info *capture.Info) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s := &file{f: f, images: mjpeg.NewSplitter(io.LimitReader(f, probeBytes), 0)}
	if err := s.probe(info); err != nil {
		f.Close()
		return nil, err
	}
	return s, nil
}

// probe finds the first picture and goes back.
func (s *file) probe(info *capture.Info) error {
	var first capture.Frame
	err := s.read(context.Background(), &first)
	skipped := s.images.Skipped()
	switch {
	case err == nil:
	case err != io.EOF:
		return err
	case skipped.Torn > 0:
		return fmt.Errorf("%w: no whole picture in the file", mjpeg.ErrTorn)
	case skipped.TooLarge > 0 || s.bad.TooLarge > 0:
		return fmt.Errorf("%w: no picture within the limit of %d bytes, %d pixels a side",
			mjpeg.ErrTooLarge, mjpeg.MaxImage, mjpeg.MaxSide)
	default:
		return hint.With(mjpeg.ErrNotJPEG, "a .mjpeg file is JPEG images one after another; "+
			"for other videos give the file its own ending (.mp4, .avi) and install ffmpeg")
	}
	info.Width, info.Height = first.Width, first.Height
	s.images = mjpeg.NewSplitter(s.f, 0) // counts anew
	s.bad = Skipped{}
	return s.rewind()
}

func (s *file) read(_ context.Context, f *capture.Frame) error {
	for {
		img, err := s.images.Next()
		if err != nil {
			return err
		}
		s.count++
		if s.bad.fill(f, img) {
			f.Seq = s.count - 1 + s.images.Skipped().Images() - s.before
			return nil
		}
	}
}

func (s *file) rewind() error {
	if _, err := s.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s.images.Reset(s.f)
	s.count, s.before = 0, s.images.Skipped().Images()
	return nil
}

func (s *file) skipped() Skipped {
	n := s.images.Skipped()
	return Skipped{Torn: n.Torn + s.bad.Torn, TooLarge: n.TooLarge + s.bad.TooLarge, NotJPEG: s.bad.NotJPEG}
}

func (s *file) close() error { return s.f.Close() }

// fill copies the JPEG img into f. It says false, and counts why, if img is not a whole one.
func (s *Skipped) fill(f *capture.Frame, img []byte) bool {
	h, n, err := mjpeg.Check(img)
	switch {
	case err == nil:
		f.Format, f.Key = capture.MJPEG, true
		f.Width, f.Height = h.Width, h.Height
		f.Data = append(f.Data[:0], img[:n]...)
		return true
	case errors.Is(err, mjpeg.ErrTooLarge):
		s.TooLarge++
	case errors.Is(err, mjpeg.ErrNotJPEG):
		s.NotJPEG++
	default:
		s.Torn++
	}
	return false
}
