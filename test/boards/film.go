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

// footage is the folder of real recordings, beside the project.
const footage = "../shared/footage"

// The film is what virtual webcams play, 640x480 at 10 frames/s, JPEG images one after another: a room that is empty for
// two seconds, and then somebody walks through it for six seconds at the least. It is of a real recording where there is
// one, else the generated scene.
func (l *lab) film(ctx context.Context) (string, error) {
	in := filepath.Join(footage, "onebyone.mjpeg")
	if _, err := os.Stat(in); errors.Is(err, fs.ErrNotExist) {
		return l.make("scene-walk.mjpeg", sceneWalk(ctx))
	}
	return l.make("onebyone-visit.mjpeg", func(w *os.File) error {
		_, err := tool(ctx, "go", "run", "./test/boards/usbcam", "cut", "-size", "640x480", "-from", "40", "-to", "140", in, w.Name())
		return err
	})
}

// sceneWalk writes the generated scene from two seconds before its first walk to the end of that.
func sceneWalk(ctx context.Context) func(*os.File) error {
	return func(w *os.File) error {
		c, err := scene.New(scene.Options{Pace: pace.Virtual})
		if err != nil {
			return err
		}
		defer c.Close()
		walk := scene.Walks(scene.Options{}, 1000)[0]
		var f capture.Frame
		for i := range walk.To {
			if err := c.Next(ctx, &f); err != nil {
				return err
			}
			if i+20 < walk.From {
				continue
			}
			if _, err := w.Write(f.Data); err != nil {
				return err
			}
		}
		return nil
	}
}

// h264 returns the film as H.264, Annex B, a key frame every two seconds.
func (l *lab) h264(ctx context.Context) (string, error) {
	film, err := l.film(ctx)
	if err != nil {
		return "", err
	}
	return l.make(filepath.Base(film)+".h264", func(w *os.File) error {
		_, err := tool(ctx, "ffmpeg", "-v", "error", "-y", "-r", "10", "-f", "mjpeg", "-i", film,
			"-c:v", "libx264", "-preset", "veryfast", "-g", "20", "-bf", "0", "-pix_fmt", "yuv420p", "-f", "h264", w.Name())
		return err
	})
}

// tool runs a program of this machine and returns what it printed.
func tool(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return string(out), nil
}

// make makes a file in the folder of films, unless it is there, and returns its path; a half-made one is never seen.
func (l *lab) make(name string, fill func(*os.File) error) (string, error) {
	dir := filepath.Join(l.dir, "films")
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	w, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(w.Name())
	if err := errors.Join(fill(w), w.Close()); err != nil {
		return "", fmt.Errorf("make %s: %w", path, err)
	}
	return path, os.Rename(w.Name(), path)
}
