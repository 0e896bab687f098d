package motion

import "time"

// How far a picture stands from the model's is measured at marks, cells where the model's brightness slopes: there, a
// shift by s cells makes a change of -slope x s (Lucas and Kanade 1981, with one s for the whole picture). What a shift
// cannot explain is something else, an object, and does not count.
const (
	shiftOne   = 256                    // a cell
	minShift   = 8                      // a quarter of a pixel: what is less changes edges of 100 grey levels by 3
	maxShift   = shiftOne               // what is further off is another scene
	markTime   = 500 * time.Millisecond // between choices of marks
	leastSlope = 2 * grey               // a cell, of a mark; noise has less
	maxMarks   = 600                    // 540 of a picture of 80x60
	slackLeast = 3 * grey               // no shift need explain so little: noise, curvature
	slackMost  = 12 * grey              // nor is more than this taken for curvature
	shiftWide  = 4                      // blocks across, and
	shiftHigh  = 3                      // down, that vote on a shift
	leastVotes = 4                      // marks of a block that tells whether the camera was turned
	rounds     = 3                      // of dropping what does not fit and fitting again
)

// shift is where a picture stands against the model's: to the right and down, in cells x256.
type shift struct{ x, y int32 }

// change is what s makes of a place with such slopes.
func (s shift) change(gx, gy int32) int32 { return -(gx*s.x + gy*s.y) >> 8 }

// far is the greater of both ways, without its sign.
func (s shift) far() int32 { return max(abs(s.x), abs(s.y)) }

// gauge measures shifts.
type gauge struct {
	marks []mark
	age   time.Duration // since they were chosen
	tile  int           // the steepest cell of each tile x tile is a mark, so that they lie everywhere
	row   []mark        // the steepest ones so far in a row of tiles
}

// mark is a cell that shows shifts.
type mark struct {
	cell   int32
	gx, gy int16 // the model's change from cell to cell, in units of the plane
	d      int16 // of this frame: picture less model
	block  uint8 // that it votes in
}

func (g *gauge) resize(w, h int) {
	for g.tile = 3; (w/g.tile+1)*(h/g.tile+1) > maxMarks; g.tile++ {
	}
	g.marks = make([]mark, 0, maxMarks)
	g.row = make([]mark, w/g.tile+1)
}

func (g *gauge) restart() { g.marks, g.age = g.marks[:0], markTime }

// measure returns the shift of pix against m's mean, and whether the parts of the picture agree on it. It returns 0 and
// true for a camera that stands still.
func (g *gauge) measure(pix []int16, m *model, c *curve, step time.Duration) (shift, bool) {
	if g.age += step; g.age >= markTime {
		g.age = 0
		g.choose(m)
	}
	for i := range g.marks {
		k := &g.marks[i]
		mean := m.mean[k.cell] >> 8
		k.d = int16(int32(pix[k.cell]) - mean - c.at(mean))
	}
	s := g.fit(shift{}, true)
	if s.far() < minShift/2 {
		return shift{}, true
	}
	for range rounds - 1 {
		s = g.fit(s, false)
	}
	switch far := s.far(); {
	case far < minShift:
		return shift{}, true
	case far > maxShift || !g.agree(s):
		return shift{}, false
	}
	return s, true
}

// elsewhere tells whether the last picture shows another place: a third of the marks differ, and of these enough in nearly
// every part of the picture. Something large covers some parts, a lamp lights some; a turned camera changes all that have
// anything to show. Without m, which says which cells differ, no shift explains them.
func (g *gauge) elsewhere(m *model, factor int32) bool {
	var marks, off [shiftWide * shiftHigh]int
	all := 0
	for i := range g.marks {
		k := &g.marks[i]
		marks[k.block]++
		odd := abs(int32(k.d)) > max((abs(int32(k.gx))+abs(int32(k.gy)))/2, slackLeast)
		if m != nil {
			odd = abs(int32(m.diff[k.cell]))*factor > int32(m.threshold[k.cell])<<8
		}
		if odd {
			off[k.block]++
			all++
		}
	}
	told, changed := 0, 0
	for b, n := range marks {
		if n >= leastVotes {
			told++
			if 4*off[b] >= n {
				changed++
			}
		}
	}
	return 2*told >= len(marks) && 4*changed >= 3*told && 3*all >= len(g.marks)
}

