package perturb

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"signet/internal/raced"
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

// disturbance is how long a test disturbs before anybody comes. It ends two seconds after a switch.
func disturbance() time.Duration {
	if *long {
		return 27 * time.Second
	}
	return 12 * time.Second
}

// TestRoom disturbs the generated room. While it is empty, nothing fires; whoever then walks in is found.
func TestRoom(t *testing.T) {
	runs := []struct {
		fps  float64
		seed uint64
		nth  int // of the cases
	}{{10, 1, 1}, {30, 3, 8}}
	if *long {
		runs[1].nth = 1
		runs = append(runs, runs[0], runs[0])
		runs[2].fps, runs[2].seed, runs[3].seed = 15, 2, 4
	}
	if raced.On {
		runs = runs[:1]
	}
	for _, r := range runs {
		stage := newStage(t, r.fps, r.seed)
		for i, c := range cases(t) {
			if i%r.nth != r.nth-1 {
				continue
			}
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				room(t, c, stage)
			})
		}
	}
}

func room(t *testing.T, c Case, s *stage) {
	t.Helper()
	d := watch(t, s.camera(t, c))
	false_, found := d.before(s.walk.From), s.found(d)
	t.Logf("| %s | room, %v fps, seed %d | %d events | %d scene changes | walker after %v |", c.Name, s.fps, s.seed, false_, d.changes, found)
	if false_ > 0 {
		complain(t, "TestRoom", c, "%v fps, seed %d: %d events in the empty room, frames %v, first at %+v", s.fps, s.seed, false_, spans(d.events, 0), d.first())
	}
	if found < 0 || found > 1500*time.Millisecond {
		complain(t, "TestRoom", c, "%v fps, seed %d: walker found after %v", s.fps, s.seed, found)
	}
}

// cases are all, but under the race detector, which takes ten times as long, a few.
func cases(t *testing.T) (some []Case) {
	t.Helper()
	for i, c := range Cases() {
		if !raced.On || i%13 == 0 {
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
