package motion

import (
	"math/bits"
	"time"
)

// present finds who is in view from the first frame on. The model takes him for background, and what he does for the noise of
// its cells; who goes elsewhere is found there, but not who moves in his place.
//
// While the model learns, and for a minute after that, present looks at what changes within a few seconds, without asking
// what was there before. Somebody changes a patch of the picture again and again, and its cells become brighter or darker
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
	sways time.Duration // of the spell, the camera stood elsewhere
	least int16         // change that counts, in units of the plane

	patches [maxPresent]stir
	n       int
	seen    []bool        // cells of patches that were looked at
	stack   []int32       // cells of a patch that are still to be looked at
	known   time.Duration // places are believed for so long
}

// stir is a part of the picture that changed.
type stir struct {
	extent
	cells, turns, early int
}

const (
	presentTime  = time.Minute
	spellTime    = 3 * time.Second
	spellSlots   = 6
	busySlots    = 4                // of them with changes
	believeTime  = 10 * time.Second // since something moved there
	presentShare = 125              // of the picture's cells one in so many changed in a spell, at least,
	placeShare   = 3                // in a part of one in so many,
	mostTurns    = 2                // and turned so often, on the average, at most;
	otherShare   = 3                // of what else changed, and does not turn, there is at most one in so many
	maxPresent   = 6                // patches, restless ones, too: two sides of three people. A storm tears the picture into more
	patchReach   = 2                // cells between those of a patch
	placeMargin  = 2                // cells
)

func (p *present) resize(w, h int) {
	n := w * h
	p.swings.resize(n)
	p.w, p.h = w, h
	p.early, p.turns, p.most = make([]bool, n), make([]uint8, n), make([]uint8, n)
	p.seen, p.stack = make([]bool, n), make([]int32, 0, n)
}

func (p *present) restart() {
	p.over, p.age, p.spell, p.known, p.n = false, 0, 0, 0, 0
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
// is true where somebody has been found.
func (p *present) take(pix []int16, m *model, c *curve, f *watch, step time.Duration) bool {
	p.known = max(0, p.known-step)
	if p.age += step; p.over || p.age > presentTime {
		return false
	}
	p.count(pix, m, c, step)
	if m.at.far() >= minShift {
		p.sways += step
	}
	if p.spell < spellTime {
		return false
	}
	p.spell = 0
	if p.sways > spellTime/8 || !p.judge(f) { // what shaking leaves behind may look like somebody
		return false
	}
	p.known = believeTime
	return true
}

// count takes up a picture in a spell, or begins one.
func (p *present) count(pix []int16, m *model, c *curve, step time.Duration) {
	begins := p.spell == 0
	if begins {
		p.slots, p.sways = 0, 0
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

// judge looks at a spell as a whole, and finds the patches in which somebody is.
func (p *present) judge(f *watch) bool {
	cells := 0
	for i, way := range p.way {
		p.seen[i] = way == 0 || f.hides(i)
		if !p.seen[i] {
			p.most[i] = max(p.most[i], p.turns[i])
			cells++
		}
	}
	if cells*presentShare < p.w*p.h || cells < 2*minCells || bits.OnesCount(p.slots) < busySlots {
		p.over = true
		return false
	}
	p.n = 0
	somebody, others, late, patches := 0, 0, 0, 0
	for i := range p.seen {
		if p.seen[i] {
			continue
		}
		g := p.grow(i)
		if g.cells < minCells { // noise
			continue
		}
		if patches++; patches > maxPresent {
			p.n = 0
			return false
		}
		switch {
		case g.turns > mostTurns*g.cells: // restless
		case g.cells*presentShare < p.w*p.h || g.cells < 2*minCells || g.area()*placeShare > p.w*p.h:
			others += g.cells
		case g.early < 2*minCells: // it came later, and is found as all that comes
			late += g.cells
		default:
			p.patches[p.n] = g
			p.n++
			somebody += g.cells
		}
	}
	if somebody == 0 && others == 0 && late > 0 {
		p.over = true
	}
	if somebody == 0 || others*otherShare > somebody {
		p.n = 0
	}
	for i := range p.n {
		e := &p.patches[i].extent
		*e = extent{max(e.x0-placeMargin, 0), max(e.y0-placeMargin, 0), min(e.x1+placeMargin, p.w-1), min(e.y1+placeMargin, p.h-1)}
	}
	return p.n > 0
}

func (b *extent) area() int { return (b.x1 - b.x0 + 1) * (b.y1 - b.y0 + 1) }

// grow takes up the patch that cell start belongs to.
func (p *present) grow(start int) stir {
	g := stir{extent: extent{p.w, p.h, -1, -1}}
	p.seen[start] = true
	p.stack = append(p.stack[:0], int32(start))
	for len(p.stack) > 0 {
		i := int(p.stack[len(p.stack)-1])
		p.stack = p.stack[:len(p.stack)-1]
		x, y := i%p.w, i/p.w
		g.extent = extent{min(g.x0, x), min(g.y0, y), max(g.x1, x), max(g.y1, y)}
		g.cells++
		g.turns += int(p.most[i])
		if p.early[i] {
			g.early++
		}
		for ny := max(y-patchReach, 0); ny <= min(y+patchReach, p.h-1); ny++ {
			for n := ny*p.w + max(x-patchReach, 0); n <= ny*p.w+min(x+patchReach, p.w-1); n++ {
				if !p.seen[n] {
					p.seen[n] = true
					p.stack = append(p.stack, int32(n))
				}
			}
		}
	}
	return g
}

// renew tells that something still moves there.
func (p *present) renew() {
	if p.age <= presentTime {
		p.known = believeTime
	}
}

// awaits tells whether the middle of g is where somebody is.
func (p *present) awaits(g *region) bool {
	for i := range p.n {
		if p.known > 0 && p.patches[i].holds(g) {
			return true
		}
	}
	return false
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
func (m *model) begin(pix []int16, c *curve, in *extent) {
	for y := in.y0; y <= in.y1; y++ {
		for i := y*m.w + in.x0; i <= y*m.w+in.x1; i++ {
			m.mean[i] = (int32(pix[i]) - c.at(m.mean[i]>>8)) << 8
			m.dev[i] = startDev << 8
			m.blink[i], m.recent[i], m.frozen[i] = 0, 0, 0
		}
	}
}
