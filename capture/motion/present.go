package motion

import (
	"math/bits"
	"time"
)

// present finds who is in view from the first frame on. The model takes him for background, and what he does for the noise of
// its cells; who goes elsewhere is found there, but not who moves in his place.
//
// While the model learns, and for a minute after that, present looks at what changes within a few seconds, without asking
// what was there before. Somebody changes one part of the picture again and again, and his cells become brighter or darker
// and remain so for a while; leaves, clocks and a swaying camera go to and fro, oftener or all over the picture. Where somebody is,
// the model begins anew, and what moves there need not go anywhere to be motion. It ends when nothing has changed for
// a spell: nobody was there, or he has gone.
type present struct {
	swings
	w, h  int
	early []bool        // it changed while the model learnt
	turns []uint8       // of a cell in this spell
	most  []uint8       // the same, of all spells so far
	over  bool          // nobody is looked for
	age   time.Duration // since the model learnt
	spell time.Duration // since the counts began
	slots uint          // bit by part of the spell: something changed
	least int16         // change that counts, in units of the plane

	cols, rows []int         // cells that changed
	place      extent        // where somebody is
	known      time.Duration // that is believed for so long
}

const (
	presentTime  = time.Minute
	spellTime    = 3 * time.Second
	spellSlots   = 6
	busySlots    = 4                // of them with changes
	believeTime  = 10 * time.Second // since something moved there
	presentShare = 125              // of the picture's cells one in so many changed in a spell, at least,
	placeShare   = 3                // nearly all of them in a part of one in so many
	mostTurns    = 2                // and turned so often, on the average, at most
	placeMargin  = 2                // cells
)

func (p *present) resize(w, h int) {
	n := w * h
	p.swings.resize(n)
	p.w, p.h = w, h
	p.early, p.turns, p.most = make([]bool, n), make([]uint8, n), make([]uint8, n)
	p.cols, p.rows = make([]int, w), make([]int, h)
}

func (p *present) restart() {
	p.over, p.age, p.spell, p.known = false, 0, 0, 0
	clear(p.most)
}

// learn counts in a picture that m learns from.
func (p *present) learn(pix []int16, m *model, c *curve, step time.Duration) {
	p.count(pix, m, c, step)
	if m.learning() {
		return
	}
	for i, way := range p.way {
		p.early[i] = way != 0
	}
	p.spell = 0
}

// take counts a picture in, without the camera's shaking, of which c is the light. Cells that f ignores do not count. It
// is true where somebody has been found, at p.place.
func (p *present) take(pix []int16, m *model, c *curve, f *watch, step time.Duration) bool {
	p.known = max(0, p.known-step)
	if p.age += step; p.over || p.age > presentTime {
		return false
	}
	p.count(pix, m, c, step)
	if p.spell < spellTime {
		return false
	}
	p.spell = 0
	if !p.judge(f) {
		return false
	}
	p.known = believeTime
	return true
}

// count takes up a picture in a spell, or begins one.
func (p *present) count(pix []int16, m *model, c *curve, step time.Duration) {
	begins := p.spell == 0
	if begins {
		p.slots = 0
		p.least = int16(max(minThreshold, m.noise()*devFactor>>8))
		clear(p.turns)
	}
	changed := false
	for i, v := range pix {
		v -= int16(c.at(m.mean[i] >> 8))
		if begins {
			p.start(i, v)
			continue
		}
		was := p.way[i]
		if p.follow(i, v, p.least) {
			p.turns[i]++
		}
		changed = changed || p.way[i] != was
	}
	if changed {
		p.slots |= 1 << (p.spell * spellSlots / spellTime)
	}
	p.spell += step
}

// judge looks at a spell as a whole.
func (p *present) judge(f *watch) bool {
	clear(p.cols)
	clear(p.rows)
	cells, turns := 0, 0
	for i, way := range p.way {
		if way == 0 || f.hides(i) || p.alone(i%p.w, i/p.w) {
			continue
		}
		p.most[i] = max(p.most[i], p.turns[i])
		cells++
		turns += int(p.most[i])
		p.cols[i%p.w]++
		p.rows[i/p.w]++
	}
	if cells*presentShare < p.w*p.h || cells < 2*minCells || bits.OnesCount(p.slots) < busySlots {
		p.over = true
		return false
	}
	x0, x1 := middle(p.cols, cells)
	y0, y1 := middle(p.rows, cells)
	if turns > mostTurns*cells || (x1-x0+1)*(y1-y0+1)*placeShare > p.w*p.h {
		return false
	}
	early := 0
	for y := y0; y <= y1; y++ {
		for _, was := range p.early[y*p.w+x0 : y*p.w+x1+1] {
			if was {
				early++
			}
		}
	}
	if p.over = early < 2*minCells; p.over { // it came later, and is found as all that comes
		return false
	}
	p.place = extent{max(x0-placeMargin, 0), max(y0-placeMargin, 0), min(x1+placeMargin, p.w-1), min(y1+placeMargin, p.h-1)}
	return true
}

// alone tells whether no cell beside the one at x, y changed: noise.
func (p *present) alone(x, y int) bool {
	n := 0
	for ny := max(y-1, 0); ny <= min(y+1, p.h-1); ny++ {
		for _, way := range p.way[ny*p.w+max(x-1, 0) : ny*p.w+min(x+1, p.w-1)+1] {
			if way != 0 {
				n++
			}
		}
	}
	return n < 2
}

// middle returns where all but a twentieth of n lies.
func middle(counts []int, n int) (first, last int) {
	last = len(counts) - 1
	for left := n / 40; first < last && left >= counts[first]; first++ {
		left -= counts[first]
	}
	for left := n / 40; last > first && left >= counts[last]; last-- {
		left -= counts[last]
	}
	return first, last
}

// renew tells that something still moves there.
func (p *present) renew() {
	if p.age <= presentTime {
		p.known = believeTime
	}
}

// where is where somebody is; nil: nobody is known of.
func (p *present) where() *extent {
	if p.known == 0 {
		return nil
	}
	return &p.place
}

// noise is the deviation that half of the cells do not exceed, x256.
func (m *model) noise() int32 {
	const steps, step = 64, grey << 8 / 4
	var hist [steps]int
	for _, d := range m.dev {
		hist[min(d/step, steps-1)]++
	}
	left := len(m.dev) / 2
	for s, n := range hist {
		if left -= n; left <= 0 {
			return int32(s+1) * step
		}
	}
	return steps * step
}

// begin takes what is in a part of the picture now for its background.
func (m *model) begin(pix []int16, c *curve, in extent) {
	for y := in.y0; y <= in.y1; y++ {
		for i := y*m.w + in.x0; i <= y*m.w+in.x1; i++ {
			m.mean[i] = (int32(pix[i]) - c.at(m.mean[i]>>8)) << 8
			m.dev[i] = startDev << 8
			m.blink[i], m.recent[i], m.frozen[i] = 0, 0, 0
		}
	}
}
