package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"signet/capture"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/replay"
)

// cellFile writes which cells move, frame by frame, so that others can score it: a line "cells W H", then W x H bytes
// for every frame of the recording, row by row, 0 for still and 1 for moving. A frame that could not be read, or was not
// looked at, is still; so the n-th W x H bytes are of the n-th frame, whatever became of those before it.
type cellFile struct {
	out    *bufio.Writer
	close  func(failed bool) error
	w, h   int    // 0: no frame was seen yet
	frames uint64 // written
	still  []byte // a frame of zeros
}

var errNothingRead = errors.New("no frame of the recording could be read, so that the number of cells is not known")

// openCells makes the file at path; "-" is standard output.
func openCells(path, recording string, stdout io.Writer) (*cellFile, error) {
	if path == "-" {
		return &cellFile{out: bufio.NewWriter(stdout), close: func(bool) error { return nil }}, nil
	}
	before, err := os.Stat(path)
	if err == nil {
		if from, err := os.Stat(recording); err == nil && os.SameFile(before, from) {
			return nil, fmt.Errorf("write cells: %s is the recording itself", path)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write cells: %w", err)
	}
	return &cellFile{out: bufio.NewWriterSize(f, 64<<10), close: func(failed bool) error {
		err := f.Close()
		if failed || err != nil {
			if st, err := os.Lstat(path); err == nil && st.Mode().IsRegular() {
				os.Remove(path) // half of it would pass for a short recording
			}
		}
		return err
	}}, nil
}

// add writes the cells of a frame and, before them, of the frames that were left out.
func (c *cellFile) add(r *motion.Result) error {
	switch {
	case c.w == 0:
		c.w, c.h, c.still = r.W, r.H, make([]byte, r.W*r.H)
		if _, err := fmt.Fprintf(c.out, "cells %d %d\n", c.w, c.h); err != nil {
			return err
		}
	case r.W != c.w || r.H != c.h:
		return fmt.Errorf("frame %d has %d x %d cells, those before it %d x %d", r.Seq, r.W, r.H, c.w, c.h)
	}
	if err := c.fill(r.Seq); err != nil {
		return err
	}
	c.frames++
	_, err := c.out.Write(r.Cells)
	return err
}

// fill writes still frames up to the given number of frames.
func (c *cellFile) fill(frames uint64) error {
	for ; c.frames < frames; c.frames++ {
		if _, err := c.out.Write(c.still); err != nil {
			return err
		}
	}
	return nil
}

// end completes the file to the number of frames that the recording has, unless the replay failed.
func (c *cellFile) end(frames uint64, failed error) error {
	err := failed
	if err == nil && c.w == 0 {
		err = errNothingRead
	}
	if err == nil {
		err = c.fill(frames)
	}
	if err == nil {
		err = c.out.Flush()
	}
	if e := c.close(err != nil); err == nil {
		err = e
	}
	if err != nil && failed == nil {
		err = fmt.Errorf("write cells: %w", err)
	}
	return err
}

// counted counts the frames of a recording in which motion is looked for.
type counted struct {
	*replay.Camera
	frames uint64
}

func (c *counted) Next(ctx context.Context, f *capture.Frame) error {
	err := c.Camera.Next(ctx, f)
	if err == nil && f.Format != capture.H264 {
		c.frames++
	}
	return err
}

// all is how many frames the recording has until now, with those that were passed over.
func (c *counted) all() uint64 {
	s := c.Skipped()
	return c.frames + s.Torn + s.TooLarge + s.NotJPEG + s.Unreadable
}

// listCells replays a recording and writes its cells to out.
func listCells(ctx context.Context, film *counted, list *lister, s *moment.Settings, out, recording string, stdout io.Writer) error {
	c, err := openCells(out, recording, stdout)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = list.run(ctx, film, moment.Config{Settings: s, Observe: func(_ *capture.Frame, r *motion.Result) {
		if err := c.add(r); err != nil {
			stop(fmt.Errorf("write cells: %w", err))
		}
	}})
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return c.end(film.all(), err)
}
