package motion

import "slices"

// unrest is how much a picture differs in many places at once, and not by exposure: dappled light, flicker of mains,
// reflections of water. What moves must stand out from that.
//
// It is told from things by where it is. Things cover neither seven of nine sectors of a picture and a third of each, nor are
// there so many of them in three sectors that a row runs in and out of them again and again.
type unrest struct {
	sectors [across * across]sector
}

// sector is a ninth of the picture.
type sector struct {
	hist     [unrestSteps]uint16 // of what the cells differ by
	cells    int
	rows     int
	restless int   // cells
	sure     int   // cells of what certainly moves
	borders  int   // between cells that are restless and cells that are not, along rows
	least    int32 // the threshold that its dapples ask for; 0 without any
}

const (
	across      = 3  // sectors in each direction
	calmSectors = 2  // of all, so many may be calm,
	calmCells   = 11 // and so many sixteenths of the cells of the others
	standOut    = 2  // what moves differs by so many times what they do

	dappledSectors = 3  // or so many are dappled:
	dappledPart    = 8  // one in so many of their cells is restless,
	dappledBorders = 28 // with so many borders in ten rows;
	dappledCells   = 13 // what moves differs by more than so many sixteenths of their cells do,
	dappledOut     = 7  // by so many quarters

	unrestFar   = 2 * unrestStep // what differs by less is never part of it,
	unrestLeast = 30             // and where only one cell in more than so many differs by more, there is none

	unrestSteps   = 64
	unrestStep    = 2 * grey
	restlessLeast = 6 * grey
)

// raise lifts the thresholds of the frame that m has compared above its unrest. finder and tracker still know the frame before.
func (u *unrest) raise(m *model, f *finder, t *tracker) {
	if m.far*unrestLeast < m.w*m.h {
		return
	}
	u.measure(m, f, t)
	level := u.level() * standOut
	dappled := u.dapple()
	if level <= minThreshold && !dappled {
		return
	}
	for y := range m.h {
		for x := range m.w {
			i := y*m.w + x
			least := max(level, u.sectors[y*across/m.h*across+x*across/m.w].least)
			if int32(m.threshold[i]) < least {
				m.threshold[i] = int16(least)
				again := m.flags[i] & crossed
				m.judge(i, int32(m.diff[i]))
				m.flags[i] |= again
			}
		}
	}
}

func (u *unrest) measure(m *model, f *finder, t *tracker) {
	clear(u.sectors[:])
	for y := range m.h {
		for sx := range across {
			from, to := (m.w*sx+across-1)/across, (m.w*(sx+1)+across-1)/across
			if from < to {
				u.sectors[y*across/m.h*across+sx].add(m, f, t, y*m.w+from, y*m.w+to)
			}
		}
	}
}

// add takes up a piece of a row.
func (s *sector) add(m *model, f *finder, t *tracker, from, to int) {
	s.rows++
	s.cells += to - from
	was := m.restless(from)
	for i := from; i < to; i++ {
		s.hist[min(abs(int32(m.diff[i]))/unrestStep, unrestSteps-1)]++
		is := m.restless(i)
		if is {
			s.restless++
		}
		if l := int(f.label[i]); l != 0 && l <= len(f.regions) && t.sure(f.regions[l-1].track) {
			s.sure++
		} else if is != was {
			s.borders++
		}
		was = is
	}
}

// restless tells whether a cell differs noticeably, and by more than it is wont to.
func (m *model) restless(i int) bool {
	return m.flags[i]&beyond != 0 && abs(int32(m.diff[i])) >= restlessLeast
}

// level is what the unrest of nearly the whole picture makes cells differ by, rounded down.
func (u *unrest) level() int32 {
	var levels [across * across]int32
	for i := range u.sectors {
		levels[i] = u.sectors[i].quantile(calmCells)
	}
	slices.Sort(levels[:])
	return levels[calmSectors]
}

// dapple sets the thresholds of dappled sectors, if there are enough of them, and tells so.
func (u *unrest) dapple() bool {
	n := 0
	for i := range u.sectors {
		s := &u.sectors[i]
		if (s.restless-s.sure)*dappledPart > s.cells && s.borders*10 > dappledBorders*s.rows {
			s.least = s.quantile(dappledCells) * dappledOut / 4
			n++
		}
	}
	if n >= dappledSectors {
		return true
	}
	for i := range u.sectors {
		u.sectors[i].least = 0
	}
	return false
}

// quantile is what so many sixteenths of the cells do not exceed, rounded down.
func (s *sector) quantile(sixteenths int) int32 {
	left := s.cells * sixteenths / 16
	for step, n := range s.hist {
		if left -= int(n); left <= 0 {
			return int32(step) * unrestStep
		}
	}
	return unrestSteps * unrestStep
}
