package clip

import (
	"context"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/test/benchmotion/score"
	"signet/test/perturb"
)

// What a disturbed clip is like: nothing disturbs it at first, so that models settle.
const (
	disturbedFPS    = 10
	disturbedCalm   = 10 * time.Second
	disturbedLength = 25 * time.Second
)

// Disturbances returns, for each of package perturb's, a clip of the generated room with nobody in it.
func Disturbances() []Source {
	var list []Source
	for i, c := range perturb.Cases() {
		list = append(list, Source{c.Name, Disturbed, func(ctx context.Context) (*Clip, error) {
			return disturb(ctx, c, uint64(i), disturbedLength)
		}})
	}
	return list
}

func disturb(ctx context.Context, d perturb.Case, seed uint64, length time.Duration) (*Clip, error) {
	room, err := scene.New(scene.Options{Seed: seed, FPS: disturbedFPS, Pace: pace.Virtual, FirstWalk: 2 * disturbedLength})
	if err != nil {
		return nil, err
	}
	var cam capture.Camera = perturb.New(room, perturb.Options{Effect: d.Make(seed), From: disturbedCalm, Held: d.Held})
	c, err := take(ctx, cam, frames(length, disturbedFPS))
	if err != nil {
		return nil, err
	}
	c.Name, c.Group = d.Name, Disturbed
	c.Truth = score.Truth{Frames: len(c.Frames), FPS: disturbedFPS}
	return c, nil
}
