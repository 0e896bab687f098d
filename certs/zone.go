package certs

import (
	"errors"
	"fmt"
)

// Zone is a part of a camera's picture that is watched or ignored. Where zones are watched, only what moves in one of them
// counts; what moves in one that is ignored never does.
type Zone struct {
	Name   string  `cbor:"1,keyasint"` // not empty, once in a list
	Watch  bool    `cbor:"2,keyasint"` // false: ignored
	Points []Point `cbor:"3,keyasint"` // corners of a polygon in order, by the even-odd rule where its edges cross
}

// Point is a place in ten-thousandths of the picture's width and height.
type Point struct {
	_    struct{} `cbor:",toarray"`
	X, Y uint64
}

// Limits of zones.
const (
	MaxZones  = 16 // of a camera
	MinPoints = 3
	MaxPoints = 32
)

// checkZones holds the conditions of record.cddl. That a list is not empty where it stands, the encoding sees to.
func checkZones(zones []Zone) error {
	if len(zones) > MaxZones {
		return fmt.Errorf("%d zones are more than %d", len(zones), MaxZones)
	}
	seen := map[string]bool{}
	for i, z := range zones {
		if err := z.check(); err != nil {
			return fmt.Errorf("zone %d: %w", i+1, err)
		}
		if seen[z.Name] {
			return fmt.Errorf("zone %d: another one has its name", i+1)
		}
		seen[z.Name] = true
	}
	return nil
}

func (z *Zone) check() error {
	if z.Name == "" {
		return errors.New("no name")
	}
	if err := checkText(z.Name); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	if n := len(z.Points); n < MinPoints || n > MaxPoints {
		return fmt.Errorf("%d corners are not %d to %d", n, MinPoints, MaxPoints)
	}
	for i, p := range z.Points {
		if p.X > whole || p.Y > whole {
			return fmt.Errorf("corner %d is outside of the picture", i+1)
		}
	}
	return nil
}
