package perturb

import (
	"slices"
	"testing"
	"time"

	"signet/internal/footage"
)

// TestCorridor disturbs a real corridor in which nobody is, played to and fro.
func TestCorridor(t *testing.T) {
	const fps = 10
	stretches := [][2]int{{0, 50}}
	if *long {
		stretches = append(stretches, [2]int{462, 495})
	}
	for _, s := range stretches {
		loop, err := NewLoop("corridor", film(t, s[0], s[1]), fps)
		if err != nil {
			t.Fatal(err)
		}
		frames, err := Record(t.Context(), loop, int((calm+disturbance()).Seconds()*fps))
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
					complain(t, "TestCorridor", c, "frames %v: %d events, frames %v, first at %+v", s, len(d.events), spans(d.events, 0), d.first())
				}
			})
		}
	}
}

// film cuts frames from the recording. They are compressed as disturbed ones are, for it has more samples of chroma than those:
// no camera changes that while it streams.
func film(t *testing.T, from, to int) [][]byte {
	t.Helper()
	cut, err := Cut(footage.Path(t, footage.OneByOne), from, to)
	if err != nil {
		t.Fatal(err)
	}
	reel, err := NewReel("corridor", cut, 1)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := Record(t.Context(), New(reel, Options{Effect: Chain{}}), len(cut))
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

// TestVisits disturbs the corridor while people come and go, mildly: what is found without is found with it.
func TestVisits(t *testing.T) {
	const (
		fps   = 10
		early = 3 // frames by which somebody may show before the list says so
		never = 999
	)
	from, to := 470, 560
	visits := [][2]int{{502, 704}}
	if *long {
		from, to = 0, 1394
		visits = footage.Visits()
	}
	frames := film(t, from, to)
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
				first := never
				for _, g := range d.sights {
					if n := int(g.frame) + from; n >= v[0]-early && n <= v[1] {
						first = n - v[0]
						break
					}
				}
				late = append(late, first)
				if first > 12 {
					complain(t, "TestVisits", c, "the visit of frames %v is found %d frames late", v, first)
				}
			}
			outside := map[uint64]bool{} // frames
			for _, g := range d.sights {
				n := int(g.frame) + from
				if !slices.ContainsFunc(visits, func(v [2]int) bool { return n >= v[0]-early && n <= v[1]+fps }) {
					outside[g.frame] = true
				}
			}
			t.Logf("| %s | %d visits | %d events | %d scene changes | found after %v00 ms, %d00 ms of motion while nobody was there |",
				c.Name, len(visits), len(d.events), d.changes, late, len(outside))
			if len(outside) > len(visits)*fps/3 {
				complain(t, "TestVisits", c, "motion in %d frames in which nobody was there, events in frames %v", len(outside), spans(d.events, from))
			}
		})
	}
}
