package motion

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"signet/capture/luma"
)

// rect is a zone with corners in cells of a picture of 80x60.
func rect(name string, ignore bool, x0, y0, x1, y1 float64) Zone {
	x0, y0, x1, y1 = x0/80, y0/60, x1/80, y1/60
	return Zone{Name: name, Ignore: ignore, Points: []Point{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}}
}

func drawn(zones []Zone, w, h int) *watch {
	k := &watch{}
	k.resize(w, h)
	k.set(zones)
	return k
}

// picture shows the cells that are watched as "#".
func (w *watch) picture() string {
	var b strings.Builder
	for i := range w.w * w.h {
		c := byte('#')
		if w.fence != nil && w.fence[i] != 0 {
			c = '.'
		}
		b.WriteByte(c)
		if (i+1)%w.w == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestZonesAreDrawnByCellCentres(t *testing.T) {
	poly := func(ignore bool, xy ...float64) Zone { // in cells of 8x6
		z := Zone{Name: fmt.Sprint(xy), Ignore: ignore}
		for i := 0; i < len(xy); i += 2 {
			z.Points = append(z.Points, Point{xy[i] / 8, xy[i+1] / 6})
		}
		return z
	}
	all := strings.Repeat("########\n", 6)
	tests := []struct {
		name  string
		zones []Zone
		want  string
	}{
		{"none", nil, all},
		{"whole picture", []Zone{poly(false, 0, 0, 8, 0, 8, 6, 0, 6)}, all},
		{
			"rectangle",
			[]Zone{poly(false, 1.4, 1.4, 6.6, 1.4, 6.6, 3.6, 1.4, 3.6)},
			"........\n.######.\n.######.\n.######.\n........\n........\n",
		},
		{
			"triangle",
			[]Zone{poly(false, 0, 0, 6, 0, 0, 6)},
			"#####...\n####....\n###.....\n##......\n#.......\n........\n",
		},
		{
			"ignored",
			[]Zone{poly(true, 0, 0, 8, 0, 8, 3, 0, 3)},
			"........\n........\n........\n########\n########\n########\n",
		},
		{
			"ignored within watched",
			[]Zone{poly(true, 0, 0, 4, 0, 4, 6, 0, 6), poly(false, 0, 0, 8, 0, 8, 2, 0, 2)},
			"....####\n....####\n........\n........\n........\n........\n",
		},
		{
			"crossing edges leave a hole",
			[]Zone{poly(false, 0, 0, 8, 0, 8, 6, 0, 6, 0, 0, 2, 2, 6, 2, 6, 4, 2, 4, 2, 2)},
			"########\n########\n##....##\n##....##\n########\n########\n",
		},
		{
			"bow tie",
			[]Zone{poly(false, 0, 0, 0, 6, 8, 0, 8, 6)},
			"#......#\n##....##\n###..###\n###..###\n##....##\n#......#\n",
		},
		{
			"smaller than a cell",
			[]Zone{poly(false, 2.1, 2.1, 2.3, 2.1, 2.2, 2.3)},
			"........\n........\n..#.....\n........\n........\n........\n",
		},
		{
			"a point in the corner",
			[]Zone{poly(false, 8, 6, 8, 6, 8, 6)},
			"........\n........\n........\n........\n........\n.......#\n",
		},
		{
			"between centres",
			[]Zone{poly(false, 0, 2.6, 8, 2.6, 8, 2.9, 0, 2.9)},
			"........\n........\n########\n........\n........\n........\n",
		},
		{
			"thin and aslant",
			[]Zone{poly(true, 0, 0.2, 8, 5.7, 8, 5.9, 0, 0.4)},
			".#######\n#..#####\n###.####\n####.###\n#####..#\n#######.\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := drawn(tt.zones, 8, 6).picture()
			if tt.name == "thin and aslant" { // every column and row is cut, whichever cells it takes
				for i, row := range strings.Fields(got) {
					if !strings.Contains(row, ".") || strings.Count(row, ".") > 3 {
						t.Errorf("row %d: %s", i, row)
					}
				}
				return
			}
			if got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func anyZone(t *rapid.T, name string) Zone {
	point := rapid.Custom(func(t *rapid.T) Point {
		grid := rapid.OneOf(rapid.Float64Range(0, 1), rapid.Map(rapid.IntRange(0, 16), func(i int) float64 { return float64(i) / 16 }))
		return Point{grid.Draw(t, "x"), grid.Draw(t, "y")}
	})
	return Zone{
		Name: name, Ignore: rapid.Bool().Draw(t, "ignore"),
		Points: rapid.SliceOfN(point, MinPoints, MaxPoints).Draw(t, "points"),
	}
}

// TestEveryPolygonIsDrawn: nothing panics, no zone vanishes, and a cell far inside or outside is on the right side.
func TestEveryPolygonIsDrawn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 30).Draw(t, "h")
		z := anyZone(t, "z")
		z.Ignore = false
		if err := z.validate(); err != nil {
			t.Fatal(err)
		}
		k := drawn([]Zone{z}, w, h)
		n := 0
		for i := range k.inside {
			if k.inside[i] != 0 {
				n++
			}
			if (k.inside[i] != 0) != (k.fence[i] == 0) {
				t.Fatalf("cell %d: in the zone or not, watched or not", i)
			}
		}
		if n == 0 {
			t.Fatal("the zone has no cell")
		}
	})
}

// TestIgnoringMoreNeverAddsCells: to the map, and to what is found in any one picture.
func TestIgnoringMoreNeverAddsCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const w, h = 16, 12
		var zones []Zone
		for i := range rapid.IntRange(0, 4).Draw(t, "zones") {
			zones = append(zones, anyZone(t, fmt.Sprint(i)))
		}
		more := anyZone(t, "more")
		more.Ignore = true
		diff := rapid.SliceOfN(rapid.SampledFrom([]int16{0, 1, 3, 8, 40}), w*h, w*h).Draw(t, "diff") // thresholds are 8
		found := func(zones []Zone) []byte {
			f := finder{}
			f.watch.set(zones)
			f.resize(w, h)
			m := model{w: w, h: h, diff: diff, evidence: make([]byte, w*h)}
			for i, d := range diff {
				m.evidence[i] = byte(min(2*d, fullEvidence))
			}
			f.watch.cut(m.evidence)
			f.pick(&m)
			return f.mask
		}
		before, after := found(zones), found(append(zones[:len(zones):len(zones)], more))
		for i := range after {
			if after[i] > before[i] {
				t.Fatalf("cell %d counts since %v is ignored", i, more.Points)
			}
		}
	})
}

