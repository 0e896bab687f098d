package clip

import (
	"context"
	"fmt"
	"slices"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/test/benchmotion/score"
)

// Scenes returns clips of the generated scene, at a slow and at a fast frame rate.
func Scenes() []Source {
	return []Source{
		walks("walks, 10 fps", scene.Options{Seed: 11, FPS: 10}, 90*time.Second),
		walks("walks, 25 fps", scene.Options{Seed: 12, FPS: 25}, 60*time.Second),
	}
}

// walks is a clip of people who walk through the generated room.
func walks(name string, o scene.Options, length time.Duration) Source {
	o.Pace = pace.Virtual
	return Source{name, Generated, func(ctx context.Context) (*Clip, error) {
		cam, err := scene.New(o)
		if err != nil {
			return nil, err
		}
		c, err := take(ctx, cam, frames(length, o.FPS))
		if err != nil {
			return nil, err
		}
		c.Name, c.Group = name, Generated
		c.Truth = score.Truth{Frames: len(c.Frames), FPS: o.FPS}
		for _, w := range scene.Walks(o, uint64(len(c.Frames))) {
			c.Truth.Visits = append(c.Truth.Visits, score.Span{From: int(w.From), To: min(int(w.To), len(c.Frames)) - 1})
		}
		return c, c.Truth.Validate()
	}}
}

// take closes the camera after n frames.
func take(ctx context.Context, cam capture.Camera, n int) (*Clip, error) {
	defer cam.Close()
	c := &Clip{}
	for f := (capture.Frame{}); len(c.Frames) < n; {
		if err := cam.Next(ctx, &f); err != nil {
			return nil, fmt.Errorf("frame %d of %s: %w", len(c.Frames), cam.Info().Name, err)
		}
		c.Frames = append(c.Frames, slices.Clone(f.Data))
	}
	return c, c.measure()
}
