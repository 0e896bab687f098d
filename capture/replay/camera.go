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
	"signet/capture/pace"
)

// DefaultFPS is the pace of a recording that does not carry one, in frames per second.
const DefaultFPS = 10

// Options say how a recording is played.
type Options struct {
	FPS  float64   // frames per second; 0: the recording's own, or DefaultFPS where it has none
	Loop bool      // start again at the end, for ever
	Pace pace.Mode // live, or as fast as possible in virtual time
}

// Skipped counts the pictures of a recording that were passed over.
type Skipped struct {
	Torn       uint64 // broken off or broken in their structure
	TooLarge   uint64 // above mjpeg.MaxImage bytes or mjpeg.MaxSide pixels
	NotJPEG    uint64 // files of a folder that hold something else
	Unreadable uint64 // files of a folder that could not be read
}

// Camera plays a recording. It implements capture.Camera.
type Camera struct {
	info   capture.Info
	src    source
	loop   bool
	pacer  *pace.Pacer
	offset uint64 // Seq of the recording's first picture in this round
	next   uint64 // least Seq of the next round
}

// source reads the pictures of a recording.
type source interface {
	// read fills f but for Mono; f.Seq is the place in the recording. At the end it returns io.EOF.
	read(ctx context.Context, f *capture.Frame) error
	// rewind goes back to the first picture.
	rewind() error
	skipped() Skipped
	close() error
}

// Open opens the recording at path: a folder, a file named *.mjpeg or *.mjpg, or another file by ffmpeg. It
// has been made sure that there is at least one picture when it returns.
func Open(ctx context.Context, path string, o Options) (*Camera, error) {
	c, err := open(ctx, path, o)
	if err != nil {
		var pathErr *os.PathError
		if errors.As(err, &pathErr) && pathErr.Path == path {
			err = pathErr.Err // the path is named already
		}
		return nil, fmt.Errorf("open recording %s: %w", path, err)
	}
	return c, nil
}

func open(ctx context.Context, path string, o Options) (*Camera, error) {
	if o.FPS < 0 || o.FPS > 1000 {
		return nil, fmt.Errorf("%v frames per second is no pace", o.FPS)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	c := &Camera{loop: o.Loop, info: capture.Info{
		Name:   filepath.Base(path),
		Driver: "replay",
		Path:   path,
		Format: capture.MJPEG,
		FPS:    o.FPS,
	}}
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case st.IsDir():
		c.src, err = openFolder(path, &c.info)
	case !st.Mode().IsRegular():
		err = errors.New("neither a file nor a folder")
	case st.Size() == 0:
		err = errors.New("the file is empty")
	case ext == ".mjpeg" || ext == ".mjpg" || ext == ".jpg" || ext == ".jpeg":
		c.src, err = openFile(path, &c.info)
	default:
		c.src, err = openFFmpeg(ctx, path, &c.info)
	}
	if err != nil {
		return nil, err
	}
	if c.info.FPS == 0 {
		c.info.FPS = DefaultFPS
	}
	c.pacer = pace.New(o.Pace, c.info.FPS)
	return c, nil
}

// Info describes the recording, with the size of its first picture.
func (c *Camera) Info() capture.Info { return c.info }

// Skipped returns what was passed over until now.
func (c *Camera) Skipped() Skipped { return c.src.skipped() }

// Next waits until the next picture is due. See capture.Camera.
func (c *Camera) Next(ctx context.Context, f *capture.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.src.read(ctx, f)
	if err == io.EOF && c.loop && c.next > c.offset {
		if err = c.src.rewind(); err == nil {
			c.offset = c.next
			err = c.src.read(ctx, f)
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == io.EOF:
		return io.EOF
	case err != nil:
		return fmt.Errorf("replay %s: %w", c.info.Name, err)
	}
	f.Seq += c.offset
	c.next = max(c.next, f.Seq+1)
	f.Mono, err = c.pacer.Wait(ctx, f.Seq)
	return err
}

// Close ends the replay.
func (c *Camera) Close() error { return c.src.close() }
