package certs

import (
	"errors"
	"fmt"

	"filippo.io/age"
)

// Settings are what an owner sets from afar. They travel sealed inside a policy. What is left out is as the camera's own
// configuration has it.
type Settings struct {
	Name    string                   // of the device
	Cameras map[uint8]CameraSettings // by the camera's number; none is empty
	Viewers map[KeyID]string         // names of the viewers, for the owner's other devices; none is empty
}

// CameraSettings are those of one camera of a device.
type CameraSettings struct {
	Name    string `cbor:"1,keyasint,omitempty"`
	Records *bool  `cbor:"2,keyasint,omitempty"` // false pauses it
	Clips   *bool  `cbor:"3,keyasint,omitempty"` // false leaves thumbnails only
	Live    *bool  `cbor:"4,keyasint,omitempty"` // false lets nobody watch

	// Of the motion detector. Sizes are in ten-thousandths of the picture's area.
	Sensitivity uint64  `cbor:"5,keyasint,omitempty"` // 1 to MaxSensitivity; 0: left out
	Zones       []Zone  `cbor:"6,keyasint,omitempty"` // at most MaxZones
	MinSize     *uint64 `cbor:"7,keyasint,omitempty"` // of what counts as motion
	MaxSize     uint64  `cbor:"8,keyasint,omitempty"` // not less than MinSize; 0: left out
}

// MaxSensitivity is that of a detector that fires on the faintest change.
const MaxSensitivity = 10

// Empty says whether nothing is set.
func (c *CameraSettings) Empty() bool {
	return c.Name == "" && c.Records == nil && c.Clips == nil && c.Live == nil &&
		c.Sensitivity == 0 && len(c.Zones) == 0 && c.MinSize == nil && c.MaxSize == 0
}

type settingsBody struct {
	Version uint64                   `cbor:"0,keyasint"`
	Name    string                   `cbor:"1,keyasint,omitempty"`
	Cameras map[uint8]CameraSettings `cbor:"2,keyasint,omitempty"`
	Viewers map[KeyID]string         `cbor:"3,keyasint,omitempty"`
}

// NewSettingsKey makes the key that a camera offers for its settings.
func NewSettingsKey() (*age.X25519Identity, error) { return age.GenerateX25519Identity() }

// Seal seals the settings to the settings key of a camera and to the owner, whose recipient is of kind X25519.
func (s *Settings) Seal(camera [32]byte, owner string) ([]byte, error) {
	body := settingsBody{formatVersion, s.Name, s.Cameras, s.Viewers}
	if err := body.check(); err != nil {
		return nil, fmt.Errorf("seal settings: %w", err)
	}
	plain, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("seal settings: %w", err)
	}
	sealer, err := NewSealer([]string{X25519Recipient(camera), owner})
	if err != nil {
		return nil, fmt.Errorf("seal settings: %w", err)
	}
	b, err := sealer.Seal(plain)
	if err != nil {
		return nil, fmt.Errorf("seal settings: %w", err)
	}
	if len(b) > MaxSettings {
		return nil, fmt.Errorf("seal settings: %d bytes are more than %d: fewer zones, fewer corners or shorter names fit", len(b), MaxSettings)
	}
	return b, nil
}

// OpenSettings opens what Seal made. Whose they are, the policy around them says.
func OpenSettings(b []byte, ids ...age.Identity) (*Settings, error) {
	plain, err := Open(b, MaxSettings, ids...)
	if err != nil {
		return nil, fmt.Errorf("open settings: %w", err)
	}
	s, err := parseSettings(plain)
	if err != nil {
		return nil, fmt.Errorf("open settings: %w", err)
	}
	return s, nil
}

func parseSettings(plain []byte) (*Settings, error) {
	var b settingsBody
	if err := decode(plain, &b); err != nil {
		return nil, err
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	return &Settings{b.Name, b.Cameras, b.Viewers}, nil
}

// check holds the conditions of record.cddl.
func (b *settingsBody) check() error {
	switch {
	case b.Version != formatVersion:
		return fmt.Errorf("format %d is not spoken here", b.Version)
	case len(b.Viewers) > maxViewers:
		return fmt.Errorf("names of %d viewers are more than %d", len(b.Viewers), maxViewers)
	}
	if err := checkText(b.Name); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	for n, c := range b.Cameras {
		if n >= MaxCameras {
			return errNoSuchCamera
		}
		if err := c.check(); err != nil {
			return fmt.Errorf("camera %d: %w", n, err)
		}
	}
	for _, name := range b.Viewers {
		if name == "" {
			return errors.New("viewer: no name")
		}
		if err := checkText(name); err != nil {
			return fmt.Errorf("viewer: name: %w", err)
		}
	}
	return nil
}

func (c *CameraSettings) check() error {
	switch {
	case c.Empty():
		return errors.New("nothing is set")
	case c.Sensitivity > MaxSensitivity:
		return fmt.Errorf("sensitivity %d is not 1 to %d", c.Sensitivity, MaxSensitivity)
	case c.MinSize != nil && *c.MinSize > whole, c.MaxSize > whole:
		return errors.New("a size is larger than the picture")
	case c.MinSize != nil && c.MaxSize != 0 && *c.MinSize > c.MaxSize:
		return errors.New("the least size is larger than the greatest")
	}
	if err := checkText(c.Name); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	return checkZones(c.Zones)
}
