package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/internal/hint"
)

// ffmpeg reads a video through child processes: one that makes JPEGs, and one that hands out H.264 where the
// video is H.264. They are two so that neither can block the other by a full pipe.
type ffmpeg struct {
	path  string
	video video

	jpegs  *child
	images *mjpeg.Splitter
	count  uint64 // pictures given out in this round
	before uint64 // pictures passed over in earlier rounds
	bad    Skipped

	h264  *child // nil: no H.264
	units *unitReader
	unit  uint64 // access units given out in this round
}

func openFFmpeg(ctx context.Context, path string, info *capture.Info) (*ffmpeg, error) {
	v, err := probe(ctx, path)
	if err != nil {
		return nil, err
	}
	s := &ffmpeg{path: path, video: v, images: mjpeg.NewSplitter(nil, 0)}
	if err := s.start(); err != nil {
		return nil, err
	}
	// The first picture shows that ffmpeg can decode it.
	var first capture.Frame
	err = s.readJPEG(ctx, &first)
	if err == io.EOF {
		err = errors.New("ffmpeg finds no picture in it")
	}
	if err == nil {
		s.images, s.bad = mjpeg.NewSplitter(nil, 0), Skipped{} // counts anew
		err = s.rewind()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	info.Width, info.Height = first.Width, first.Height
	info.HasH264 = s.h264 != nil
	if info.FPS == 0 {
		info.FPS = v.fps
	}
	return s, nil
}

// start starts the children at the beginning of the video.
func (s *ffmpeg) start() (err error) {
	if s.jpegs, err = startFFmpeg(s.path, s.video.jpegArgs()); err != nil {
		return err
	}
	s.images.Reset(s.jpegs.out)
	s.count, s.before = 0, s.images.Skipped().Images()
	if args := s.video.h264Args(); args != nil {
		if s.h264, err = startFFmpeg(s.path, args); err != nil {
			s.jpegs.stop()
			return err
		}
		s.units = newUnitReader(s.h264.out)
		s.unit = 0
	}
	return nil
}

// read alternates: access unit i, then JPEG i.
func (s *ffmpeg) read(ctx context.Context, f *capture.Frame) error {
	if s.units != nil && s.unit <= s.place() {
		unit, err := interruptible(ctx, s.h264.out, s.units.next)
		switch {
		case err == nil:
			f.Format, f.Key = capture.H264, isKey(unit)
			f.Width, f.Height = s.video.width, s.video.height
			f.Data = append(f.Data[:0], unit...)
			f.Seq = s.unit
			s.unit++
			return nil
		case err == io.EOF: // fewer units than pictures: the rest is JPEG alone
			s.units = nil
		default:
			return err
		}
	}
	return s.readJPEG(ctx, f)
}

// place returns which picture of the video comes next.
func (s *ffmpeg) place() uint64 { return s.count + s.images.Skipped().Images() - s.before }

func (s *ffmpeg) readJPEG(ctx context.Context, f *capture.Frame) error {
	for {
		img, err := interruptible(ctx, s.jpegs.out, s.images.Next)
		if err == io.EOF {
			return s.ended()
		}
		if err != nil {
			return err
		}
		s.count++
		if s.bad.fill(f, img) {
			f.Seq = s.place() - 1
			return nil
		}
	}
}

// ended returns what the end of the JPEGs means: the end of the video, or that ffmpeg can make nothing of it.
func (s *ffmpeg) ended() error {
	if why := s.jpegs.finish(); why != nil {
		if s.count == 0 {
			return why
		}
		s.bad.Torn++
	}
	return io.EOF
}

func (s *ffmpeg) rewind() error {
	s.close()
	return s.start()
}

func (s *ffmpeg) skipped() Skipped {
	n := s.images.Skipped()
	return Skipped{Torn: n.Torn + s.bad.Torn, TooLarge: n.TooLarge + s.bad.TooLarge, NotJPEG: s.bad.NotJPEG}
}

func (s *ffmpeg) close() error {
	s.jpegs.stop()
	if s.h264 != nil {
		s.h264.stop()
	}
	return nil
}

// interruptible reads from a pipe, giving up when ctx ends.
func interruptible(ctx context.Context, pipe *os.File, read func() ([]byte, error)) ([]byte, error) {
	pipe.SetReadDeadline(time.Time{})
	stop := context.AfterFunc(ctx, func() { pipe.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	b, err := read()
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return b, err
}

// child is one running ffmpeg.
type child struct {
	cmd    *exec.Cmd
	out    *os.File // its standard output
	errors tail
	done   bool
}

// startFFmpeg lets ffmpeg read path and write, as args say, to its standard output.
func startFFmpeg(path string, args []string) (*child, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	c := &child{out: r}
	c.cmd = exec.Command("ffmpeg", append(append([]string{
		"-nostdin", "-hide_banner", "-loglevel", "error", "-i", "file:" + path, "-map", "0:v:0",
	}, args...), "pipe:1")...)
	c.cmd.Stdout, c.cmd.Stderr = w, &c.errors
	c.cmd.WaitDelay = 2 * time.Second
	if err := c.cmd.Start(); err != nil {
		r.Close()
		return nil, notInstalled(err)
	}
	return c, nil
}

// finish reaps a child that has closed its output. It returns what the child complained of, if it failed.
func (c *child) finish() error {
	if c.done {
		return nil
	}
	c.done = true
	defer c.out.Close()
	late := time.AfterFunc(2*time.Second, func() { c.cmd.Process.Kill() })
	defer late.Stop()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("ffmpeg: %s", c.errors.last())
	}
	return nil
}

// stop ends the child if it still runs, and reaps it.
func (c *child) stop() {
	if !c.done {
		c.cmd.Process.Kill()
		c.finish()
	}
}

// notInstalled turns the error of a program that is not there into one with advice.
func notInstalled(err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return hint.With(errors.New("it takes ffmpeg to read it, which is not installed"),
			"apt install ffmpeg, or give a .mjpeg file or a folder of JPEGs")
	}
	return err
}

// tail keeps the end of what is written to it.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if n := len(t.b) - 4096; n > 0 {
		t.b = append(t.b[:0], t.b[n:]...)
	}
	return len(p), nil
}

// last returns the last line.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.b)), "\n")
	if s := lines[len(lines)-1]; s != "" {
		return s
	}
	return "no reason given"
}
