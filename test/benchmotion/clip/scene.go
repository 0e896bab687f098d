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
	"signet/test/perturb"
)

// Scenes returns clips of the generated scene, at a slow and at a fast frame rate, and under some of package perturb's
// disturbances: who sees nothing there would look good in an empty room.
func Scenes() []Source {
	list := []Source{
		walks("walks, 10 fps", scene.Options{Seed: 11, FPS: 10}, 90*time.Second, nil),
		walks("walks, 25 fps", scene.Options{Seed: 12, FPS: 25}, 60*time.Second, nil),
	}
	for i, d := range perturb.Cases() {
		if slices.Contains([]string{"night", "leaves", "rain", "sway 1 px"}, d.Name) {
			list = append(list, walks("walks, "+d.Name, scene.Options{Seed: uint64(20 + i), FPS: 10}, 60*time.Second, &d))
		}
	}
	return list
}

// walks is a clip of people who walk through the generated room, disturbed unless that is nil.
func walks(name string, o scene.Options, length time.Duration, disturbance *perturb.Case) Source {
	o.Pace = pace.Virtual
	return Source{name, Generated, func(ctx context.Context) (*Clip, error) {
		room, err := scene.New(o)
		if err != nil {
			return nil, err
		}
		var cam capture.Camera = room
		if disturbance != nil {
			cam = perturb.New(room, perturb.Options{Effect: disturbance.Make(o.Seed), Held: true})
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
