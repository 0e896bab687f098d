// Package config reads the agent's configuration, a TOML file, and watches it. Every key stands, with its default and
// what it does, in signet.example.toml. An unknown key or a bad value is an error that names file, line and key.
package config

import (
	_ "embed"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"signet/capture/moment"
	"signet/capture/motion"
)

// Example is a configuration that holds every key at its default, with comments.
//
//go:embed signet.example.toml
var Example string

// Config is everything that can be configured. Defaults come from Default.
type Config struct {
	State   string   `toml:"state"`
	Cameras []Camera `toml:"camera"` // one or more
	Motion  Motion   `toml:"motion"`
	Event   Event    `toml:"event"`
	Clip    Clip     `toml:"clip"`
	Cloud   Cloud    `toml:"cloud"`
	Claim   Claim    `toml:"claim"`
	Spool   Spool    `toml:"spool"`
	Live    Live     `toml:"live"`
	Board   Board    `toml:"board"`
	Log     Log      `toml:"log"`
}

// Motion sets up the detectors of all cameras. Sizes are in percent of the picture's area.
type Motion struct {
	Sensitivity int     `toml:"sensitivity"`
	MinSize     float64 `toml:"min_size"`
	MaxSize     float64 `toml:"max_size"`
}

// Event says what an event is.
type Event struct {
	PreRoll   Duration `toml:"pre_roll"`
	PostRoll  Duration `toml:"post_roll"`
	MaxLength Duration `toml:"max_length"`
}

// Clip says what clips cost.
type Clip struct {
	MaxFPS  float64  `toml:"max_fps"`
	Bitrate int      `toml:"max_bitrate"` // bits per second
	Part    Duration `toml:"part"`
	Memory  Size     `toml:"memory"` // of the pre-roll of each camera
}

// Cloud says where the cloud is.
type Cloud struct {
	MQTT        string   `toml:"mqtt"`  // host:port
	Media       string   `toml:"media"` // https://host:port
	CA          string   `toml:"ca"`    // file; empty: the fleet's CA
	FirstWithin Duration `toml:"first_within"`
}

// Claim says how a camera that nobody owns finds its owner.
type Claim struct {
	Lens     bool     `toml:"lens"`      // it looks for a code in its own pictures
	Window   Duration `toml:"window"`    // for so long
	WiFiHook string   `toml:"wifi_hook"` // program that joins the network of the code; empty: none
}

// Spool bounds what is kept on flash.
type Spool struct {
	MaxSize  Size `toml:"max_size"`
	MaxMedia Size `toml:"max_media"`
}

// Live says whether the owner may see the camera now.
type Live struct {
	Enabled bool `toml:"enabled"`
}

// Board names GPIO lines. Nothing is touched where no line is named.
type Board struct {
	LED             string `toml:"led"`
	LEDActiveLow    bool   `toml:"led_active_low"`
	Button          string `toml:"button"`
	ButtonActiveLow bool   `toml:"button_active_low"`
}

// Log says what is logged.
type Log struct {
	Level slog.Level `toml:"level"`
}

// Duration is a time.Duration written as "5s".
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as \"5s\"", b)
	}
	*d = Duration(v)
	return nil
}

func (d Duration) String() string { return time.Duration(d).String() }

// Size is a number of bytes written as "8MiB".
type Size int64

// units of sizes.
var units = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}

// UnmarshalText reads a whole number of KiB, MiB or GiB.
func (s *Size) UnmarshalText(b []byte) error {
	for _, u := range units {
		if number, ok := strings.CutSuffix(string(b), u.name); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
			if err == nil && n >= 0 {
				*s = Size(n * u.bytes)
				return nil
			}
		}
	}
	return fmt.Errorf("%q is not a size such as \"8MiB\"", b)
}

// Default returns the configuration of an empty file.
func Default() Config {
	m := moment.DefaultSettings()
	return Config{
		State:   "/var/lib/signet",
		Cameras: []Camera{defaultCamera()},
		Motion:  Motion{Sensitivity: m.Motion.Sensitivity, MaxSize: 100},
		Event:   Event{PreRoll: Duration(m.PreRoll), PostRoll: Duration(m.PostRoll), MaxLength: Duration(m.MaxLength)},
		Clip:    Clip{MaxFPS: m.ClipFPS, Bitrate: m.ClipRate * 8, Part: Duration(m.PartLength), Memory: 8 << 20},
		Cloud:   Cloud{FirstWithin: Duration(2 * time.Second)},
		Claim:   Claim{Lens: true, Window: Duration(10 * time.Minute)},
		Spool:   Spool{MaxSize: 64 << 20, MaxMedia: 256 << 20},
		Live:    Live{Enabled: true},
		Board:   Board{ButtonActiveLow: true},
	}
}

// Settings returns what the pipelines of all cameras are set up with. Each camera has zones of its own.
func (c *Config) Settings() moment.Settings {
	return moment.Settings{
		Motion:     motion.Config{Sensitivity: c.Motion.Sensitivity, MinSize: c.Motion.MinSize / 100, MaxSize: c.Motion.MaxSize / 100},
		PreRoll:    time.Duration(c.Event.PreRoll),
		PostRoll:   time.Duration(c.Event.PostRoll),
		MaxLength:  time.Duration(c.Event.MaxLength),
		PartLength: time.Duration(c.Clip.Part),
		ClipFPS:    c.Clip.MaxFPS,
		ClipRate:   c.Clip.Bitrate / 8,
	}
}
