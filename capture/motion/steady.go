package motion

import (
	"math"
	"time"
)

// steady takes the camera's shaking out of the pictures: each becomes what it would be if the camera stood where it stood
// on the average while the model learnt.
//
// A cell answers to a shift by the slope of its surroundings, but only roughly, for most of what makes a cell bright or
// dark is finer than a cell. So what is left of a difference counts only as far as the steps to the neighbours do not
// explain it. Cells that learnt their own answers were worth little: on eight shaken copies of a road the mean cell F was .934
// with them and .932 without.
type steady struct {
	gauge   gauge
	at      shift         // of the last picture
	lost    bool          // how far it is shifted is not known: its parts do not agree
	power   int32         // mean square of the shifts while they go on, x65536
	turning time.Duration // how long the camera may go on turning
	reach   int32         // how far it has been now and then, x256
	novel   bool          // it is further off than that

	edges []edge
	age   time.Duration // since they were found
	out   []int16
}

// edge is a cell that a shift changes. What it has of the model is in units of the plane.
type edge struct {
	cell         int32
	gx, gy       int16 // slopes
	stepX, stepY int16 // the greater of the steps to both neighbours
}

const (
	powerTime = 4 * time.Second
	reachTime = 750 * time.Millisecond
	turnTime  = 4 * time.Second
	pixel     = shiftOne / 8
	leastStep = grey * 3 / 2 // of an edge
)

func (s *steady) resize(w, h int) {
	s.edges = make([]edge, 0, w*h)
	s.out = make([]int16, w*h)
	s.gauge.resize(w, h)
}

func (s *steady) restart() {
	s.at, s.lost, s.power, s.reach, s.novel = shift{}, false, 0, 0, false
	s.age = markTime
	s.gauge.restart()
}

// take returns the picture without the shift; that is pix itself where there is none.
func (s *steady) take(pix []int16, m *model, c *curve, step time.Duration) []int16 {
	var known bool
	s.at, known = s.gauge.measure(pix, m, c, step)
	s.lost = !known
	m.at = s.at

	by := shift{abs(s.at.x), abs(s.at.y)}
	if s.lost {
		r := int32(math.Sqrt(float64(s.power)))
		by = shift{r, r}
	} else {
		square := by.x*by.x + by.y*by.y
		s.power += (square - s.power) * rate(step, powerTime) >> 12
		s.power = max(s.power, square/16)
	}
	s.age += step
	s.turning = max(0, s.turning-step)
	s.novel = s.at.far() > s.reach+pixel
	s.reach += max(0, s.at.far()-s.reach) * rate(step, reachTime) >> 12
	if by.far() < minShift {
		return pix
	}
	if s.age >= markTime {
		s.age = 0
		s.find(m)
	}
	copy(s.out, pix)
	s.move(m, c, by.most(), step)
	return s.out
}

// elsewhere tells whether the camera was turned, so that the model is of another place. What a model learnt while the camera
// turned knows no steady cells, so for some seconds less proves it. factor is that of the thresholds of m, as far as it lowers them: a
// camera that looks for faint things is not turned for that.
func (s *steady) elsewhere(m *model, factor int32) bool {
	switch {
	case !s.lost:
		return false
	case s.gauge.elsewhere(m, factor):
		s.turning = turnTime
		return true
	}
	return s.turning > 0 && s.gauge.elsewhere(nil, 0)
}

// find finds the edges of m.
func (s *steady) find(m *model) {
	s.edges = s.edges[:0]
	for y := range m.h {
		up, below := m.w, m.w
		if y == 0 {
			up = 0
		}
		if y == m.h-1 {
			below = 0
		}
		for x := range m.w {
			i := y*m.w + x
			left, right := 1, 1
			if x == 0 {
				left = 0
			}
			if x == m.w-1 {
				right = 0
			}
			mid := m.mean[i] >> 8
			l, r, u, d := m.mean[i-left]>>8, m.mean[i+right]>>8, m.mean[i-up]>>8, m.mean[i+below]>>8
			stepX, stepY := max(abs(mid-l), abs(r-mid)), max(abs(mid-u), abs(d-mid))
			if max(stepX, stepY) >= leastStep {
				s.edges = append(s.edges, edge{int32(i), int16((r - l) >> 1), int16((d - u) >> 1), int16(stepX), int16(stepY)})
			}
		}
	}
}

// move takes the shift out at the edges.
func (s *steady) move(m *model, c *curve, by shift, step time.Duration) {
	follow := rate(step, meanTime)
	for k := range s.edges {
		e := &s.edges[k]
		i := e.cell
		change := s.at.change(int32(e.gx), int32(e.gy))
		want := m.mean[i] >> 8
		want += c.at(want)
		rest := int32(s.out[i]) - want - change
		slack := (int32(e.stepX)*by.x + int32(e.stepY)*by.y) >> 8
		s.out[i] = int16(want + max(rest-slack, min(rest+slack, 0)))
		m.mean[i] += change << 8 * follow >> 12 // a camera that was pushed stays where it is
	}
}

// slack is the most that a shift by s, not negative, makes of cell i of a picture x256.
func slack(v []int32, i, w int, s shift) int32 {
	var across, down int32
	if x := i % w; x > 0 && x+1 < w {
		across = max(abs(v[i]-v[i-1]), abs(v[i+1]-v[i]))
	}
	if i >= w && i+w < len(v) {
		down = max(abs(v[i]-v[i-w]), abs(v[i+w]-v[i]))
	}
	return (across>>8*s.x + down>>8*s.y) >> 8
}

// most is the share of a step that a shift brings into a cell at most, for a line is thinner than a cell and soon in the next.
func (s shift) most() shift {
	return shift{abs(s.x) + s.x*s.x>>8, abs(s.y) + s.y*s.y>>8}
}
