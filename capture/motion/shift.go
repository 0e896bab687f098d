package motion

// How far a picture stands from the model's is measured at the cells where the model has a gradient: there, a shift by s
// cells changes the brightness by -gradient x s (Lucas and Kanade 1981, with one s for the whole picture). What a shift
// cannot explain is something else, an object, and does not count.
const (
	shiftOne   = 256       // a cell
	minShift   = 8         // a quarter of a pixel: what is less changes edges of 100 grey levels by 3
	maxShift   = shiftOne  // what is further off is another scene
	leastSlope = 2 * grey  // a cell, of a mark; noise has less
	maxMarks   = 4096      // 32-bit sums hold so many
	slackLeast = 3 * grey  // no shift need explain so little: noise, curvature
	slackMost  = 12 * grey // nor is more than this taken for curvature
	shiftWide  = 4         // blocks across, and
	shiftHigh  = 3         // down, that vote on a shift
	rounds     = 3         // of dropping what does not fit and fitting again
)

// mark is a cell that shows shifts.
type mark struct {
	gx, gy int16 // the model's change from cell to cell, in units of the plane
	d      int16 // picture less model
	block  uint8
}

// shift is where a picture stands against the model's: to the right and down, in cells x256.
type shift struct{ x, y int32 }

// change is what s makes of a place with such slopes.
func (s shift) change(gx, gy int32) int32 { return -(gx*s.x + gy*s.y) >> 8 }

// gauge measures shifts.
type gauge struct{ marks []mark }

func (g *gauge) resize(w, h int) { g.marks = make([]mark, 0, min(w*h, maxMarks)) }

// measure returns the shift of pix against m's mean, and whether the whole picture agrees on it. It returns 0 and true
// for a camera that stands still.
func (g *gauge) measure(pix []int16, m *model, c *curve) (shift, bool) {
	g.collect(pix, m, c)
	var s shift
	for i := range rounds {
		s = g.fit(s, i == 0)
		if i == 0 && max(abs(s.x), abs(s.y)) < minShift/2 {
			return shift{}, true
		}
	}
	if max(abs(s.x), abs(s.y)) < minShift {
		return shift{}, true
	}
	if max(abs(s.x), abs(s.y)) > maxShift || !g.agree(s) {
		return shift{}, false
	}
	return s, true
}

func (g *gauge) collect(pix []int16, m *model, c *curve) {
	g.marks = g.marks[:0]
	w, h := m.w, m.h
	stride := 1 + w*h/(2*maxMarks) // rows
	for y := 1; y < h-1; y += stride {
		row := y * w
		for x := 1; x < w-1; x++ {
			i := row + x
			gx, gy := (m.mean[i+1]-m.mean[i-1])>>9, (m.mean[i+w]-m.mean[i-w])>>9
			if abs(gx)+abs(gy) < leastSlope {
				continue
			}
			if len(g.marks) == maxMarks {
				return
			}
			mean := m.mean[i] >> 8
			g.marks = append(g.marks, mark{
				int16(gx), int16(gy), int16(int32(pix[i]) - mean - c.at(mean)),
				uint8(y*shiftHigh/h*shiftWide + x*shiftWide/w),
			})
		}
	}
}

// fit improves s by the marks that it fits; wide: roughly.
func (g *gauge) fit(s shift, wide bool) shift {
	var xx, xy, yy, xd, yd int32
	for i := range g.marks {
		a := &g.marks[i]
		gx, gy := int32(a.gx), int32(a.gy)
		slope := abs(gx) + abs(gy)
		r := int32(a.d) - s.change(gx, gy)
		limit := min(max(slope/2, slackLeast), slackMost)
		if wide {
			limit = slope + slope/2 + slackLeast
		}
		if abs(r) > limit {
			continue
		}
		gx, gy, r = (gx+2)>>2, (gy+2)>>2, (r+1)>>1
		xx += gx * gx
		xy += gx * gy
		yy += gy * gy
		xd += gx * r
		yd += gy * r
	}
	// A direction without slopes has no shift.
	ridge := float64(xx+yy)/64 + 1
	a, b, d := float64(xx)+ridge, float64(xy), float64(yy)+ridge
	det := a*d - b*b
	dx := (d*float64(xd) - b*float64(yd)) / det
	dy := (a*float64(yd) - b*float64(xd)) / det
	const unit = shiftOne / 2 // slopes have a quarter, differences half of the plane's unit
	const far = 4 * maxShift
	return shift{
		s.x - int32(min(max(dx*unit, -far), far)),
		s.y - int32(min(max(dy*unit, -far), far)),
	}
}

// agree lets the blocks of the picture vote: does s explain what differs there?
func (g *gauge) agree(s shift) bool {
	var before, after [shiftWide * shiftHigh]int32
	for i := range g.marks {
		a := &g.marks[i]
		before[a.block] += min(abs(int32(a.d)), slackMost)
		after[a.block] += min(abs(int32(a.d)-s.change(int32(a.gx), int32(a.gy))), slackMost)
	}
	better, worse := 0, 0
	for b := range before {
		switch {
		case after[b]*8 < before[b]*7:
			better++
		case after[b]*7 > before[b]*8:
			worse++
		}
	}
	return better >= 2 && better > 2*worse
}
