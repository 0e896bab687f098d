package perturb

import (
	"math"
	"time"
)

// IRCut is a camera that switches to night and back: the filter swings out, colour is given up, infrared
// lamps come on and light the middle more than the corners, and what reflects infrared (cloth, leaves)
// gets brighter. Auto-exposure is wrong at first and settles.
type IRCut struct {
	Stops  float64       // of the night picture against the day's, in the middle
	Every  time.Duration // from switch to switch; the first one is to night, at the start
	Settle time.Duration // of auto-exposure, a time constant; it begins a stop too bright

	light light
}

// Apply implements Effect.
func (e *IRCut) Apply(f *Frame) {
	n, t := f.At/e.Every, f.At%e.Every
	over := math.Exp(-t.Seconds() / e.Settle.Seconds())
	if n%2 == 1 {
		f.scale(gain(-over)) // still too dark for the day
		return
	}
	f.infrared()
	cx, cy := float64(f.W)/2, float64(f.H)/2
	e.light.cast(&f.Picture, func(x, y float64) float64 {
		dx, dy := (x-cx)/cx, (y-cy)/cy
		return e.Stops + over - 0.6*(dx*dx+dy*dy)
	})
}

// infrared makes the picture grey. What is red is bright in infrared too, and what is blue is not.
func (p *Picture) infrared() {
	w, _ := p.chroma()
	for y := range p.H {
		row := p.Y[y*p.W:][:p.W]
		for x, v := range row {
			c := y/2*w + x/2
			red, blue := int(p.Cr[c])-128, int(p.Cb[c])-128
			row[x] = byteOf(int(v) + (10*red-6*blue)/16)
		}
	}
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = 128, 128
	}
}
