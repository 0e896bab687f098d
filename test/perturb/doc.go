// Package perturb disturbs the pictures of a camera as light, weather, sensors and networks do.
//
// A [Camera] takes the frames of another one (a recording, the generated room, a [Loop] of stills), applies
// an [Effect] to each from a moment on, and gives them on as JPEG, with their time. What a motion detector
// makes of it is measured elsewhere: nothing that moves is added, so no effect is an event, and whoever
// walks through the picture meanwhile is one.
//
// Effects say what they do in seconds, pixels, grey levels and stops (a stop is a doubling of the light on
// the sensor; pictures are taken to be coded with a gamma of 2.2). They follow from their seed, the frame's
// number and the time alone, so that the same disturbance can be had again, and at another frame rate.
// [Chain] joins several; [Cases] is the list that tests and benchmarks use.
//
//	room, err := scene.New(scene.Options{Pace: pace.Virtual, FirstWalk: time.Minute})
//	...
//	cam := perturb.New(room, perturb.Options{
//		Effect: perturb.Chain{&perturb.Clouds{Stops: 1, Every: 8 * time.Second}, &perturb.Noise{Grey: 4}},
//		From:   10 * time.Second,
//	})
package perturb
