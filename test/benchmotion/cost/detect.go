package cost

import (
	"context"
	"fmt"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/motion"
	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/method"
)

const detectRounds = 7

// Detect compares what Signet's detector takes for a frame of a clip with what OpenCV's MOG2 takes on its 1/8-scale
// picture, on one thread. They take turns over the whole clip.
func Detect(ctx context.Context, c *clip.Clip, mog method.OpenCV) (Pair, error) {
	small, err := c.Planes()
	if err != nil {
		return Pair{}, err
	}
	planes, err := fine(c)
	if err != nil {
		return Pair{}, err
	}
	var ours, theirs []float64
	for range detectRounds {
		d, err := ourRound(planes, c.Truth.FPS)
		if err != nil {
			return Pair{}, err
		}
		_, m, err := mog.Mark(ctx, small)
		if err != nil {
			return Pair{}, err
		}
		ours, theirs = append(ours, micro(d)), append(theirs, micro(m))
	}
	return pair(ours, theirs), nil
}

// fine returns the pictures as Signet sees them.
func fine(c *clip.Clip) ([]luma.Plane, error) {
	var d luma.Decoder
	planes := make([]luma.Plane, len(c.Frames))
	for i, img := range c.Frames {
		f := capture.Frame{Format: capture.MJPEG, Width: c.W, Height: c.H, Data: img}
		if err := d.Decode(&planes[i], &f); err != nil {
			return nil, fmt.Errorf("frame %d of %s: %w", i, c.Name, err)
		}
	}
	return planes, nil
}

// ourRound returns the median of what a frame took.
func ourRound(planes []luma.Plane, fps float64) (time.Duration, error) {
	d, err := motion.New(motion.Config{})
	if err != nil {
		return 0, err
	}
	took := make([]float64, len(planes))
	for i := range planes {
		at := capture.Mono(float64(i) / fps * float64(time.Second))
		begun := time.Now()
		d.Detect(&planes[i], motion.Stamp{Seq: uint64(i), At: at})
		took[i] = float64(time.Since(begun))
	}
	return time.Duration(spread(took).Median), nil
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
