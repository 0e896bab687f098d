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

// Reel is a camera that plays pictures from memory, in virtual time. It implements capture.Camera.
type Reel struct {
	info   capture.Info
	frames [][]byte
	loop   bool
	pacer  *pace.Pacer
	seq    uint64
}

// NewReel plays frames, which are JPEGs of one size, once. Without any it fails.
func NewReel(name string, frames [][]byte, fps float64) (*Reel, error) {
	if len(frames) == 0 {
		return nil, fmt.Errorf("play %s: no frames", name)
	}
	h, err := mjpeg.Parse(frames[0])
	if err != nil {
		return nil, fmt.Errorf("play %s: %w", name, err)
	}
	return &Reel{
		info: capture.Info{
			Name: name, Driver: "reel", Format: capture.MJPEG,
			Width: h.Width, Height: h.Height, FPS: fps,
		},
		frames: frames,
		pacer:  pace.New(pace.Virtual, fps),
	}, nil
}

// NewLoop plays frames to and fro for ever, so that nothing jumps: an empty stretch of a recording becomes
// as long as it is needed and keeps its own noise.
func NewLoop(name string, frames [][]byte, fps float64) (*Reel, error) {
	r, err := NewReel(name, frames, fps)
	if err == nil {
		r.loop = true
	}
	return r, err
}

// Info describes the frames.
func (r *Reel) Info() capture.Info { return r.info }

// Next gives the next frame. See capture.Camera.
func (r *Reel) Next(ctx context.Context, f *capture.Frame) (err error) {
	i, n := r.seq, uint64(len(r.frames))
	switch {
	case i < n:
	case !r.loop:
		return io.EOF
	case n == 1:
		i = 0
	default:
		if i %= 2*n - 2; i >= n {
			i = 2*n - 2 - i
		}
	}
	if f.Mono, err = r.pacer.Wait(ctx, r.seq); err != nil {
		return err
	}
	f.Seq, f.Format, f.Key = r.seq, capture.MJPEG, true
	f.Width, f.Height = r.info.Width, r.info.Height
	f.Data = append(f.Data[:0], r.frames[i]...)
	r.seq++
	return nil
}

// Close has nothing to free.
func (r *Reel) Close() error { return nil }

// Record returns the next n frames of a camera.
func Record(ctx context.Context, cam capture.Camera, n int) (frames [][]byte, err error) {
	var f capture.Frame
	for len(frames) < n {
		if err := cam.Next(ctx, &f); err != nil {
			return nil, fmt.Errorf("record frame %d of %d: %w", len(frames), n, err)
		}
		frames = append(frames, slices.Clone(f.Data))
	}
	return frames, nil
}

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
