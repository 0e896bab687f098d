package clip

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"signet/capture/mjpeg"
	"signet/test/benchmotion/score"
)

const (
	maxFrames = 100_000 // of a recording
	leastMove = 4       // cells that make a frame a moving one; every method here asks for as many
)

// Folder returns the recordings of a folder whose truth is known. say is told which are passed over and why.
func Folder(dir string, say func(format string, a ...any)) ([]Source, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.mjpeg"))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	var list []Source
	for _, p := range paths {
		name := strings.TrimSuffix(filepath.Base(p), ".mjpeg")
		_, err := os.Stat(strings.TrimSuffix(p, ".mjpeg") + ".truth")
		if _, ok := known[name]; !ok && errors.Is(err, fs.ErrNotExist) {
			say("%s: passed over, for there is no %s.truth beside it", p, name)
			continue
		}
		list = append(list, Source{name, Footage, func(context.Context) (*Clip, error) { return read(p) }})
	}
	return list, nil
}

// read reads a recording and its truth.
func read(path string) (*Clip, error) {
	base := strings.TrimSuffix(path, ".mjpeg")
	c := &Clip{Name: filepath.Base(base), Group: Footage}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for split := mjpeg.NewSplitter(f, 0); ; {
		img, err := split.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && len(c.Frames) == maxFrames {
			err = fmt.Errorf("more than %d frames", maxFrames)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		c.Frames = append(c.Frames, slices.Clone(img))
	}
	if err := c.measure(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	text, err := os.ReadFile(base + ".truth")
	if errors.Is(err, fs.ErrNotExist) {
		k := known[c.Name]
		if k.frames != len(c.Frames) {
			return nil, fmt.Errorf("read %s: %d frames, the recording of that name whose truth is known has %d (write %s.truth)",
				path, len(c.Frames), k.frames, c.Name)
		}
		text, err = []byte(k.truth), nil
	}
	if err != nil {
		return nil, err
	}
	said, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read %s.truth: %w", base, err)
	}
	cells, err := readCells(base+".cells.gz", (c.W+7)/8, (c.H+7)/8, len(c.Frames))
	if err != nil {
		return nil, err
	}
	if c.Truth, err = said.truth(len(c.Frames), cells); err != nil {
		return nil, fmt.Errorf("truth of %s: %w", path, err)
	}
	return c, nil
}

// measure finds the size of the pictures, which is that of the first one.
func (c *Clip) measure() error {
	if len(c.Frames) == 0 {
		return errors.New("no picture")
	}
	h, err := mjpeg.Parse(c.Frames[0])
	c.W, c.H = h.Width, h.Height
	return err
}

// readCells reads as many frames of cells as there must be. Without the file there are none.
func readCells(path string, w, h, frames int) (*score.Cells, error) {
	packed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c := &score.Cells{W: w, H: h}
	if c.Data, err = unpack(packed, w*h*frames); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return c, nil
}

// unpack returns exactly size bytes out of gzip, each of which is a cell's.
func unpack(packed []byte, size int) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(io.LimitReader(z, int64(size)+1))
	if err != nil {
		return nil, err
	}
	if len(all) != size {
		return nil, fmt.Errorf("not %d bytes, one a cell and frame", size)
	}
	if i := slices.IndexFunc(all, func(v byte) bool { return v > score.Ignored }); i >= 0 {
		return nil, fmt.Errorf("byte %d is %d, which no cell is", i, all[i])
	}
	return all, nil
}
