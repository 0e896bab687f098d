package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

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
	meta, err := c.decode(name, b)
	if err != nil {
		return Config{}, err
	}
	for _, k := range meta.Undecoded() {
		return Config{}, &Error{name, lineOf(b, k), k.String(), "unknown key", suggest(k.String())}
	}
	if r := c.check(); r.why != "" {
		return Config{}, &Error{name, lineOf(b, strings.Split(r.key, "."), r.nth...), r.key, r.why, r.help}
	}
	return c, nil
}

// decode reads the cameras, and the zones of each, one by one: of an error in one of several tables the library tells the
// line of the last.
func (c *Config) decode(name string, b []byte) (toml.MetaData, error) {
	file := struct {
		*Config
		Cameras []toml.Primitive `toml:"camera"`
	}{Config: c}
	meta, err := toml.Decode(string(b), &file)
	if err != nil {
		return meta, syntaxError(name, b, err)
	}
	if len(file.Cameras) > 0 {
		c.Cameras = nil
	}
	for i, p := range file.Cameras {
		camera, zone, err := decodeCamera(&meta, p)
		if err != nil {
			e := syntaxError(name, b, err)
			if line := lineOf(b, strings.Split(e.Key, "."), i+1, zone); line > 0 {
				e.Line = line
			}
			return meta, e
		}
		c.Cameras = append(c.Cameras, camera)
	}
	return meta, nil
}

// cameraTable is a camera whose zones are not read yet.
type cameraTable struct {
	*Camera
	Zones []toml.Primitive `toml:"zone"`
}

// decodeCamera reads one camera. An error in one of its zones comes with the zone's number, from 1.
func decodeCamera(meta *toml.MetaData, p toml.Primitive) (c Camera, zone int, err error) {
	c = defaultCamera()
	table := cameraTable{Camera: &c}
	if err := meta.PrimitiveDecode(p, &table); err != nil {
		return c, 0, err
	}
	for i, p := range table.Zones {
		var z Zone
		if err := meta.PrimitiveDecode(p, &z); err != nil {
			return c, i + 1, err
		}
		c.Zones = append(c.Zones, z)
	}
	if c.Source == "" {
		c.Source = auto
	}
	return c, 0, nil
}

// typeError is how the TOML library words a value of a wrong type.
var typeError = regexp.MustCompile(`^toml: (?:line (\d+) )?\(last key "([^"]*)"\): (.*)$`)

func syntaxError(name string, text []byte, err error) *Error {
	if p, ok := errors.AsType[toml.ParseError](err); ok {
		// The library counts a line end that it stumbles over as being of the next line.
		line := 1 + bytes.Count(text[:max(0, min(p.Position.Start, len(text)))], []byte("\n"))
		return &Error{File: name, Line: line, Key: p.LastKey, Text: plain(p.Message)}
	}
	if m := typeError.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1]) // digits, or none
		if line == 0 {
			line = lineOf(text, strings.Split(m[2], "."))
		}
		e := &Error{File: name, Line: line, Key: m[2], Text: plain(m[3])}
		if e.Key == "camera" || e.Key == "camera.zone" {
			e.Help = "there may be several: each begins with [[" + e.Key + "]], in two pairs of brackets"
		}
		return e
	}
	return &Error{File: name, Text: strings.TrimPrefix(err.Error(), "toml: ")}
}
