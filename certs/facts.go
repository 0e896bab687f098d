package certs

import (
	"errors"
	"fmt"
)

// Box is where something moved, in ten-thousandths of the picture.
type Box struct {
	_          struct{} `cbor:",toarray"`
	AtMs       int64    // from the start of the event
	X, Y, W, H uint64
}

// MaxCameras bounds the cameras of one device, which are numbered from 0.
const MaxCameras = 8

// CameraFacts describe one camera of a device as it is set up.
type CameraFacts struct {
	Name      string `cbor:"1,keyasint"`
	Driver    string `cbor:"2,keyasint"`
	Format    string `cbor:"3,keyasint"`
	Width     uint64 `cbor:"4,keyasint"`
	Height    uint64 `cbor:"5,keyasint"`
	FPSx1000  uint64 `cbor:"6,keyasint"`
	Generated bool   `cbor:"7,keyasint"` // not a real picture
	Number    uint64 `cbor:"8,keyasint"` // on its device
}

// Facts are what only the owner may read about a record. They repeat device and event, so that facts that were
// sealed for one record are never taken for another's.
type Facts struct {
	Version uint64       `cbor:"0,keyasint"` // set by Marshal
	Device  DeviceID     `cbor:"1,keyasint"`
	Event   *EventID     `cbor:"2,keyasint,omitempty"`
	Score   *uint64      `cbor:"3,keyasint,omitempty"` // thousandths
	Reason  string       `cbor:"4,keyasint,omitempty"`
	Boxes   []Box        `cbor:"5,keyasint,omitempty"`
	Zone    string       `cbor:"6,keyasint,omitempty"`
	Camera  *CameraFacts `cbor:"7,keyasint,omitempty"`
	Motion  *Span        `cbor:"8,keyasint,omitempty"`
}

// FactsMIME is the type of an encoded Facts.
const FactsMIME = "application/cbor"

var errNoSuchCamera = fmt.Errorf("cameras are numbered from 0 to %d", MaxCameras-1)

const (
	maxFacts = 16 << 10
	maxBoxes = 64
)

// Marshal encodes f, to be sealed. Words are made to fit: control characters are replaced, long ones are cut.
func (f *Facts) Marshal() ([]byte, error) {
	f.Version = formatVersion
	g := *f
	g.Reason, g.Zone = fitText(f.Reason), fitText(f.Zone)
	if f.Camera != nil {
		c := *f.Camera
		c.Name, c.Driver, c.Format = fitText(c.Name), fitText(c.Driver), fitText(c.Format)
		g.Camera = &c
	}
	if err := g.check(); err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	return encode(&g)
}

// ParseFacts reads what Marshal wrote.
func ParseFacts(b []byte) (*Facts, error) {
	if len(b) > maxFacts {
		return nil, errors.New("parse facts: too large")
	}
	var f Facts
	if err := decode(b, &f); err != nil {
		return nil, fmt.Errorf("parse facts: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("parse facts: %w", err)
	}
	return &f, nil
}

// Belong says whether f was sealed for record r.
func (f *Facts) Belong(r *Record) error {
	sameEvent := f.Event == nil && r.Event == nil || f.Event != nil && r.Event != nil && *f.Event == *r.Event
	if f.Device != r.Device || !sameEvent {
		return errors.New("facts are of another record")
	}
	return nil
}

func (f *Facts) check() error {
	switch {
	case f.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", f.Version)
	case f.Score != nil && *f.Score > 1000:
		return errors.New("score is more than 1000")
	case len(f.Boxes) > maxBoxes:
		return fmt.Errorf("%d boxes are more than %d", len(f.Boxes), maxBoxes)
	case f.Motion != nil && !f.Motion.valid():
		return errors.New("motion runs backwards or beyond a day")
	case f.Camera != nil && f.Camera.Number >= MaxCameras:
		return errNoSuchCamera
	}
	words := []string{f.Reason, f.Zone}
	if c := f.Camera; c != nil {
		words = append(words, c.Name, c.Driver, c.Format)
	}
	for _, w := range words {
		if err := checkText(w); err != nil {
			return err
		}
	}
	for _, b := range f.Boxes {
		if !withinDay(b.AtMs) {
			return errors.New("box is beyond a day")
		}
		if !within(b.X, b.W) || !within(b.Y, b.H) {
			return errors.New("box is outside of the picture")
		}
	}
	return nil
}

// whole is the width, and the height, of the picture.
const whole = 10000

// within says whether a side from a of length n lies in the picture. The sum of both may overflow.
func within(a, n uint64) bool { return a <= whole && n <= whole-a }
