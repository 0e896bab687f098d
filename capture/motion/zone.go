package motion

import (
	"errors"
	"fmt"
)

// Limits of zones.
const (
	MaxZones  = 16
	MinPoints = 3
	MaxPoints = 32
)

// Zone is a part of the picture that is watched or ignored. With zones to watch, only what moves in one of them counts;
// what moves in one to ignore never does. The model learns everywhere. What moves counts by its cells that are watched,
// also towards what makes it motion: it must travel four cells within what is watched, or cover 2 % of the picture, so a
// strip that is narrower than that sees nobody cross it.
type Zone struct {
	Name   string // not empty, once in a list
	Ignore bool
	Points []Point // corners of a polygon in order; where its edges cross, the even-odd rule holds
}

// Point is a place in fractions of the picture's width and height, 0 to 1.
type Point struct{ X, Y float64 }

func (z *Zone) validate() error {
	if z.Name == "" {
		return errors.New("it has no name")
	}
	if n := len(z.Points); n < MinPoints || n > MaxPoints {
		return fmt.Errorf("%d points: not within %d to %d", n, MinPoints, MaxPoints)
	}
	for i, p := range z.Points {
		if !(p.X >= 0 && p.X <= 1 && p.Y >= 0 && p.Y <= 1) {
			return fmt.Errorf("point %d at %v, %v: not within 0 to 1", i+1, p.X, p.Y)
		}
	}
	return nil
}

// Extent is the area of the box around the zone, as a share of the picture's. What is drawn as a point or along an edge has none.
func (z *Zone) Extent() float64 {
	x0, y0, x1, y1 := 1.0, 1.0, 0.0, 0.0
	for _, p := range z.Points {
		x0, x1 = min(x0, p.X), max(x1, p.X)
		y0, y1 = min(y0, p.Y), max(y1, p.Y)
	}
	return max(x1-x0, 0) * max(y1-y0, 0)
}
