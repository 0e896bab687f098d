package perturb

import (
	"testing"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/scene"
)

// diary is what a pipeline told.
type diary struct {
	events  []moment.Event
	changes int // of the scene
	sights  []sight
}

// sight is something that was confirmed in a frame.
type sight struct {
	frame  uint64
	region motion.Region
}

// first returns what was seen first.
func (d *diary) first() (g motion.Region) {
	if len(d.sights) > 0 {
		g = d.sights[0].region
	}
	return g
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
		for _, g := range r.Regions {
			d.sights = append(d.sights, sight{f.Seq, g})
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

// spans are the first and last frames of events, counted from the frame first.
func spans(events []moment.Event, first int) (all [][2]int) {
	for _, e := range events {
		all = append(all, [2]int{int(e.StartFrame) + first, int(e.EndFrame) + first})
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
	person   []area // in frame walk.From and those after it
	pictures Pictures
}

// area is a part of the picture in cells of 8x8 pixels, up to x1 and y1; empty where x0 = x1.
type area struct{ x0, y0, x1, y1 int }

func (a area) overlaps(g motion.Region) bool {
	return a.x0 < g.X+g.W && g.X < a.x1 && a.y0 < g.Y+g.H && g.Y < a.y1
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
	s := &stage{fps: fps, seed: seed, walk: scene.Walks(o, uint64(n))[0], frames: frames}
	s.trace(t)
	return s
}

// trace finds the person in the undisturbed frames: where they differ from the empty room.
func (s *stage) trace(t *testing.T) {
	t.Helper()
	var d luma.Decoder
	var empty, p luma.Plane
	decode := func(p *luma.Plane, i uint64) {
		if err := d.Decode(p, &capture.Frame{Format: capture.MJPEG, Data: s.frames[i]}); err != nil {
			t.Fatal(err)
		}
	}
	decode(&empty, s.walk.From-1)
	for i := s.walk.From; i < uint64(len(s.frames)); i++ {
		decode(&p, i)
		a := area{x0: p.W, y0: p.H}
		for j, v := range p.Pix {
			if d := v - empty.Pix[j]; d > 64 || d < -64 { // 8 grey levels
				x, y := j%p.W, j/p.W
				a = area{min(a.x0, x), min(a.y0, y), max(a.x1, x+1), max(a.y1, y+1)}
			}
		}
		s.person = append(s.person, a)
	}
}

// found returns how long after the person came in a region was seen where the person is; -1 if there was none.
func (s *stage) found(d *diary) time.Duration {
	for _, g := range d.sights {
		if i := int(g.frame) - int(s.walk.From); i >= 0 && s.person[i].overlaps(g.region) {
			return time.Duration(float64(i) / s.fps * float64(time.Second))
		}
	}
	return -1
}

func (s *stage) camera(t *testing.T, c Case) capture.Camera {
	t.Helper()
	reel, err := NewReel("room", s.frames, s.fps)
	if err != nil {
		t.Fatal(err)
	}
	return New(reel, Options{Effect: c.Make(s.seed), From: calm, Held: c.Held, Pictures: &s.pictures})
}
