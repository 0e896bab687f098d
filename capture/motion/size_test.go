package motion

import "testing"

// TestSizes: the person has 84 of 4800 cells, 1.75 % of the picture.
func TestSizes(t *testing.T) {
	tests := []struct {
		name     string
		min, max float64
		zones    []Zone
		seen     bool
	}{
		{"any", 0, 0, nil, true},
		{"not too small", 0.015, 0, nil, true},
		{"too small", 0.025, 0, nil, false},
		{"not too large", 0, 0.025, nil, true},
		{"too large", 0, 0.0125, nil, false}, // also while it comes in and is small
		{"far too large", 0, 0.0001, nil, false},
		{"within both", 0.015, 0.025, nil, true},
		{"only the watched half counts, too small", 0.015, 0, []Zone{rect("a", true, 0, 0, 80, 37)}, false},
		{"only the watched half counts, not too large", 0, 0.0125, []Zone{rect("a", true, 0, 0, 80, 37)}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDetector(t, Config{MinSize: tt.min, MaxSize: tt.max, Zones: tt.zones})
			seen := 0
			walk(t, d, func(i, x int, r *Result) { seen += len(r.Regions) })
			if (seen > 0) != tt.seen {
				t.Errorf("seen in %d frames", seen)
			}
		})
	}
}

// TestSmallOneStaysMotion: who was large enough once may walk away.
func TestSmallOneStaysMotion(t *testing.T) {
	r, d := newRoom(0.7), newDetector(t, Config{MinSize: 0.015})
	last := 0
	for i := range 100 {
		p := r.frame(func(x, y int, g float64) float64 {
			if i < 20 || x < i-20 || x >= i-14 || y < 20 || y >= 40-max(0, i-50)/3 {
				return g
			}
			return 30
		})
		if len(d.Detect(p, stamp(i, 15)).Regions) > 0 {
			last = i
		}
	}
	if last < 90 {
		t.Errorf("lost in frame %d, it has walked on to frame 94", last)
	}
}

// TestVanThatDrivesInIsTooLarge: for two seconds there is less of it in the picture than a person has.
func TestVanThatDrivesInIsTooLarge(t *testing.T) {
	for _, tt := range []struct {
		name string
		max  float64
		seen bool
	}{{"smaller than the greatest", 0.2, true}, {"larger", 0.08, false}} {
		t.Run(tt.name, func(t *testing.T) {
			r, d := newRoom(0.7), newDetector(t, Config{MaxSize: tt.max})
			seen := 0
			for i := range 200 {
				p := r.frame(func(x, y int, g float64) float64 {
					if front := (i - 20) / 2; x >= front-30 && x < front && y >= 20 && y < 40 {
						return 30
					}
					return g
				})
				seen += len(d.Detect(p, stamp(i, 10)).Regions)
			}
			if (seen > 0) != tt.seen {
				t.Errorf("seen in %d frames", seen)
			}
		})
	}
}
