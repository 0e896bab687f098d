package motion

import (
	"time"

	"signet/capture/luma"
)

// colour is what the model knows of the picture's chroma. Leaves that move flicker in brightness, for they go from light to
// shade, and hardly in colour; a person or a car before them is of another one. And a shirt as bright as the wall seldom
// has its colour. It is evidence beside that of brightness, for the four cells of a place; a grey picture has none.
type colour struct {
	w, h      int        // places: 2x2 cells; 0 where the picture is grey
	mean, dev [2][]int32 // of Cb and Cr, x256
	evidence  []byte     // of this frame
	refs      [2][]byte  // evidence a quarter to half second ago, and later
	refAge    time.Duration
	shift     [2]int32      // by which the whole picture changed, as white balance does it
	unsure    bool          // in this frame, too much differs to be things
	step      time.Duration // since what was learnt last
}

const (
	leastColour  = 4 * grey              // threshold of a place without any noise
	startColour  = grey / 2              // its deviation, before anything is known
	colourTime   = 60 * time.Millisecond // is learnt once in so long: it costs much and changes little
	unsureTime   = time.Second           // in which all is learnt where too much differs
	restlessTime = 8 * time.Second       // in which a place that differs and is no thing becomes one that does so: a screen, a flag
	colourAlone  = 20                    // evidence that it gives at most: less than brightness, for places are four cells
	balanceShare = 8                     // where more places than one in so many differ, the whole picture may have changed,
	unsureShare  = 3                     // and where, but for that, more than one in so many still do, colour says nothing
	balanceSteps = 128                   // of the histogram of changes, from -32 levels on
	balanceStep  = 4
)

// has tells whether p has the chroma that c knows. It starts anew with another one.
func (c *colour) has(p *luma.Plane) bool {
	w, h := p.CW(), p.CH()
	if n := w * h; n == 0 || len(p.Chroma[0]) < n || len(p.Chroma[1]) < n {
		c.w, c.h = 0, 0
		return false
	}
	if w == c.w && h == c.h {
		return true
	}
	c.w, c.h = w, h
	c.evidence = make([]byte, w*h)
	c.refs = [2][]byte{make([]byte, w*h), make([]byte, w*h)}
	c.shift = [2]int32{}
	for i := range c.mean {
		c.mean[i], c.dev[i] = make([]int32, w*h), make([]int32, w*h)
		c.begin(i, p.Chroma[i])
	}
	return false
}

func (c *colour) begin(i int, pix []int16) {
	for k, v := range pix[:len(c.mean[i])] {
		c.mean[i][k] = int32(v) << 8
		c.dev[i][k] = startColour << 8
	}
}

// learn takes the mean of the first pictures, as model.learn does; this is that of number n.
func (c *colour) learn(p *luma.Plane, n int32) {
	if !c.has(p) {
		return
	}
	for i := range c.mean {
		if n <= 1 {
			c.begin(i, p.Chroma[i])
			continue
		}
		mean, dev := c.mean[i], c.dev[i]
		for k, v := range p.Chroma[i][:len(mean)] {
			d := int32(v)<<8 - mean[k]
			mean[k] += d / n
			dev[k] += (abs(d) - dev[k]) / (n + 3)
		}
	}
}

// compare adds the evidence of colour to what m makes of the frame.
func (c *colour) compare(p *luma.Plane, m *model, factor int32) {
	if !c.has(p) {
		return
	}
	if c.shift != [2]int32{} {
		c.balance(p)
	}
	n := c.measure(p, m, factor)
	if n*balanceShare > c.w*c.h && c.balance(p) {
		n = c.measure(p, m, factor)
	}
	if c.unsure = n*unsureShare > c.w*c.h; c.unsure {
		clear(c.evidence)
		return
	}
	for k, e := range c.evidence {
		if e != 0 {
			m.support(k%c.w*2, k/c.w*2, e, c.refs[0][k] == 0)
		}
	}
}

// keep stores the evidence for later comparison, as model.keep does pictures.
func (c *colour) keep(step time.Duration) {
	if c.refAge += step; c.w > 0 && c.refAge >= refreshTime {
		c.refAge = 0
		c.refs[0], c.refs[1] = c.refs[1], c.refs[0]
		copy(c.refs[1], c.evidence)
	}
}

// support gives the four cells from x, y on evidence e of colour; fresh: there was none lately.
func (m *model) support(x, y int, e byte, fresh bool) {
	var f byte
	if e >= fullEvidence/2 {
		f = differs
	}
	if fresh {
		f |= active
	}
	if e == fullEvidence {
		f |= strong
	}
	for cy := y; cy < min(y+2, m.h); cy++ {
		for i := cy*m.w + x; i < cy*m.w+min(x+2, m.w); i++ {
			m.evidence[i] = max(m.evidence[i], min(e, colourAlone))
			m.flags[i] |= f
		}
	}
}

