package perturb

import (
	"math"
	"time"
)

// Leaves are the shadows of a tree in the wind: dappled light in which patches sway, each branch by
// itself, more in gusts.
type Leaves struct {
	Seed  uint64
	Stops float64       // from sun to shadow
	Size  float64       // of a patch, in pixels
	Sway  float64       // farthest, in pixels
	Hertz float64       // of swaying
	Gust  time.Duration // from gust to gust
	Share float64       // of the picture's width that the tree shades, at the right; 0: all

	light light
}

// Apply implements Effect.
func (e *Leaves) Apply(f *Frame) {
	t := f.At.Seconds()
	gust := 0.55 + 0.45*wobble(e.Seed, t/e.Gust.Seconds())
	// Branches: phases that change over some patches.
	branch := 1 / (6 * e.Size)
	fade := ease(t / 2) // the sun comes out
	edge := (1 - e.Share) * float64(f.W)
	if e.Share == 0 {
		edge = -2 * e.Size
	}
	turn := 2 * math.Pi * e.Hertz * t
	e.light.cast(&f.Picture, func(x, y float64) float64 {
		if x < edge {
			return 0
		}
		phase := 6 * cloud(e.Seed+1, x*branch, y*branch)
		s := e.Sway * gust * sine(turn+phase)
		u, v := (x+s)/e.Size, (y+0.4*s)/e.Size
		c := 0.65*cloud(e.Seed+2, u, v) + 0.35*cloud(e.Seed+3, 2.1*u, 2.1*v)
		return -e.Stops * fade * ease((x-edge)/(2*e.Size)) * ease(5*(c-0.5)+0.5)
	})
}

// sine is a sine to within a thousandth, fast.
func sine(x float64) float64 {
	x /= 2 * math.Pi
	x -= math.Floor(x + 0.5) // -0.5 to 0.5 turns
	y := x * (8 - 16*math.Abs(x))
	return y * (0.775 + 0.225*math.Abs(y))
}
