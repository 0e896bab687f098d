package moment

import (
	"fmt"
	"time"

	"signet/capture/motion"
)

// Settings is what may change while a Pipeline runs.
type Settings struct {
	Motion     motion.Config // of the detector
	PreRoll    time.Duration // in the clip before the motion, 0 to 30 s
	PostRoll   time.Duration // the event goes on after the motion, 1 to 60 s; motion within it is the same event
	MaxLength  time.Duration // then the event ends, and another one starts, 5 s to 1 h
	PartLength time.Duration // of a clip's parts, 2 to 4 s
	ClipFPS    float64       // frames a second in MJPEG clips at most, 1 to 60
	ClipRate   int           // bytes a second in MJPEG clips, at least 10000; one frame a second is always kept
	NoClips    bool          // events have thumbnails only; a clip that is being made ends
	Paused     bool          // no event begins, and one that runs ends; frames are shown to the sink all the same
}

// DefaultSettings returns the settings that fit a home's uplink: 2 Mbit/s while something happens.
func DefaultSettings() Settings {
	return Settings{
		Motion:     motion.Config{Sensitivity: motion.DefaultSensitivity},
		PreRoll:    5 * time.Second,
		PostRoll:   2 * time.Second,
		MaxLength:  time.Minute,
		PartLength: 3 * time.Second,
		ClipFPS:    5,
		ClipRate:   250_000,
	}
}

// Validate names the first setting that is out of its range.
func (s Settings) Validate() error {
	if err := s.Motion.Validate(); err != nil {
		return err
	}
	for _, d := range []struct {
		name             string
		got, least, most time.Duration
	}{
		{"pre-roll", s.PreRoll, 0, 30 * time.Second},
		{"post-roll", s.PostRoll, time.Second, time.Minute},
		{"maximum length", s.MaxLength, 5 * time.Second, time.Hour},
		{"part length", s.PartLength, 2 * time.Second, 4 * time.Second},
	} {
		if d.got < d.least || d.got > d.most {
			return fmt.Errorf("%s %v: not within %v to %v", d.name, d.got, d.least, d.most)
		}
	}
	if !(s.ClipFPS >= 1 && s.ClipFPS <= 60) {
		return fmt.Errorf("clip frames a second %v: not within 1 to 60", s.ClipFPS)
	}
	if s.ClipRate < 10_000 {
		return fmt.Errorf("clip rate %d bytes a second: less than 10000", s.ClipRate)
	}
	return nil
}
