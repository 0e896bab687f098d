package motion

import "slices"

// unrest is how much nearly the whole picture differs at once, and not by exposure: dappled light, flicker of mains,
// reflections of water. What moves must stand out from that. Things cover neither seven of nine sectors of a picture nor two
// thirds of each.
type unrest struct {
	hist [sectors * sectors][unrestSteps]uint16
	n    [sectors * sectors]int // cells
}

const (
	sectors     = 3  // in each direction
	calmSectors = 2  // so many may be calm
	calmCells   = 11 // and so many sixteenths of the cells of the others
	standOut    = 2  // the threshold in levels of unrest
	unrestSteps = 64
	unrestStep  = 2 * grey
)

// level is what the unrest makes cells differ by, in units of the plane, rounded down.
func (u *unrest) level(m *model) int32 {
	for s := range u.hist {
		clear(u.hist[s][:])
		u.n[s] = 0
	}
	for y := range m.h {
		row := m.diff[y*m.w : (y+1)*m.w]
		sy := y * sectors / m.h
		for x, d := range row {
			s := sy*sectors + x*sectors/m.w
			u.hist[s][min(abs(int32(d))/unrestStep, unrestSteps-1)]++
			u.n[s]++
		}
	}
	var levels [sectors * sectors]int32
	for s := range levels {
		left := u.n[s] * calmCells / 16
		for b, k := range u.hist[s] {
			if left -= int(k); left <= 0 {
				levels[s] = int32(b) * unrestStep
				break
			}
		}
	}
	slices.Sort(levels[:])
	return levels[calmSectors]
}

// raise lifts the thresholds of the frame that m has compared above the unrest.
func (u *unrest) raise(m *model) {
	t := standOut * u.level(m)
	if t <= minThreshold {
		return
	}
	for i, was := range m.threshold {
		if int32(was) < t {
			m.threshold[i] = int16(t)
			again := m.flags[i] & crossed
			m.judge(i, int32(m.diff[i]))
			m.flags[i] |= again
		}
	}
}
