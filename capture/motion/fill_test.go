package motion

import (
	"strings"
	"testing"
)

// TestFill: what is enclosed on four sides belongs to the region, what is open below does not.
func TestFill(t *testing.T) {
	before := []string{
		"..####....",
		"..#..#....",
		"..####.###",
		"..#..#.#.#",
		"..#..#.###",
	}
	want := []string{
		"..####....",
		"..####....",
		"..####.###",
		"..#..#.#.#",
		"..#..#.###",
	}
	for name, zones := range map[string][]Zone{
		"everything watched": nil,
		"hole ignored":       {rect("hole", true, 4*8, 1*12, 5*8, 2*12)}, // one cell of 80x60
	} {
		t.Run(name, func(t *testing.T) {
			var f finder
			f.watch.set(zones)
			f.resize(10, 5)
			f.regions = append(f.regions, region{x0: 2, y0: 0, x1: 5, y1: 4}, region{x0: 7, y0: 2, x1: 9, y1: 4})
			for y, row := range before {
				for x, c := range row {
					if c == '#' {
						f.label[y*10+x] = 1
						if x > 6 {
							f.label[y*10+x] = 2
						}
					}
				}
			}
			f.fill(0)
			for y, row := range want {
				got := strings.Builder{}
				for x := range row {
					got.WriteByte(".#"[min(f.label[y*10+x], 1)])
				}
				if zones != nil && y == 1 {
					row = "..##.#...."
				}
				if got.String() != row {
					t.Errorf("row %d: %s, want %s", y, got.String(), row)
				}
			}
		})
	}
}