// walk lets a person cross the middle of the picture and calls see after each frame.
func walk(t *testing.T, d *Detector, see func(i, x int, r *Result)) {
	t.Helper()
	r := newRoom(0.7)
	for i := range 120 {
		var paint func(int, int, float64) float64
		x := -6 + (i - 20)
		if i >= 20 {
			paint = box(x, 30, 40)
		}
		see(i, x, d.Detect(r.frame(paint), stamp(i, 15)))
	}
}

func TestWhatIsIgnoredIsNowhereInTheResult(t *testing.T) {
	tests := []struct {
		name     string
		zones    []Zone
		from, to int // cells in which the walk is seen; equal: it is not
		zone     string
	}{
		{"right half ignored", []Zone{rect("yard", true, 40, 0, 80, 60)}, 0, 40, ""},
		{"right half watched", []Zone{rect("yard", false, 40, 0, 80, 60)}, 40, 80, "yard"},
		{"upper half of the person ignored", []Zone{rect("a", true, 0, 0, 80, 37), rect("b", false, 0, 0, 80, 60)}, 0, 80, "b"},
		{"all but one row of the person ignored", []Zone{rect("a", true, 0, 0, 80, 43)}, 0, 0, ""},
		{"person ignored", []Zone{rect("a", true, 0, 28, 80, 46)}, 0, 0, ""},
		{"a door of eight cells", []Zone{rect("door", false, 40, 20, 48, 60)}, 40, 48, "door"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDetector(t, Config{Zones: tt.zones})
			seen := 0
			walk(t, d, func(i, x int, r *Result) {
				fence := d.finder.watch.fence
				for c, on := range r.Cells {
					if on != 0 && fence[c] != 0 {
						t.Fatalf("frame %d: cell %d,%d is not watched", i, c%80, c/80)
					}
				}
				for _, g := range r.Regions {
					seen++
					if g.X < tt.from || g.X+g.W > tt.to || g.Cells > g.W*g.H {
						t.Fatalf("frame %d: region %+v, seen from %d to %d", i, g, tt.from, tt.to)
					}
					if tt.name[0] == 'u' && g.Y < 37 {
						t.Fatalf("frame %d: region %+v above row 37", i, g)
					}
					if g.Zone != tt.zone {
						t.Fatalf("frame %d: zone %q", i, g.Zone)
					}
				}
			})
			if (seen > 0) != (tt.to > tt.from) {
				t.Errorf("seen in %d frames", seen)
			}
		})
	}
}

