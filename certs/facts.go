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

// CameraFacts describe the camera as it is set up.
type CameraFacts struct {
	Name      string `cbor:"1,keyasint"`
	Driver    string `cbor:"2,keyasint"`
	Format    string `cbor:"3,keyasint"`
	Width     uint64 `cbor:"4,keyasint"`
	Height    uint64 `cbor:"5,keyasint"`
	FPSx1000  uint64 `cbor:"6,keyasint"`
	Generated bool   `cbor:"7,keyasint"` // not a real picture
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

const (
	maxFacts = 16 << 10
	maxBoxes = 64
	maxText  = 256
)

// Marshal encodes f, to be sealed.
func (f *Facts) Marshal() ([]byte, error) {
	f.Version = formatVersion
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("encode facts: %w", err)
	}
	return encode(f)
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
	case len(f.Reason) > maxText || len(f.Zone) > maxText:
		return errors.New("text is too long")
	case f.Motion != nil && f.Motion.To < f.Motion.From:
		return errors.New("motion runs backwards")
	}
	if c := f.Camera; c != nil && (len(c.Name) > maxText || len(c.Driver) > maxText || len(c.Format) > maxText) {
		return errors.New("text is too long")
	}
	for _, b := range f.Boxes {
		if b.X+b.W > 10000 || b.Y+b.H > 10000 || b.X > 10000 || b.Y > 10000 {
			return errors.New("box is outside of the picture")
		}
	}
	return nil
}
