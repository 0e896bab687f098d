package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
)

// films are what virtual webcams play: real footage where there is some beside the project, else the generated scene.
type films struct{ dir string }

// footage is the folder of real recordings.
const footage = "../shared/footage"

// scene returns the file of the first n frames of the generated scene, 640x480 at 10 frames/s, as JPEG images one after
// another.
func (f films) scene(ctx context.Context, n int) (string, error) {
	path := filepath.Join(f.dir, fmt.Sprintf("scene-%d.mjpeg", n))
	return path, f.make(path, func(w *os.File) error {
		c, err := scene.New(scene.Options{Pace: pace.Virtual})
		if err != nil {
			return err
		}
		defer c.Close()
		var frame capture.Frame
		for range n {
			if err := c.Next(ctx, &frame); err != nil {
				return err
			}
			if _, err := w.Write(frame.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

// real returns the file of the pictures [from, to) of a real recording, as 640x480, or "" where there is none.
func (f films) real(ctx context.Context, name string, from, to int) (string, error) {
	in := filepath.Join(footage, name)
	if _, err := os.Stat(in); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	path := filepath.Join(f.dir, fmt.Sprintf("%s-640x480-%d-%d.mjpeg", name, from, to))
	return path, f.make(path, func(w *os.File) error {
		cmd := exec.CommandContext(ctx, "go", "run", "./test/boards/usbcam", "cut", "-size", "640x480", "-from", fmt.Sprint(from), "-to", fmt.Sprint(to), in, w.Name())
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cut %s: %w\n%s", in, err, out)
		}
		return nil
	})
}

// h264 returns a film as H.264, Annex B, a key frame every two seconds, or "" where there is no ffmpeg.
func (f films) h264(ctx context.Context, film string) (string, error) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return "", nil
	}
	path := film + ".h264"
	return path, f.make(path, func(w *os.File) error {
		cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-y", "-r", "10", "-f", "mjpeg", "-i", film,
			"-c:v", "libx264", "-preset", "veryfast", "-g", "20", "-bf", "0", "-pix_fmt", "yuv420p", "-f", "h264", w.Name())
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("encode %s: %w\n%s", film, err, out)
		}
		return nil
	})
}

// make makes a file unless it is there; a half-made one is never seen.
func (f films) make(path string, fill func(*os.File) error) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	w, err := os.CreateTemp(f.dir, "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(w.Name())
	if err := errors.Join(fill(w), w.Close()); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return os.Rename(w.Name(), path)
}