// measure fills evidence, and returns how many places differ. Light changes chroma in proportion to brightness: what that explains
// is no evidence.
func (c *colour) measure(p *luma.Plane, m *model, factor int32) (n int) {
	clear(c.evidence)
	for i := range c.mean {
		mean, dev := c.mean[i][:len(c.evidence)], c.dev[i][:len(c.evidence)]
		for k, v := range p.Chroma[i][:len(c.evidence)] {
			was, is := mean[k]>>8, int32(v)-c.shift[i]
			t := max(leastColour, dev[k]*devFactor>>8) * factor >> 8
			a := abs(is - was)
			if 2*a <= t {
				continue
			}
			a = min(a, abs(is-was*m.gain(p, k%c.w*2, k/c.w*2)>>8))
			if 2*a <= t {
				continue
			}
			if c.evidence[k] < fullEvidence/2 && a > t {
				n++
			}
			c.evidence[k] = max(c.evidence[k], byte(min(fullEvidence/2*a/t, fullEvidence)))
		}
	}
	return n
}

// gain is how much brighter than the model the four cells from x, y on are, x256.
func (m *model) gain(p *luma.Plane, x, y int) int32 {
	var is, was int32
	for cy := y; cy < min(y+2, m.h); cy++ {
		for i := cy*m.w + x; i < cy*m.w+min(x+2, m.w); i++ {
			is += int32(p.Pix[i]) + black
			was += m.mean[i]>>8 + black
		}
	}
	return min(max(is, 0)<<8/max(was, 1), 4<<8)
}

// balance finds by how much the whole picture changed: the median of its places. It tells whether that is another change.
func (c *colour) balance(p *luma.Plane) bool {
	was := c.shift
	for i := range c.mean {
		var hist [balanceSteps]uint16
		for k, v := range p.Chroma[i][:len(c.mean[i])] {
			d := (int32(v)-c.mean[i][k]>>8)/balanceStep + balanceSteps/2
			hist[min(max(d, 0), balanceSteps-1)]++
		}
		left := len(c.mean[i]) / 2
		for d, n := range hist {
			if left -= int(n); left < 0 {
				c.shift[i] = int32(d-balanceSteps/2) * balanceStep
				break
			}
		}
	}
	return c.shift != was
}

// update learns from the frame, each place according to what its cells are part of.
func (c *colour) update(p *luma.Plane, m *model, label []uint8, regions []region, tracks []track, step time.Duration) {
	if c.w == 0 {
		return
	}
	c.keep(step)
	if c.step += step; c.step < colourTime {
		return
	}
	quiet, dev := rate(c.step, meanTime), rate(c.step, devTime)
	suspect, restless := rate(c.step, suspectTime), rate(c.step, restlessTime)
	if c.unsure {
		quiet = rate(c.step, unsureTime)
	}
	c.step = 0
	for y := range c.h {
		for x := range c.w {
			follow, stir := quiet, dev
			k := y*c.w + x
			if !c.unsure {
				confirmed, absorb := false, false
				if len(regions) > 0 {
					confirmed, absorb = m.place(2*x, 2*y, label, regions, tracks)
				}
				switch {
				case absorb:
					follow, stir = 1<<12, 0
				case confirmed:
					follow, stir = 0, 0
					if m.frozen[2*y*m.w+2*x] >= int32(freezeTime/time.Millisecond) {
						follow = suspect
					}
				case c.evidence[k] >= fullEvidence/2:
					follow, stir = suspect, restless
				}
			}
			for i := range c.mean {
				mean, d := &c.mean[i][k], &c.dev[i][k]
				e := int32(p.Chroma[i][k])<<8 - *mean
				*mean += (e*follow + 2048) >> 12
				*d += ((abs(e-c.shift[i]<<8)-*d)*stir + 2048) >> 12
			}
		}
	}
}

// place tells what the four cells from x, y on are part of.
func (m *model) place(x, y int, label []uint8, regions []region, tracks []track) (confirmed, absorb bool) {
	for cy := y; cy < min(y+2, m.h); cy++ {
		for _, l := range label[cy*m.w+x : cy*m.w+min(x+2, m.w)] {
			if l == 0 {
				continue
			}
			if t := regions[l-1].track; t >= 0 {
				confirmed = confirmed || tracks[t].confirmed
				absorb = absorb || tracks[t].absorb
			}
		}
	}
	return confirmed, absorb
}
