package motion

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/mjpeg"
	"signet/internal/footage"
	"signet/internal/raced"
)

// recording opens one.
func recording(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(footage.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// eachPlane runs through a recording at fps frames a second.
func eachPlane(t *testing.T, name string, fps int, do func(p *luma.Plane, s Stamp)) {
	t.Helper()
	split := mjpeg.NewSplitter(recording(t, name), 0)
	var dec luma.Decoder
	var p luma.Plane
	for i := 0; ; i++ {
		img, err := split.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := dec.Decode(&p, &capture.Frame{Format: capture.MJPEG, Data: img}); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		do(&p, Stamp{Seq: uint64(i), At: capture.Mono(time.Duration(i) * time.Second / time.Duration(fps))})
	}
}

// planes are all pictures of a recording at fps frames a second, and their stamps, for tests that look at them again and again.
func planes(t *testing.T, name string, fps int) (all []luma.Plane, stamps []Stamp) {
	t.Helper()
	eachPlane(t, name, fps, func(p *luma.Plane, s Stamp) {
		q := *p
		q.Pix = slices.Clone(p.Pix)
		for i := range q.Chroma {
			q.Chroma[i] = slices.Clone(p.Chroma[i])
		}
		all, stamps = append(all, q), append(stamps, s)
	})
	return all, stamps
}

// TestHighwayCells compares cells with CDnet's truth, at the recording's rate and at what is left when frames are dropped. The
// figures for the methods in use elsewhere, on the same cells: frame difference .63, running average .74, OpenCV MOG2 .84.
func TestHighwayCells(t *testing.T) {
	z, err := gzip.NewReader(recording(t, "highway.cells.gz"))
	if err != nil {
		t.Fatal(err)
	}
	truth, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	const fps, untold = 30, 70
	recall := 0.0
	for _, tt := range []struct {
		every, sensitivity int
		least              float64 // F
	}{
		{1, DefaultSensitivity, 0.945},
		{2, DefaultSensitivity, 0.945},
		{3, DefaultSensitivity, 0.945},
		{6, DefaultSensitivity, 0.93},
		{3, 2, 0},
		{3, 4, 0},
		{3, 6, 0},
		{3, 8, 0},
		{3, 10, 0}, // recall rises with sensitivity
	} {
		d := newDetector(t, Config{Sensitivity: tt.sensitivity})
		var c cells
		eachPlane(t, footage.Highway, fps, func(p *luma.Plane, s Stamp) {
			if int(s.Seq)%tt.every != 0 {
				return
			}
			if res := d.Detect(p, s); s.Seq >= untold {
				n := len(res.Cells)
				c.count(res.Cells, truth[int(s.Seq)*n:(int(s.Seq)+1)*n])
			}
		})
		t.Logf("%2d frames/s, sensitivity %2d: cell F %.3f, precision %.3f, recall %.3f", fps/tt.every, tt.sensitivity, c.f(), c.precision(), c.recall())
		if c.f() < tt.least {
			t.Errorf("cell F %.3f, want at least %.3f", c.f(), tt.least)
		}
		if tt.least == 0 {
			if c.recall() < recall {
				t.Errorf("recall was %.3f at less sensitivity", recall)
			}
			recall = c.recall()
		}
	}
}

// cells compares those that are found with those that are true.
type cells struct{ hit, wrong, missed float64 }

func (c *cells) count(got, truth []byte) {
	const still, moving = 0, 1 // others do not count
	for i, want := range truth {
		switch {
		case got[i] == 1 && want == moving:
			c.hit++
		case got[i] == 1 && want == still:
			c.wrong++
		case got[i] == 0 && want == moving:
			c.missed++
		}
	}
}

func (c *cells) precision() float64 { return c.hit / (c.hit + c.wrong) }
func (c *cells) recall() float64    { return c.hit / (c.hit + c.missed) }
func (c *cells) f() float64         { return 2 * c.hit / (2*c.hit + c.wrong + c.missed) }

// TestVisitsAtEveryRate: six visits to a corridor, of which each is found soon, and few frames of motion between them.
func TestVisitsAtEveryRate(t *testing.T) {
	visits := footage.Visits()
	const fps = 10
	for every, slowest := range map[int]int{1: 5, 2: 9} { // frames of the recording
		d := newDetector(t, Config{})
		found, outside := [6]int{}, 0
		eachPlane(t, footage.OneByOne, fps, func(p *luma.Plane, s Stamp) {
			if int(s.Seq)%every != 0 || len(d.Detect(p, s).Regions) == 0 {
				return
			}
			in := false
			for i, v := range visits {
				if int(s.Seq) >= v[0] && int(s.Seq) <= v[1] {
					in = true
					if found[i] == 0 {
						found[i] = int(s.Seq) - v[0] + 1
					}
				}
			}
			if !in {
				outside++
			}
		})
		t.Logf("%d frames/s: found in frame %v of each visit, %.1f s of motion outside", fps/every, found, float64(outside*every)/fps)
		for i, n := range found {
			if n == 0 || n > slowest {
				t.Errorf("%d frames/s: visit %d is found in its frame %d", fps/every, i+1, n)
			}
		}
		if outside*every > 4*fps {
			t.Errorf("%d frames/s: motion in %d frames outside", fps/every, outside)
		}
	}
}

// TestJoinedVisits begins in the middle of each visit, when somebody has been in the corridor for a while.
func TestJoinedVisits(t *testing.T) {
	const fps = 10
	film, stamps := planes(t, footage.OneByOne, fps)
	for _, v := range footage.Visits() {
		for _, tenths := range []int{1, 3, 5} {
			if raced.On && tenths > 1 {
				break
			}
			from := v[0] + (v[1]-v[0])*tenths/10
			d := newDetector(t, Config{})
			first, seen := -1, 0
			for n := from; n <= v[1]; n++ {
				if len(d.Detect(&film[n], stamps[n]).Regions) == 0 {
					continue
				}
				seen++
				if first < 0 {
					first = n - from
				}
			}
			t.Logf("visit of frames %v from frame %d on: found after %.1f s, in %d of %d frames", v, from, float64(first)/fps, seen, v[1]-from)
			if first < 0 || first > 8*fps || 5*seen < v[1]-from {
				t.Errorf("visit of frames %v from frame %d on: found after %.1f s, in %d of %d frames", v, from, float64(first)/fps, seen, v[1]-from)
			}
		}
	}
}

// TestVisitsAtEverySensitivity: the more sensitive, the more frames of visits show somebody, and nobody is a turned camera.
func TestVisitsAtEverySensitivity(t *testing.T) {
	const fps = 10
	visits := footage.Visits()
	film, stamps := planes(t, footage.OneByOne, fps)
	before := 0
	for s := MinSensitivity; s <= MaxSensitivity; s += 3 {
		if raced.On && s != MaxSensitivity {
			continue
		}
		d := newDetector(t, Config{Sensitivity: s})
		seen, changes := 0, 0
		for n := range film {
			r := d.Detect(&film[n], stamps[n])
			if r.SceneChange {
				changes++
			}
			for _, v := range visits {
				if n >= v[0] && n <= v[1] && len(r.Regions) > 0 {
					seen++
				}
			}
		}
		t.Logf("sensitivity %d: somebody in %d frames, %d scene changes", s, seen, changes)
		if changes > 0 || seen < before-10 {
			t.Errorf("sensitivity %d: somebody in %d frames, %d at less; %d scene changes", s, seen, before, changes)
		}
		before = seen
	}
}
