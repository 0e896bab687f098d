package perturb

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/scene"
)

var (
	long   = flag.Bool("long", false, "disturb for 30 s rather than 12, at more frame rates and with more seeds")
	strict = flag.Bool("strict", false, "let the cases of todo fail")
	save   = flag.String("save", "", "folder to write the disturbed streams to, as .mjpeg")
)

// calm is how long nothing is disturbed at first.
const calm = 10 * time.Second

// complain fails the test, or says why it would, if the case is one of todo.
func complain(t *testing.T, test string, c Case, format string, args ...any) {
	t.Helper()
	if !*strict && slices.Contains(todo[test], c.Name) {
		t.Logf("TO DO: "+format, args...)
		return
	}
	t.Errorf(format, args...)
}

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

// disturbance is how long a test disturbs before anybody comes. It ends two seconds after a switch.
func disturbance() time.Duration {
	if *long {
		return 27 * time.Second
	}
	return 12 * time.Second
}

// TestRoom disturbs the generated room. While it is empty, nothing fires; whoever then walks in is found.
func TestRoom(t *testing.T) {
	type run struct {
		fps  float64
		seed uint64
	}
	runs := []run{{10, 1}}
	if *long {
		runs = []run{{10, 1}, {15, 2}, {30, 3}, {10, 4}}
	}
	for _, r := range runs {
		stage := newStage(t, r.fps, r.seed)
		for _, c := range cases(t) {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				room(t, c, stage)
			})
		}
	}
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

func room(t *testing.T, c Case, s *stage) {
	t.Helper()
	d := watch(t, s.camera(t, c))
	false_ := d.before(s.walk.From)
	found := time.Duration(-1)
	for _, n := range d.moving {
		if n >= s.walk.From {
			found = time.Duration(float64(n-s.walk.From) / s.fps * float64(time.Second))
			break
		}
	}
	t.Logf("| %s | room, %v fps, seed %d | %d events | %d scene changes | walker after %v |", c.Name, s.fps, s.seed, false_, d.changes, found)
	if false_ > 0 {
		complain(t, "TestRoom", c, "%v fps, seed %d: %d events in the empty room, frames %v, first at %+v", s.fps, s.seed, false_, spans(d.events), d.where)
	}
	if found < 0 || found > 1500*time.Millisecond {
		complain(t, "TestRoom", c, "%v fps, seed %d: walker found after %v", s.fps, s.seed, found)
	}
}

func spans(events []moment.Event) (all [][2]uint64) {
	for _, e := range events {
		all = append(all, [2]uint64{e.StartFrame, e.EndFrame})
	}
	return all
}

// footage is where recordings of the development set lie: beside the repository, or where SIGNET_FOOTAGE
// says. They are not part of the project; without them the test is skipped.
func footage(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("SIGNET_FOOTAGE")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "footage")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no footage: %v (set SIGNET_FOOTAGE)", err)
	}
	return path
}

// TestCorridor disturbs a real corridor in which nobody is, played to and fro.
func TestCorridor(t *testing.T) {
	const fps = 10
	stretches := [][2]int{{0, 50}}
	if *long {
		stretches = append(stretches, [2]int{462, 495})
	}
	for _, s := range stretches {
		frames, err := Cut(footage(t, "onebyone.mjpeg"), s[0], s[1])
		if err != nil {
			t.Fatal(err)
		}
		loop, err := NewLoop("corridor", frames, fps)
		if err != nil {
			t.Fatal(err)
		}
		frames, err = Record(t.Context(), loop, int((calm+disturbance()).Seconds()*fps))
		if err != nil {
			t.Fatal(err)
		}
		var pictures Pictures
		for _, c := range cases(t) {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				reel, err := NewReel("corridor", frames, fps)
				if err != nil {
					t.Fatal(err)
				}
				d := watch(t, New(reel, Options{Effect: c.Make(1), From: calm, Held: c.Held, Pictures: &pictures}))
				t.Logf("| %s | corridor %v | %d events | %d scene changes |", c.Name, s, len(d.events), d.changes)
				if len(d.events) > 0 {
					complain(t, "TestCorridor", c, "frames %v: %d events, frames %v, first at %+v", s, len(d.events), spans(d.events), d.where)
				}
			})
		}
	}
}

// TestVisits disturbs the corridor while people come and go, mildly: what is found without is found with it.
func TestVisits(t *testing.T) {
	const fps = 10
	from, to := 470, 560
	visits := [][2]int{{502, 704}}
	if *long {
		from, to = 0, 1394
		visits = [][2]int{{60, 203}, {227, 452}, {502, 704}, {745, 873}, {921, 1206}, {1234, 1366}}
	}
	frames, err := Cut(footage(t, "onebyone.mjpeg"), from, to)
	if err != nil {
		t.Fatal(err)
	}
	var pictures Pictures
	for _, c := range cases(t) {
		if !c.Mild {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			reel, err := NewReel("corridor", frames, fps)
			if err != nil {
				t.Fatal(err)
			}
			d := watch(t, New(reel, Options{Effect: c.Make(1), From: 2 * time.Second, Held: c.Held, Pictures: &pictures}))
			var late []int // in frames, for each visit
			for _, v := range visits {
				first := -1
				for _, n := range d.moving {
					if n := int(n) + from; n >= v[0]-5 && n <= v[1] {
						first = n - v[0]
						break
					}
				}
				late = append(late, first)
				if first < 0 || first > 12 {
					complain(t, "TestVisits", c, "the visit of frames %v is found %d frames late", v, first)
				}
			}
			t.Logf("| %s | visits | %d of %d events | %d scene changes | found after %v00 ms |", c.Name, len(d.events), len(visits), d.changes, late)
			if len(d.events) != len(visits) {
				complain(t, "TestVisits", c, "%d events of %d visits, frames %v", len(d.events), len(visits), spans(d.events))
			}
		})
	}
}

// cases are all, but under the race detector, which takes ten times as long, a few.
func cases(t *testing.T) (some []Case) {
	t.Helper()
	for i, c := range Cases() {
		if !raced || i%8 == 0 {
			some = append(some, c)
		}
	}
	return some
}

// TestSave writes what the cases do to the generated room to a folder, for the eye and for other programs.
func TestSave(t *testing.T) {
	if *save == "" {
		t.Skip("no folder given (-save)")
	}
	stage := newStage(t, 10, 1)
	for _, c := range Cases() {
		f, err := os.Create(filepath.Join(*save, c.Name+".mjpeg"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Write(t.Context(), f, stage.camera(t, c), len(stage.frames)); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
