package config

import (
	"fmt"

	"signet/capture/motion"
)

// Zone is a part of a camera's picture that its motion detector watches or ignores.
type Zone struct {
	Name   string  `toml:"name"`
	Ignore bool    `toml:"ignore"`
	Points Polygon `toml:"points"`
}

// Polygon is its corners in order: x and y, in fractions of the picture's width and height, 0 to 1.
type Polygon [][2]float64

// UnmarshalTOML reads a list of lists of two numbers, whole ones too, and names the first corner that is no such list.
func (p *Polygon) UnmarshalTOML(v any) error {
	corners, ok := v.([]any)
	if !ok {
		return fmt.Errorf("must be a list such as [[0, 0.5], [1, 0.5], [1, 1]], is %s", word(found, kind(v)))
	}
	if len(corners) > motion.MaxPoints {
		return fmt.Errorf("must be at most %d corners, are %d", motion.MaxPoints, len(corners))
	}
	*p = make(Polygon, len(corners))
	for i, c := range corners {
		xy, ok := c.([]any)
		if !ok || len(xy) != 2 {
			return fmt.Errorf("corner %d must be two numbers such as [0.25, 1]", i+1)
		}
		for j, v := range xy {
			switch v := v.(type) {
			case int64:
				(*p)[i][j] = float64(v)
			case float64:
				(*p)[i][j] = v
			default:
				return fmt.Errorf("corner %d must be two numbers, has %s", i+1, word(found, kind(v)))
			}
		}
	}
	return nil
}

// zoneRules checks each zone by itself and against those before it.
func (c *Camera) zoneRules() (all []rule) {
	for i, z := range c.Zones {
		rules := []rule{
			{key: "camera.zone.name", why: short(z.Name, maxName)},
			{key: "camera.zone.name", why: c.named(i)},
			{key: "camera.zone.points", why: z.Points.check()},
		}
		if i >= motion.MaxZones {
			rules = []rule{{key: "camera.zone", why: fmt.Sprintf("there are more than %d of one camera", motion.MaxZones)}}
		}
		for _, r := range rules {
			r.nth = []int{i + 1}
			all = append(all, r)
		}
	}
	return all
}

// named says what is wrong with the name of zone i.
func (c *Camera) named(i int) string {
	name := c.Zones[i].Name
	if name == "" {
		return "is missing"
	}
	for _, before := range c.Zones[:i] {
		if before.Name == name {
			return fmt.Sprintf("another zone of the camera is called %q already", name)
		}
	}
	return ""
}

func (p Polygon) check() string {
	if n := len(p); n < motion.MinPoints || n > motion.MaxPoints {
		return fmt.Sprintf("must be %d to %d corners, are %d", motion.MinPoints, motion.MaxPoints, n)
	}
	for i, c := range p {
		for _, v := range c {
			if !(v >= 0 && v <= 1) {
				return fmt.Sprintf("corner %d must be within 0 to 1, is [%v, %v]", i+1, c[0], c[1])
			}
		}
	}
	if z := (motion.Zone{Points: p.points()}); z.Extent() == 0 {
		return "enclose nothing"
	}
	return ""
}

// MotionZones returns the zones that the camera's detector is set up with.
func (c *Camera) MotionZones() (all []motion.Zone) {
	for _, z := range c.Zones {
		all = append(all, motion.Zone{Name: z.Name, Ignore: z.Ignore, Points: z.Points.points()})
	}
	return all
}

func (p Polygon) points() (all []motion.Point) {
	for _, xy := range p {
		all = append(all, motion.Point{X: xy[0], Y: xy[1]})
	}
	return all
}