// choose finds the marks of m.
func (g *gauge) choose(m *model) {
	g.marks = g.marks[:0]
	clear(g.row)
	for y := 1; y < m.h-1; y++ {
		tile, end := 0, g.tile // the tile that cell x is in, and where it ends
		for x := 1; x < m.w-1; x++ {
			if x == end {
				tile, end = tile+1, end+g.tile
			}
			i := y*m.w + x
			gx, gy := (m.mean[i+1]-m.mean[i-1])>>9, (m.mean[i+m.w]-m.mean[i-m.w])>>9
			if k := &g.row[tile]; abs(gx)+abs(gy) > abs(int32(k.gx))+abs(int32(k.gy)) {
				*k = mark{cell: int32(i), gx: int16(gx), gy: int16(gy)}
			}
		}
		if (y+1)%g.tile != 0 && y != m.h-2 {
			continue
		}
		for t, k := range g.row {
			if abs(int32(k.gx))+abs(int32(k.gy)) >= leastSlope && len(g.marks) < maxMarks {
				k.block = uint8(y*shiftHigh/m.h*shiftWide + t*shiftWide/len(g.row))
				g.marks = append(g.marks, k)
			}
		}
		clear(g.row)
	}
}

// fit improves s by the marks that it fits; wide: roughly.
func (g *gauge) fit(s shift, wide bool) shift {
	var xx, xy, yy, xd, yd int32
	for i := range g.marks {
		k := &g.marks[i]
		gx, gy := int32(k.gx), int32(k.gy)
		slope := abs(gx) + abs(gy)
		r := int32(k.d) - s.change(gx, gy)
		limit := min(max(slope/2, slackLeast), slackMost)
		if wide {
			limit = slope + slope/2 + slackLeast
		}
		if abs(r) > limit {
			continue
		}
		gx, gy, r = (gx+2)>>2, (gy+2)>>2, (r+1)>>1 // 600 of them fit into 32 bits then
		xx += gx * gx
		xy += gx * gy
		yy += gy * gy
		xd += gx * r
		yd += gy * r
	}
	ridge := float64(xx+yy)/64 + 1 // where nothing slopes in one direction, nothing is known of it
	a, b, d := float64(xx)+ridge, float64(xy), float64(yy)+ridge
	unit := shiftOne / 2 / (a*d - b*b) // slopes have a quarter, differences half of the plane's unit
	const limit = 4 * maxShift
	return shift{
		s.x - int32(min(max((d*float64(xd)-b*float64(yd))*unit, -limit), limit)),
		s.y - int32(min(max((a*float64(yd)-b*float64(xd))*unit, -limit), limit)),
	}
}

// agree lets the blocks of the picture vote: does s explain what differs there? Half of the picture that moves does not
// outvote the half that stands.
func (g *gauge) agree(s shift) bool {
	var before, after, least [shiftWide * shiftHigh]int32
	for i := range g.marks {
		k := &g.marks[i]
		before[k.block] += min(abs(int32(k.d)), slackMost)
		after[k.block] += min(abs(int32(k.d)-s.change(int32(k.gx), int32(k.gy))), slackMost)
		least[k.block] += grey / 2
	}
	better, worse := 0, 0
	for b := range before {
		switch {
		case after[b]+after[b]/8+least[b] < before[b]:
			better++
		case before[b]+before[b]/8+least[b] < after[b]:
			worse++
		}
	}
	return better >= 2 && better > 2*worse
}
