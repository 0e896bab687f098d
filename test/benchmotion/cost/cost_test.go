package cost

import (
	"os"
	"slices"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
)

func TestParseStat(t *testing.T) {
	line := "4242 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 130 20 99 98 20 0 4 0 1 2 3\n"
	if d, err := parseStat([]byte(line)); err != nil || d != 1500*time.Millisecond {
		t.Errorf("%v, %v", d, err)
	}
	for _, bad := range []string{"", "1 (a) S 1", "1 (a) S 1 2 3 4 5 6 7 8 9 10 x 20 1"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q has a time", bad)
		}
	}
}

func TestParseStatus(t *testing.T) {
	m, err := parseStatus([]byte("Name:\ta\nVmHWM:\t   40 kB\nVmRSS:\t   30 kB\n"))
	if err != nil || m.Now != 30<<10 || m.Peak != 40<<10 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := parseStatus([]byte("VmRSS: 1 kB\n")); err == nil {
		t.Error("memory without its peak")
	}
}

// TestOwn measures this process, which uses the processor meanwhile.
func TestOwn(t *testing.T) {
	before, err := cpu(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; {
		now, err := cpu(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now > before {
			break
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("no time has been used")
		}
	}
	if m, err := memory(os.Getpid()); err != nil || m.Now < 1<<20 || m.Peak < m.Now {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestPair(t *testing.T) {
	p := pair([]float64{1, 6, 2, 4}, []float64{10, 20, 10, 10})
	if want := (Pair{Spread{3, 1, 6}, Spread{10, 10, 20}, Spread{0.25, 0.1, 0.4}}); p != want {
		t.Errorf("%+v, want %+v", p, want)
	}
	if (pair(nil, nil) != Pair{}) {
		t.Error("a cost of nothing")
	}
}

func TestToAndFro(t *testing.T) {
	got := slices.Concat(ToAndFro([][]byte{{1}, {2}, {3}, {4}})...)
	if !slices.Equal(got, []byte{1, 2, 3, 4, 3, 2}) {
		t.Error(got)
	}
}

func TestWide(t *testing.T) {
	cam, err := scene.New(scene.Options{Pace: pace.Virtual})
	if err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	for range 2 {
		var f capture.Frame
		if err := cam.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f.Data)
	}
	wide, err := Wide(t.Context(), frames)
	if err != nil {
		t.Skip(err)
	}
	if len(wide) != 2 || off(wide) > wideBytes/5 {
		t.Errorf("%d frames of %d bytes", len(wide), mean(wide))
	}
}
