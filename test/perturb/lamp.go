package perturb

import (
	"math"
	"time"
)

// Lamp lights half of the room, and goes out again, over and over.
type Lamp struct {
	Stops float64       // where it lights most
	Every time.Duration // from switch to switch; it goes on at the start
	Rise  time.Duration // to full light, a time constant: LED 0, bulb 100 ms
	Edge  float64       // pixels over which light becomes shadow
	Left  bool          // else the right half

	light light
}

// Apply implements Effect.
func (e *Lamp) Apply(f *Frame) {
	n, t := f.At/e.Every, f.At%e.Every
	if n%2 == 1 {
		if e.Rise == 0 || t > 5*e.Rise {
			return
		}
	}
	on := 1.0
	if e.Rise > 0 {
		on -= math.Exp(-float64(t) / float64(e.Rise))
	}
	if n%2 == 1 {
		on = 1 - on
	}
	half, way := float64(f.W)/2, 1.0
	if e.Left {
		way = -1
	}
	e.light.cast(&f.Picture, func(x, y float64) float64 {
		d := way * (x - half + y/8) // the edge of the light is not upright
		far := min(max(d/half, 0), 1)
		return e.Stops * on * ease(d/e.Edge+0.5) * (1 - 0.4*far)
	})
}

// Television is the light of a screen that is itself not in the picture: it jumps from shot to shot and
// fades with the distance.
type Television struct {
	Seed  uint64
	Stops float64       // between the darkest shot and the brightest, near the screen
	Shot  time.Duration // mean length

	light light
}

// Apply implements Effect.
func (e *Television) Apply(f *Frame) {
	t := f.At.Seconds() / e.Shot.Seconds()
	shot := int64(t + 0.4*wobble(e.Seed, t))
	level := chance(e.Seed+1, shot, 0) - 0.5 + 0.1*wobble(e.Seed+2, 4*f.At.Seconds())
	far := math.Hypot(float64(f.W), float64(f.H))
	e.light.cast(&f.Picture, func(x, y float64) float64 {
		return e.Stops * level * math.Exp(-1.5*math.Hypot(x, y-float64(f.H)/2)/far)
	})
	f.tint(int(math.Round(3*level)), -int(math.Round(2*level)))
}
