package cost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"

	"signet/capture/mjpeg"
)

// The pictures of the whole comparison, as webcams make them.
const (
	WideW, WideH = 1280, 720
	wideBytes    = 100_000 // of a JPEG, about
)

// Wide scales frames to 1280x720, as JPEGs of about 100 KB. What scaling took from them, the noise of a sensor in each
// pixel, is put back, as much as it needs for that size.
func Wide(ctx context.Context, frames [][]byte) ([][]byte, error) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, errors.New("no ffmpeg to scale pictures (Debian: ffmpeg)")
	}
	var best [][]byte
	for noise := 0; noise <= 20; noise++ {
		wide, err := scale(ctx, ffmpeg, frames, noise)
		if err != nil {
			return nil, err
		}
		if best == nil || off(wide) < off(best) {
			best = wide
		}
		if mean(wide) > wideBytes {
			break
		}
	}
	return best, nil
}

func mean(frames [][]byte) int { return len(slices.Concat(frames...)) / len(frames) }

func off(frames [][]byte) int { return max(mean(frames)-wideBytes, wideBytes-mean(frames)) }

func scale(ctx context.Context, ffmpeg string, frames [][]byte, noise int) ([][]byte, error) {
	filter := fmt.Sprintf("scale=%d:%d,noise=c0s=%d:c0f=t", WideW, WideH, noise)
	cmd := exec.CommandContext(ctx, ffmpeg, "-v", "error", "-f", "mjpeg", "-i", "-", "-vf", filter,
		"-pix_fmt", "yuvj422p", "-q:v", "3", "-f", "mjpeg", "-")
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(slices.Concat(frames...)), &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("scale pictures: %w: %s", err, strings.TrimSpace(complaints.String()))
	}
	var wide [][]byte
	for split := mjpeg.NewSplitter(&out, 0); ; {
		img, err := split.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("scale pictures: %w", err)
		}
		wide = append(wide, slices.Clone(img))
	}
	if len(wide) != len(frames) {
		return nil, fmt.Errorf("scale pictures: %d of %d came back", len(wide), len(frames))
	}
	return wide, nil
}

// ToAndFro returns the frames followed by the way back, so that nothing jumps when they are played over and over.
func ToAndFro(frames [][]byte) [][]byte {
	all := slices.Clone(frames)
	for i := len(frames) - 2; i > 0; i-- {
		all = append(all, frames[i])
	}
	return all
}
