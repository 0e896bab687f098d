package perturb

import (
	"math"
	"time"
)

// Clouds are shadows of clouds that pass: large, with soft edges, so that most of the picture darkens and
// brightens together.
type Clouds struct {
	Seed  uint64
	Stops float64       // of the deepest shadow
	Every time.Duration // from cloud to cloud, on average
	Size  float64       // of a cloud, in widths of the picture; 0: 2

	light light
}

// Apply implements Effect.
func (e *Clouds) Apply(f *Frame) {
	size := e.Size
	if size == 0 {
		size = 2
	}
	along := 2 * f.At.Seconds() / e.Every.Seconds() // a cloud and a gap
	scale := 1 / (size * float64(f.W))
	deep := e.Stops * ease(f.At.Seconds()/3)
	e.light.cast(&f.Picture, func(x, y float64) float64 {
		return -deep * ease(1.5*cloud(e.Seed, x*scale-along, y*scale)-0.25)
	})
}

// Headlights are the lights of cars that sweep over a wall: a bright patch with soft edges, wider than
// high, crosses the picture, fast at its end.
type Headlights struct {
	Seed  uint64
	Stops float64       // in the middle of the patch; a dark room lit by a car gains 2 and more
	Every time.Duration // from car to car; the first one at the start
	Sweep time.Duration // from one side to the other
	Width float64       // of the patch, in pixels

	light light
}

// Apply implements Effect.
func (e *Headlights) Apply(f *Frame) {
	n, t := int64(f.At/e.Every), float64(f.At%e.Every)/float64(e.Sweep)
	if t > 1 {
		return
	}
	way := t * (0.4 + 0.6*t)
	w, h := float64(f.W), float64(f.H)
	x0 := -e.Width + way*(w+2*e.Width)
	if n%2 == 1 {
		x0 = w - x0
	}
	y0 := h * (0.25 + 0.2*chance(e.Seed, n, 0))
	most := math.Exp2(e.Stops) - 1
	e.light.cast(&f.Picture, func(x, y float64) float64 {
		dx, dy := (x-x0)/(e.Width/2), (y-y0)/(e.Width/3)
		d := dx*dx + dy*dy
		if d > 16 {
			return 0
		}
		return math.Log2(1 + most*math.Exp(-d/2)*ease(8*t)*ease(8*(1-t)))
	})
}
