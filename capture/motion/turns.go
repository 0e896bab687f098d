package motion

import "time"

// swings follows how cells become brighter and darker.
type swings struct {
	low, high []int16 // since the cell turned
	way       []int8  // 1 as it becomes brighter, -1 darker, 0 if it has hardly changed
}

func (s *swings) resize(n int) {
	s.low, s.high, s.way = make([]int16, n), make([]int16, n), make([]int8, n)
}

// start lets cell i begin at v.
func (s *swings) start(i int, v int16) { s.low[i], s.high[i], s.way[i] = v, v, 0 }

// follow tells whether cell i, which is at v now, has turned. Less than least is no change.
func (s *swings) follow(i int, v, least int16) (turned bool) {
	low, high := min(s.low[i], v), max(s.high[i], v)
	switch way := s.way[i]; {
	case way <= 0 && v-low > least:
		turned = way < 0
		s.way[i], high = 1, v
	case way >= 0 && high-v > least:
		turned = way > 0
		s.way[i], low = -1, v
	}
	s.low[i], s.high[i] = low, high
	return turned
}

// turns is how often cells turn from becoming brighter to becoming darker and back. Leaves, water and flags go to and fro on
// the spot, once a second and oftener. Who stays in one place changes a cell and leaves it so for a while.
type turns struct {
	swings
	rate  []uint16      // turns within about turnsTime, x turnsOne
	still time.Duration // since something was followed
	fresh bool          // nothing is known of the frame before
}

const (
	turnsTime     = 2 * time.Second
	turnsOne      = 1 << 10
	turnsMost     = 60 * turnsOne
	restlessTurns = turnsOne
	restlessShare = 64 // of the picture a restless region has one in so many cells
)

func (t *turns) resize(n int) {
	t.swings.resize(n)
	t.rate = make([]uint16, n)
}

func (t *turns) restart() {
	clear(t.rate)
	t.still, t.fresh = 0, true
}

// take counts in the frame that m has compared; follows: something is followed. Where nothing has been for a while it costs
// nothing. A turn is a good part of what the cell differs by: a patterned coat
// changes, too, but not back to what is behind it.
func (t *turns) take(m *model, follows bool, step time.Duration) {
	if t.still += step; follows {
		t.still = 0
	}
	if t.still > 2*turnsTime {
		if !t.fresh {
			clear(t.rate)
			t.fresh = true
		}
		return
	}
	fade := uint32(rate(step, turnsTime))
	for i, v := range m.diff {
		if r := uint32(t.rate[i]); r != 0 {
			t.rate[i] = uint16(r - (r*fade+4095)>>12)
		}
		if t.fresh {
			t.start(i, v)
			continue
		}
		far := max(-t.low[i], t.high[i], v, -v)
		if t.follow(i, v, max(minThreshold, m.threshold[i]/2, far/8*3)) {
			t.rate[i] = min(t.rate[i]+turnsOne, turnsMost)
		}
	}
	t.fresh = false
}

// restless tells whether the cells of a region turn to and fro. Who walks up and down changes as few cells as often; so only a large
// one is.
func (g *region) restless(picture int) bool {
	return g.cells*restlessShare >= picture && g.turns > g.cells*restlessTurns
}
