package perturb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"signet/capture"
	"signet/capture/mjpeg"
	"signet/capture/pace"
)

// Loop is a camera that plays a few pictures to and fro for ever, so that nothing jumps: an empty stretch
// of a recording becomes as long as it is needed and keeps its own noise.
type Loop struct {
	info   capture.Info
	frames [][]byte
	pacer  *pace.Pacer
	seq    uint64
}

// NewLoop plays frames, which are JPEGs of one size, in virtual time. Without any it fails.
func NewLoop(name string, frames [][]byte, fps float64) (*Loop, error) {
	if len(frames) == 0 {
		return nil, fmt.Errorf("play %s to and fro: no frames", name)
	}
	h, err := mjpeg.Parse(frames[0])
	if err != nil {
		return nil, fmt.Errorf("play %s to and fro: %w", name, err)
	}
	return &Loop{
		info: capture.Info{
			Name: name, Driver: "loop", Format: capture.MJPEG,
			Width: h.Width, Height: h.Height, FPS: fps,
		},
		frames: frames,
		pacer:  pace.New(pace.Virtual, fps),
	}, nil
}

// Info describes the frames.
func (l *Loop) Info() capture.Info { return l.info }

// Next gives the next frame. See capture.Camera.
func (l *Loop) Next(ctx context.Context, f *capture.Frame) (err error) {
	if f.Mono, err = l.pacer.Wait(ctx, l.seq); err != nil {
		return err
	}
	i := 0
	if n := len(l.frames); n > 1 {
		if i = int(l.seq % uint64(2*n-2)); i >= n {
			i = 2*n - 2 - i
		}
	}
	f.Seq, f.Format, f.Key = l.seq, capture.MJPEG, true
	f.Width, f.Height = l.info.Width, l.info.Height
	f.Data = append(f.Data[:0], l.frames[i]...)
	l.seq++
	return nil
}

// Close has nothing to free.
func (l *Loop) Close() error { return nil }

// Cut returns the frames from from to before to of an .mjpeg file.
func Cut(path string, from, to int) ([][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cut recording: %w", err)
	}
	defer file.Close()
	var frames [][]byte
	split := mjpeg.NewSplitter(file, 0)
	for i := range to {
		img, err := split.Next()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("it has %d frames", i)
		}
		if err != nil {
			return nil, fmt.Errorf("cut frames %d to %d of %s: %w", from, to, path, err)
		}
		if i >= from {
			frames = append(frames, slices.Clone(img))
		}
	}
	return frames, nil
}