func TestRegionIsInTheZoneThatHasMostOfIt(t *testing.T) {
	d := newDetector(t, Config{Zones: []Zone{
		rect("bin", true, 0, 50, 80, 60), rect("gate", false, 0, 0, 30, 60), rect("path", false, 20, 0, 80, 60),
	}})
	walk(t, d, func(i, x int, r *Result) {
		for _, g := range r.Regions {
			if g.X+g.W < 23 && g.Zone != "gate" || g.X > 31 && g.Zone != "path" {
				t.Fatalf("frame %d: person at %d is in %q", i, x, g.Zone)
			}
		}
	})
}

// TestLeavesOverTheBorderStaySilent: a branch in an ignored tree reaches one column into what is watched.
func TestLeavesOverTheBorderStaySilent(t *testing.T) {
	leaves := func(reach int) (fired int) {
		const fps = 15
		r := newRoom(0.7)
		d := newDetector(t, Config{Zones: []Zone{rect("tree", true, 0, 0, 40, 60)}})
		for i := range 20 * fps {
			p := r.frame(func(x, y int, g float64) float64 {
				top := 8 + i%30 // the bough goes up and down
				if i >= 3*fps && x >= 20 && x < 40+reach && y >= top && y < top+9 {
					return g + 60
				}
				return g
			})
			if len(d.Detect(p, stamp(i, fps)).Regions) > 0 {
				fired++
			}
		}
		return fired
	}
	if n := leaves(1); n > 0 {
		t.Errorf("one column: fired in %d frames", n)
	}
	if leaves(6) == 0 {
		t.Error("six columns: did not fire, so this test shows nothing")
	}
}

func TestZonesChangeWhileSomethingMoves(t *testing.T) {
	left, right := []Zone{rect("l", true, 0, 0, 40, 60)}, []Zone{rect("r", true, 40, 0, 80, 60)}
	d := newDetector(t, Config{})
	seen := map[int]int{}
	walk(t, d, func(i, x int, r *Result) {
		for _, g := range r.Regions {
			if i > 40 && i <= 60 && g.X < 40 || i > 60 && i <= 80 && g.X+g.W > 40 {
				t.Fatalf("frame %d: region %+v in an ignored half", i, g)
			}
			seen[(i-1)/20]++
		}
		var err error
		switch i { // the person is at 14, 34, 54
		case 40:
			err = d.Set(Config{Zones: left})
		case 60:
			err = d.Set(Config{Zones: right})
		case 80:
			err = d.Set(Config{})
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if seen[1] == 0 || seen[2] != 0 || seen[3] != 0 || seen[4] == 0 {
		t.Errorf("frames with regions by twenty: %v", seen)
	}
}

func TestZonesDoNotAllocate(t *testing.T) {
	r, d := newRoom(0.7), newDetector(t, Config{
		Zones:   []Zone{rect("a", false, 0, 0, 60, 60), rect("b", true, 30, 20, 50, 60)},
		MinSize: 0.001, MaxSize: 0.5,
	})
	planes := make([]luma.Plane, 80)
	for i := range planes {
		p := r.frame(box(i, 20, 30))
		planes[i] = luma.Plane{W: p.W, H: p.H, Pix: append([]int16(nil), p.Pix...)}
	}
	i, moving := 0, 0
	step := func() {
		if len(d.Detect(&planes[i%80], stamp(i, 15)).Regions) > 0 {
			moving++
		}
		i++
	}
	for range 40 {
		step()
	}
	if n := testing.AllocsPerRun(200, step); n > 0 || moving == 0 {
		t.Errorf("%v allocations a frame, motion in %d frames", n, moving)
	}
}
