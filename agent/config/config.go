// Package config reads the agent's configuration, a TOML file, and watches it. Every key stands, with its default and
// what it does, in signet.example.toml. An unknown key or a bad value is an error that names file, line and key.
package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"signet/capture/moment"
)

// Example is a configuration that holds every key at its default, with comments.
//
//go:embed signet.example.toml
var Example string

// Config is everything that can be configured. Defaults come from Default.
type Config struct {
	State  string `toml:"state"`
	Camera Camera `toml:"camera"`
	Motion Motion `toml:"motion"`
	Event  Event  `toml:"event"`
	Clip   Clip   `toml:"clip"`
	Cloud  Cloud  `toml:"cloud"`
	Spool  Spool  `toml:"spool"`
	Live   Live   `toml:"live"`
	Board  Board  `toml:"board"`
	Log    Log    `toml:"log"`
}

// Camera says where pictures come from.
type Camera struct {
	Source string  `toml:"source"` // as of capture/source
	Name   string  `toml:"name"`   // for people; sealed
	FPS    float64 `toml:"fps"`    // pace of a recording; 0: its own
}

// Motion sets up the detector.
type Motion struct {
	Sensitivity int `toml:"sensitivity"`
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
	Memory  Size     `toml:"memory"` // of the pre-roll
}

// Cloud says where the cloud is.
type Cloud struct {
	MQTT        string   `toml:"mqtt"`  // host:port
	Media       string   `toml:"media"` // https://host:port
	CA          string   `toml:"ca"`    // file; empty: the fleet's CA
	FirstWithin Duration `toml:"first_within"`
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
		State:  "/var/lib/signet",
		Camera: Camera{Source: "auto"},
		Motion: Motion{Sensitivity: m.Sensitivity},
		Event:  Event{PreRoll: Duration(m.PreRoll), PostRoll: Duration(m.PostRoll), MaxLength: Duration(m.MaxLength)},
		Clip:   Clip{MaxFPS: m.ClipFPS, Bitrate: m.ClipRate * 8, Part: Duration(m.PartLength), Memory: 8 << 20},
		Cloud:  Cloud{FirstWithin: Duration(2 * time.Second)},
		Spool:  Spool{MaxSize: 64 << 20, MaxMedia: 256 << 20},
		Live:   Live{Enabled: true},
		Board:  Board{ButtonActiveLow: true},
	}
}

// Settings returns what the pipeline is set up with.
func (c *Config) Settings() moment.Settings {
	return moment.Settings{
		Sensitivity: c.Motion.Sensitivity,
		PreRoll:     time.Duration(c.Event.PreRoll),
		PostRoll:    time.Duration(c.Event.PostRoll),
		MaxLength:   time.Duration(c.Event.MaxLength),
		PartLength:  time.Duration(c.Clip.Part),
		ClipFPS:     c.Clip.MaxFPS,
		ClipRate:    c.Clip.Bitrate / 8,
	}
}

// maxFile bounds a configuration, in bytes.
const maxFile = 1 << 20

// Error is what is wrong with a configuration.
type Error struct {
	File string
	Line int    // from 1; 0 where it is not known
	Key  string // "camera.fps"; empty where no key is meant
	Text string
	Help string
}

func (e *Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s += ":" + strconv.Itoa(e.Line)
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Text
}

// Hint says what helps, or nothing.
func (e *Error) Hint() string { return e.Help }

// Load reads a file.
func Load(path string) (Config, error) {
	b, err := read(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, b)
}

// read returns the file, or as much of it as Parse needs to refuse it.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// Parse reads a configuration; name is of the file, for errors. An error in what it says is an *Error.
func Parse(name string, b []byte) (Config, error) {
	if len(b) > maxFile {
		return Config{}, &Error{File: name, Text: fmt.Sprintf("larger than %d bytes", maxFile)}
	}
	c := Default()
	meta, err := toml.Decode(string(b), &c)
	if err != nil {
		return Config{}, syntaxError(name, b, err)
	}
	for _, k := range meta.Undecoded() {
		return Config{}, &Error{name, lineOf(b, k), k.String(), "unknown key", suggest(k.String())}
	}
	if key, text := c.check(); key != "" {
		return Config{}, &Error{name, lineOf(b, strings.Split(key, ".")), key, text, ""}
	}
	return c, nil
}

// typeError is how the TOML library words a value of a wrong type.
var typeError = regexp.MustCompile(`^toml: line (\d+) \(last key "([^"]*)"\): (.*)$`)

func syntaxError(name string, text []byte, err error) error {
	if p, ok := errors.AsType[toml.ParseError](err); ok {
		// The library counts a line end that it stumbles over as being of the next line.
		line := 1 + bytes.Count(text[:min(p.Position.Start, len(text))], []byte("\n"))
		return &Error{File: name, Line: line, Key: p.LastKey, Text: plain(p.Message)}
	}
	if m := typeError.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1]) // digits
		return &Error{File: name, Line: line, Key: m[2], Text: plain(m[3])}
	}
	return &Error{File: name, Text: strings.TrimPrefix(err.Error(), "toml: ")}
}
