package command_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"signet/agent/command"
	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/internal/cli"
	"signet/internal/footage"
)

// film is the first frames of a generated scene, drawn once.
var film = sync.OnceValues(func() (frames [200][]byte, err error) {
	c, err := scene.New(scene.Options{Pace: pace.Virtual})
	for i := range frames {
		var f capture.Frame
		if err == nil {
			err = c.Next(context.Background(), &f)
		}
		frames[i] = f.Data
	}
	return frames, err
})

// event is a line of signet-agent replay --json, with every field that is promised.
type event struct {
	StartFrame *int     `json:"start_frame"`
	EndFrame   *int     `json:"end_frame"`
	StartMs    *int     `json:"start_ms"`
	EndMs      *int     `json:"end_ms"`
	Score      *float64 `json:"score"`
	Reason     *string  `json:"reason"`
	Zone       *string  `json:"zone"` // may be missing
	Boxes      []box    `json:"boxes"`
}

type box struct {
	AtMs *int `json:"at_ms"`
	X    *int `json:"x"`
	Y    *int `json:"y"`
	W    *int `json:"w"`
	H    *int `json:"h"`
}

// parseEvents reads lines, and refuses what is missing, too much or out of range.
func parseEvents(t interface{ Fatalf(string, ...any) }, lines string) (events []event) {
	for line := range strings.Lines(lines) {
		var e event
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil || d.More() {
			t.Fatalf("not one object in a line: %v: %s", err, line)
		}
		if e.StartFrame == nil || e.EndFrame == nil || e.StartMs == nil || e.EndMs == nil || e.Score == nil || e.Reason == nil || len(e.Boxes) == 0 {
			t.Fatalf("something is missing in %s", line)
		}
		if *e.StartFrame > *e.EndFrame || *e.StartMs > *e.EndMs || *e.Score < 0 || *e.Score > 1 {
			t.Fatalf("out of range: %s", line)
		}
		for _, b := range e.Boxes {
			if b.AtMs == nil || b.X == nil || b.Y == nil || b.W == nil || b.H == nil || *b.X+*b.W > 10000 || *b.Y+*b.H > 10000 || *b.W < 1 || *b.H < 1 {
				t.Fatalf("box is missing something or out of the picture: %s", line)
			}
		}
		events = append(events, e)
	}
	return events
}

// events FPS START-END... checks that the last output is these events, of frames at that pace, give or take a second.
func events(ts *testscript.TestScript, _ bool, args []string) {
	fps, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := parseEvents(ts, ts.ReadFile("stdout"))
	if len(got) != len(args)-1 {
		ts.Fatalf("%d events, want %d", len(got), len(args)-1)
	}
	for i, want := range args[1:] {
		start, end, ok := strings.Cut(want, "-")
		from, err1 := strconv.Atoi(start)
		to, err2 := strconv.Atoi(end)
		if !ok || err1 != nil || err2 != nil {
			ts.Fatalf("what is %q?", want)
		}
		e := got[i]
		if near := func(a, b int) bool { return a-b <= fps && b-a <= fps }; !near(*e.StartFrame, from) || !near(*e.EndFrame, to) {
			ts.Fatalf("event of frames %d-%d, want about %s", *e.StartFrame, *e.EndFrame, want)
		}
		if *e.StartMs != *e.StartFrame*1000/fps || *e.EndMs != *e.EndFrame*1000/fps {
			ts.Fatalf("frames %d-%d at %d frames a second are said to be at %d-%d ms", *e.StartFrame, *e.EndFrame, fps, *e.StartMs, *e.EndMs)
		}
	}
}

// TestSixVisits runs the command line over a corridor in which people come, stand and read, and go, six times.
func TestSixVisits(t *testing.T) {
	path := footage.Path(t, footage.OneByOne)
	var out, complaints bytes.Buffer
	if code := command.Main(t.Context(), cli.Env{Stdout: &out, Stderr: &complaints}, []string{"replay", "--fps", "10", "--json", path}); code != 0 {
		t.Fatalf("exit code %d: %s", code, complaints.String())
	}
	got := parseEvents(t, out.String())
	overlap := func(e event, span [2]int) bool { return *e.StartFrame <= span[1] && *e.EndFrame >= span[0] }
	for _, visit := range footage.Visits() {
		seen := false
		for _, e := range got {
			seen = seen || overlap(e, visit)
		}
		if !seen {
			t.Errorf("nothing in the visit of frames %d-%d", visit[0], visit[1])
		}
	}
	for _, nobody := range [][2]int{{0, 40}, {465, 490}} {
		for _, e := range got {
			if overlap(e, nobody) {
				t.Errorf("event of frames %d-%d, though nobody is there in %d-%d", *e.StartFrame, *e.EndFrame, nobody[0], nobody[1])
			}
		}
	}
	for _, e := range got {
		t.Logf("frames %d-%d, score %.2f", *e.StartFrame, *e.EndFrame, *e.Score)
	}
}

// A recording of which no frame can be read is refused: it is not one in which nothing moves.
func TestReplayRefusesProgressiveJPEG(t *testing.T) {
	picture, err := os.ReadFile(filepath.Join("..", "..", "capture", "luma", "testdata", "progressive.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "progressive.mjpeg")
	if err := os.WriteFile(path, bytes.Repeat(picture, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	code := command.Main(t.Context(), cli.Env{Stdout: &out, Stderr: &complaints}, []string{"replay", "--json", path})
	if want := "none of 3 frames can be read: decode luma: unsupported picture: progressive JPEG"; code != 1 || !strings.Contains(complaints.String(), want) {
		t.Errorf("exit code %d, %q, want 1 and %q", code, complaints.String(), want)
	}
}
