package clip

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/capture/pace"
	"signet/capture/scene"
	"signet/test/benchmotion/score"
	"signet/test/perturb"
)

func TestParse(t *testing.T) {
	s, err := parse([]byte("# a corridor\nfps 12.5\n\n moving 3-7 # Ada\nmoving 9-9\nignore 0-1\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.fps != 12.5 || !slices.Equal(s.moving, []score.Span{{From: 3, To: 7}, {From: 9, To: 9}}) || !slices.Equal(s.ignore, []score.Span{{From: 0, To: 1}}) {
		t.Errorf("%+v", s)
	}
	for text, why := range map[string]string{
		"moving 1-2":             "no fps",
		"fps 0":                  "not within",
		"fps NaN":                "not within",
		"fps 10\nfps 10":         "line 2",
		"fps 10\nmoving 1":       "not FROM-TO",
		"fps 10\nmoving -1-2":    "not FROM-TO",
		"fps 10\nmoves 1-2":      "line 2",
		"fps 10\nmoving 1 - 2":   "line 2",
		strings.Repeat("#", 2e6): "more than",
	} {
		if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.20q: %v, want %s", text, err, why)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("fps 10\nmoving 60-203\nignore 1-2 # x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parse(text)
		if err != nil {
			return
		}
		if truth, err := s.truth(100, nil); err == nil && truth.Validate() != nil {
			t.Error("a truth that contradicts itself was let through")
		}
	})
}

func packed(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzUnpack(f *testing.F) {
	f.Add(packed(f, []byte{0, 1, 2, 0}), 4)
	f.Add(packed(f, make([]byte, 1<<20)), 4)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		if size < 0 || size > 1<<20 {
			return
		}
		if cells, err := unpack(data, size); err == nil && len(cells) != size {
			t.Errorf("%d cells instead of %d", len(cells), size)
		}
	})
}

func TestUnpack(t *testing.T) {
	good := []byte{0, 1, 2, 0}
	if got, err := unpack(packed(t, good), 4); err != nil || !bytes.Equal(got, good) {
		t.Errorf("%v, %v", got, err)
	}
	for _, size := range []int{3, 5} {
		if _, err := unpack(packed(t, good), size); err == nil {
			t.Errorf("4 cells are taken for %d", size)
		}
	}
	if _, err := unpack(packed(t, []byte{3}), 1); err == nil {
		t.Error("a cell of 3 is let through")
	}
}

// film writes n frames of the generated room into a folder.
func film(t *testing.T, dir, name string, n int) {
	t.Helper()
	cam, err := scene.New(scene.Options{Pace: pace.Virtual})
	if err != nil {
		t.Fatal(err)
	}
	c, err := take(t.Context(), cam, n)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, name+".mjpeg", slices.Concat(c.Frames...))
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	film(t, dir, "a", 4)
	write(t, dir, "a.truth", []byte("fps 10\nmoving 2-3\n"))
	film(t, dir, "b", 3)
	write(t, dir, "b.truth", []byte("fps 5\nignore 0-0\n"))
	cells := make([]byte, 3*80*60)
	for i := range 4 {
		cells[2*80*60+i] = score.Moving
	}
	write(t, dir, "b.cells.gz", packed(t, cells))
	film(t, dir, "c", 1)       // without truth
	film(t, dir, "highway", 2) // not the one that is known

	var told []string
	list, err := Folder(dir, func(_ string, a ...any) { told = append(told, a[1].(string)) })
	if err != nil || len(list) != 3 || !slices.Equal(told, []string{"c"}) {
		t.Fatalf("%d recordings, %v, passed over %v", len(list), err, told)
	}
	a, err := list[0].Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Frames) != 4 || a.W != 640 || a.H != 480 || a.Truth.FPS != 10 || !slices.Equal(a.Truth.Visits, []score.Span{{From: 2, To: 3}}) {
		t.Errorf("a: %d frames of %dx%d, %+v", len(a.Frames), a.W, a.H, a.Truth)
	}
	if p, err := a.Planes(); err != nil || p.W != 80 || p.H != 60 || p.Frames() != 4 || p.Data[0] == 0 {
		t.Errorf("planes %+v, %v", p, err)
	}
	b, err := list[1].Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b.Truth.Cells == nil || b.Truth.Cells.Data[0] != score.Ignored || !slices.Equal(b.Truth.Visits, []score.Span{{From: 2, To: 2}}) ||
		!slices.Equal(b.Truth.Ignore, []score.Span{{From: 0, To: 0}}) {
		t.Errorf("b: visits %v, ignore %v", b.Truth.Visits, b.Truth.Ignore)
	}
	if _, err := list[2].Load(t.Context()); err == nil || !strings.Contains(err.Error(), "700") {
		t.Errorf("another highway: %v", err)
	}
}

// TestWalks: the truth of the generated scene is that of its plan, cut at the clip's end.
func TestWalks(t *testing.T) {
	c, err := walks("w", scene.Options{Seed: 1, FPS: 2}, 10e9, nil).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := []score.Span{{From: 16, To: 19}}; len(c.Frames) != 20 || !slices.Equal(c.Truth.Visits, want) {
		t.Errorf("%d frames, visits %v, want %v", len(c.Frames), c.Truth.Visits, want)
	}
}

// TestDisturbed: a disturbance begins after the calm, and nothing else moves.
func TestDisturbed(t *testing.T) {
	if list := Disturbances(); len(list) < 20 || list[0].Name != "nothing" {
		t.Fatalf("%d disturbances, %q the first", len(list), list[0].Name)
	}
	cases := perturb.Cases()
	lamp := cases[slices.IndexFunc(cases, func(c perturb.Case) bool { return c.Name == "lamp" })]
	calm := frames(disturbedCalm, disturbedFPS)
	c, err := disturb(t.Context(), lamp, 1, disturbedCalm+time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Frames) != calm+disturbedFPS || len(c.Truth.Visits) != 0 || c.Truth.Validate() != nil {
		t.Errorf("%d frames, %+v", len(c.Frames), c.Truth)
	}
	p, err := c.Planes()
	if err != nil {
		t.Fatal(err)
	}
	changed := func(i int) (n int) {
		for j, v := range p.Frame(i) {
			if d := int(v) - int(p.Frame(0)[j]); d > 8 || d < -8 {
				n++
			}
		}
		return n
	}
	if changed(calm-1) > 0 || changed(calm) < 100 {
		t.Errorf("%d cells changed when it was calm, %d by the lamp", changed(calm-1), changed(calm))
	}
}
