package perturb

import (
	"testing"
	"time"

	"signet/capture"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/scene"
)

// diary is what a pipeline told.
type diary struct {
	events  []moment.Event
	changes int      // of the scene
	moving  []uint64 // frames in which something was confirmed
	where   motion.Region
}

func (d *diary) Frame(*capture.Frame)                   {}
func (d *diary) Started(moment.Event, moment.Thumbnail) {}
func (d *diary) Part(moment.Event, moment.Part)         {}
func (d *diary) Ended(e moment.Event, _ moment.Thumbnail, _ moment.Facts) {
	d.events = append(d.events, e)
}

func (d *diary) SceneChanged(motion.Stamp, moment.Thumbnail) { d.changes++ }

func (d *diary) before(frame uint64) (n int) {
	for _, e := range d.events {
		if e.StartFrame < frame {
			n++
		}
	}
	return n
}

// watch runs the whole way from JPEGs to events over all frames of cam, with default settings.
func watch(t *testing.T, cam capture.Camera) *diary {
	t.Helper()
	d := &diary{}
	p, err := moment.New(moment.Config{Observe: func(f *capture.Frame, r *motion.Result) {
		if len(r.Regions) > 0 {
			if len(d.moving) == 0 {
				d.where = r.Regions[0]
			}
			d.moving = append(d.moving, f.Seq)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), cam, d); err != nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Torn+s.Unsupported > 0 {
		t.Fatalf("frames that cannot be read: %+v", s)
	}
	return d
}

func spans(events []moment.Event) (all [][2]uint64) {
	for _, e := range events {
		all = append(all, [2]uint64{e.StartFrame, e.EndFrame})
	}
	return all
}

// stage is the generated room, drawn once for all cases: calm, disturbance, and three seconds with somebody
// who walks in.
type stage struct {
	fps      float64
	seed     uint64
	walk     scene.Walk
	frames   [][]byte
	pictures Pictures
}

const walking = 3 * time.Second

func newStage(t *testing.T, fps float64, seed uint64) *stage {
	t.Helper()
	o := scene.Options{Seed: seed, FPS: fps, Pace: pace.Virtual, FirstWalk: calm + disturbance()}
	cam, err := scene.New(o)
	if err != nil {
		t.Fatal(err)
	}
	n := int((o.FirstWalk + walking).Seconds() * fps)
	frames, err := Record(t.Context(), cam, n)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{fps: fps, seed: seed, walk: scene.Walks(o, uint64(n))[0], frames: frames}
}

func (s *stage) camera(t *testing.T, c Case) capture.Camera {
	t.Helper()
	reel, err := NewReel("room", s.frames, s.fps)
	if err != nil {
		t.Fatal(err)
	}
	return New(reel, Options{Effect: c.Make(s.seed), From: calm, Held: c.Held, Pictures: &s.pictures})
}
