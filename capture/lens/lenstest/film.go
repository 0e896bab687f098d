package lenstest

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"signet/capture"
)

// Film is a screen that somebody brings before a camera, holds there with an unsteady hand, and takes away.
type Film struct {
	Shot   Shot // what does not change: size, format, quality, surroundings. Fill and tilt are where the hand means to be
	Before int  // frames of the empty surroundings at first
	Shown  int  // frames with the screen, a third of them blurred by motion
	After  int  // frames of the empty surroundings at last
}

// Frames exposes the film. Frames of equal surroundings share their bytes.
func (f Film) Frames(screen image.Image) ([]*capture.Frame, error) {
	s := f.Shot.withDefaults()
	empty, err := s.Frame(nil)
	if err != nil {
		return nil, err
	}
	var frames []*capture.Frame
	for i := range f.Before + f.Shown + f.After {
		frame := *empty
		if i >= f.Before && i < f.Before+f.Shown {
			made, err := f.held(s, i-f.Before).Frame(screen)
			if err != nil {
				return nil, err
			}
			frame = *made
		}
		frame.Seq = uint64(i)
		frames = append(frames, &frame)
	}
	return frames, nil
}

// held is how the screen is seen in its ith frame.
func (f Film) held(s Shot, i int) Shot {
	rng := rand.New(rand.NewPCG(s.Seed, uint64(i)))
	t := float64(i) / 10
	s.Seed = rng.Uint64()
	s.Yaw += 8 * math.Sin(1.7*t)
	s.Pitch += 6 * math.Sin(1.1*t+1)
	s.Roll += 5 * math.Sin(0.9*t+2)
	s.X += 0.04 * math.Sin(1.3*t)
	s.Y += 0.03 * math.Sin(2.1*t)
	s.Fill *= 1 + 0.06*math.Sin(0.7*t)
	s.Noise = max(s.Noise, 3)
	s.Blur = max(s.Blur, 0.6)
	if i%3 == 1 {
		s.Motion = max(s.Motion, 4+6*rng.Float64())
		s.MotionAngle = 360 * rng.Float64()
	}
	return s
}

// Write writes frames of MJPEG for a replayed camera: into one file if path ends in .mjpeg, else as numbered images
// into a folder, which is made.
func Write(path string, frames []*capture.Frame) error {
	var all []byte
	one := strings.HasSuffix(path, ".mjpeg")
	if !one {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("write film: %w", err)
		}
	}
	for i, f := range frames {
		if f.Format != capture.MJPEG {
			return fmt.Errorf("write film: a frame of format %q", f.Format)
		}
		if one {
			all = append(all, f.Data...)
		} else if err := os.WriteFile(filepath.Join(path, fmt.Sprintf("%05d.jpg", i)), f.Data, 0o644); err != nil {
			return fmt.Errorf("write film: %w", err)
		}
	}
	if one {
		if err := os.WriteFile(path, all, 0o644); err != nil {
			return fmt.Errorf("write film: %w", err)
		}
	}
	return nil
}
