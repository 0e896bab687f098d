package recorder_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/capture"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/certs"
)

// untilEmpty shows a scene until the person has left and the event is over.
type untilEmpty struct {
	capture.Camera
	frames int
	done   func()
}

func (c *untilEmpty) Next(ctx context.Context, f *capture.Frame) error {
	if c.frames--; c.frames < 0 {
		c.done()
	}
	return c.Camera.Next(ctx, f)
}

// What a camera saw in a zone is told, in the facts that only the owner opens, with the zone's name.
func TestFactsNameTheZone(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	cam, err := scene.New(scene.Options{Pace: pace.Virtual, FirstWalk: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	strip := func(name string, x0, x1 float64) motion.Zone {
		return motion.Zone{Name: name, Points: []motion.Point{{X: x0}, {X: x1}, {X: x1, Y: 1}, {X: x0, Y: 1}}}
	}
	s := moment.DefaultSettings()
	s.Motion.Zones = []motion.Zone{strip("Doormat", 0, 0.1), strip("Staircase", 0.3, 1)}
	p, err := moment.New(moment.Config{Settings: &s})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	p.Run(ctx, &untilEmpty{cam, 150, stop}, w.Lane)
	w.finish()
	records, entries := w.records(), w.entries()
	i := slices.IndexFunc(records, func(r *certs.SignedRecord) bool { return r.Type == certs.Ended })
	if i < 0 {
		t.Fatalf("no event in %v", types(records))
	}
	f := w.factsOf(entries[i])[0]
	if f.Zone != "Staircase" || f.Reason != moment.ReasonMotion || len(f.Boxes) == 0 {
		t.Errorf("facts name zone %q, reason %q and %d boxes", f.Zone, f.Reason, len(f.Boxes))
	}
}
