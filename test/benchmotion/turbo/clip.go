package turbo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"signet/capture/mjpeg"
)

// sample writes at most n frames, spread evenly over a clip, to a file. It returns the file's name and how long a frame
// is on average, in units of 1000 bytes.
func sample(clip, to string, n int) (name string, kb float64, err error) {
	total := 0
	if err := frames(clip, func(int, []byte) error { total++; return nil }); err != nil {
		return "", 0, err
	}
	f, err := os.Create(to)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	n = min(n, total)
	taken, size := 0, 0
	err = frames(clip, func(i int, img []byte) error {
		if i < taken*total/n || taken == n {
			return nil
		}
		taken++
		size += len(img)
		_, err := f.Write(img)
		return err
	})
	if err != nil {
		return "", 0, err
	}
	return to, float64(size) / float64(n) / 1000, f.Close()
}

// frames calls do for each frame of a clip.
func frames(clip string, do func(i int, img []byte) error) error {
	f, err := os.Open(clip)
	if err != nil {
		return err
	}
	defer f.Close()
	s := mjpeg.NewSplitter(f, 0)
	for i := 0; ; i++ {
		img, err := s.Next()
		if errors.Is(err, io.EOF) && i > 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read frame %d of %s: %w", i, clip, err)
		}
		if err := do(i, img); err != nil {
			return err
		}
	}
}

// Scale makes a clip of another size, in pixels, at the quality of the footage (quantisers from 8 on, tables of each
// frame's own, as ffmpeg writes them by default). It needs ffmpeg.
func Scale(ctx context.Context, from, to string, width, height int) error {
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-y", "-f", "mjpeg", "-i", from,
		"-vf", fmt.Sprintf("scale=%d:%d", width, height), "-c:v", "mjpeg", "-q:v", "2", "-f", "mjpeg", to)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("scale %s: %w: %s", from, err, text)
	}
	return nil
}
