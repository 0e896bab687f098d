package perturb

import (
	"context"
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

func (d *diary) SceneChanged(motion.Stamp, moment.Thumbnail) {}

func (d *diary) before(frame uint64) (n int) {
	for _, e := range d.events {
		if e.StartFrame < frame {
			n++
		}
	}
	return n
}

// watch runs the whole way from JPEGs to events over the first frames of cam, with default settings.
func watch(t *testing.T, cam capture.Camera, until time.Duration) *diary {
	t.Helper()
	d := &diary{}
	p, err := moment.New(moment.Config{Observe: func(f *capture.Frame, r *motion.Result) {
		if r.SceneChange {
			d.changes++
		}
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
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = p.Run(ctx, &upTo{Camera: cam, until: capture.Mono(until), done: cancel}, d)
	if ctx.Err() == nil {
		t.Fatal(err)
	}
	if s := p.Stats(); s.Torn+s.Unsupported > 0 {
		t.Fatalf("frames that cannot be read: %+v", s)
	}
	return d
}

// upTo ends a camera that has no end.
type upTo struct {
	capture.Camera
	until capture.Mono
	done  func()
}

func (c *upTo) Next(ctx context.Context, f *capture.Frame) error {
	if err := c.Camera.Next(ctx, f); err != nil {
		return err
	}
	if f.Mono >= c.until {
		c.done()
		return ctx.Err()
	}
	return nil
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
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			for _, r := range runs {
				room(t, c, r.fps, r.seed)
			}
		})
	}
}

func room(t *testing.T, c Case, fps float64, seed uint64) {
	t.Helper()
	enter := calm + disturbance()
	cam := roomCamera(t, c, fps, seed)
	walk := scene.Walks(scene.Options{Seed: seed, FPS: fps, FirstWalk: enter}, uint64((enter+time.Second).Seconds()*fps))[0]
	d := watch(t, cam, enter+3*time.Second)

	false_ := d.before(walk.From)
	found := time.Duration(-1)
	for _, n := range d.moving {
		if n >= walk.From {
			found = time.Duration(float64(n-walk.From) / fps * float64(time.Second))
			break
		}
	}
	t.Logf("| %s | room, %v fps, seed %d | %d events | %d scene changes | walker after %v |", c.Name, fps, seed, false_, d.changes, found)
	if false_ > 0 {
		complain(t, "TestRoom", c, "%v fps, seed %d: %d events in the empty room, frames %v, first at %+v", fps, seed, false_, spans(d.events), d.where)
	}
	if found < 0 || found > 1500*time.Millisecond {
		complain(t, "TestRoom", c, "%v fps, seed %d: walker found after %v", fps, seed, found)
	}
}

func roomCamera(t *testing.T, c Case, fps float64, seed uint64) capture.Camera {
	t.Helper()
	cam, err := scene.New(scene.Options{Seed: seed, FPS: fps, Pace: pace.Virtual, FirstWalk: calm + disturbance()})
	if err != nil {
		t.Fatal(err)
	}
	return New(cam, Options{Effect: c.Make(seed), From: calm, Held: c.Held})
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
	stretches := [][2]int{{0, 50}}
	if *long {
		stretches = append(stretches, [2]int{462, 495})
	}
	for _, s := range stretches {
		frames, err := Cut(footage(t, "onebyone.mjpeg"), s[0], s[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range Cases() {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				loop, err := NewLoop("onebyone", frames, 10)
				if err != nil {
					t.Fatal(err)
				}
				d := watch(t, New(loop, Options{Effect: c.Make(1), From: calm, Held: c.Held}), calm+disturbance())
				t.Logf("| %s | corridor %v | %d events | %d scene changes |", c.Name, s, len(d.events), d.changes)
				if len(d.events) > 0 {
					complain(t, "TestCorridor", c, "frames %v: %d events, frames %v, first at %+v", s, len(d.events), spans(d.events), d.where)
				}
			})
		}
	}
}

// TestSave writes what the cases do to the generated room to a folder, for the eye and for other programs.
func TestSave(t *testing.T) {
	if *save == "" {
		t.Skip("no folder given (-save)")
	}
	for _, c := range Cases() {
		f, err := os.Create(filepath.Join(*save, c.Name+".mjpeg"))
		if err != nil {
			t.Fatal(err)
		}
		cam := roomCamera(t, c, 10, 1)
		if _, err := Write(t.Context(), f, cam, int((calm+disturbance()).Seconds()*10)+30); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
