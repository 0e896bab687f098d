package perturb

import (
	"math"
	"time"
)

// Gain is another exposure, for as long as it is applied.
type Gain struct{ Stops float64 }

// Apply implements Effect.
func (e Gain) Apply(f *Frame) { f.scale(gain(e.Stops)) }

// Steps is a camera that changes its gain in steps, as cheap auto-exposure does.
type Steps struct {
	Seed  uint64
	Stops float64       // farthest from where it began, up and down
	Every time.Duration // from step to step
}

// Apply implements Effect.
func (e Steps) Apply(f *Frame) {
	n := int64(f.At / e.Every)
	f.scale(gain(e.Stops * (2*chance(e.Seed, n, 0) - 1)))
}

// Ramp is gain that drifts away and comes back, over and over.
type Ramp struct {
	Stops float64       // farthest from where it began; negative: darker
	Over  time.Duration // there, and again back
}

// Apply implements Effect.
func (e Ramp) Apply(f *Frame) {
	t := math.Mod(f.At.Seconds()/e.Over.Seconds(), 2)
	f.scale(gain(e.Stops * (1 - math.Abs(1-t))))
}

// Dips are what auto-exposure does when something bright came by or its control loop overshoots: the
// picture falls within a few frames and comes back slowly.
type Dips struct {
	Seed    uint64
	Stops   float64       // of the deepest; the others have at least half of it
	Every   time.Duration // from dip to dip
	Fall    time.Duration // to the bottom
	Recover time.Duration // back; the time constant of an exponential
}

// Apply implements Effect.
func (e Dips) Apply(f *Frame) {
	n, t := f.At/e.Every, f.At%e.Every
	depth := e.Stops * (0.5 + 0.5*chance(e.Seed, int64(n), 0))
	if t < e.Fall {
		depth *= float64(t) / float64(e.Fall)
	} else {
		depth *= math.Exp(-float64(t-e.Fall) / float64(e.Recover))
	}
	f.scale(gain(-depth))
}

// Sunrise is the light of dawn coming up: from the side where the sun is first, red in the beginning.
type Sunrise struct {
	Stops float64       // darker than in full light at first
	Over  time.Duration // until full light

	light light
}

// Apply implements Effect.
func (e *Sunrise) Apply(f *Frame) {
	t := f.At.Seconds() / e.Over.Seconds()
	across := 1 / float64(f.W)
	e.light.cast(&f.Picture, func(x, _ float64) float64 {
		return -e.Stops * (1 - ease(1.3*t-0.3*x*across))
	})
	warm := int(math.Round(10 * (1 - ease(t))))
	f.tint(-warm, warm)
}

// tint adds to chroma.
func (p *Picture) tint(cb, cr int) {
	for i := range p.Cb {
		p.Cb[i] = byteOf(int(p.Cb[i]) + cb)
		p.Cr[i] = byteOf(int(p.Cr[i]) + cr)
	}
}
