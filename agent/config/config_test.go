package config

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestExampleHoldsEveryKeyAtItsDefault(t *testing.T) {
	got, err := Parse("example", []byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, Default()) {
		t.Errorf("example is\n%+v\ndefaults are\n%+v", got, Default())
	}
	// There is no zone by default: the one in it is a comment.
	_, zone, _ := strings.Cut(Example, "# [[camera.zone]]\n")
	zone, _, _ = strings.Cut(zone, "\n\n")
	zoned := strings.Replace(Example, "# [[camera.zone]]\n"+zone, "[[camera.zone]]\n"+strings.ReplaceAll(zone, "# ", ""), 1)
	for _, k := range keys() {
		if lineOf([]byte(zoned), strings.Split(k, ".")) == 0 {
			t.Errorf("%s is not in the example", k)
		}
	}
	want := Default()
	want.Cameras[0].Zones = []Zone{{Name: "Street", Ignore: true, Points: Polygon{{0, 0}, {1, 0}, {1, 0.3}, {0, 0.4}}}}
	if got, err = Parse("example", []byte(zoned)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("with its zone the example is\n%+v, %v", got, err)
	}
}

func TestErrorsNameFileLineAndKey(t *testing.T) {
	for name, c := range map[string]struct{ text, want, hint string }{
		"bad value":         {"[[camera]]\n\nfps = 600\n", "f.toml:3: camera.fps: must be between 0 and 240, is 600", ""},
		"unknown key":       {"[motion]\nsensitivty = 5\n", "f.toml:2: motion.sensitivty: unknown key", "did you mean motion.sensitivity?"},
		"unknown table":     {"\n[mtion]\nsensitivity = 5\n", "f.toml:2: mtion: unknown key", ""},
		"wrong type":        {"[motion]\nsensitivity = \"high\"\n", "f.toml:2: motion.sensitivity: must be a whole number, is a string", ""},
		"fraction":          {"[motion]\nsensitivity = 3.5\n", "f.toml:2: motion.sensitivity: must be a whole number, is a number with a fraction", ""},
		"no number":         {"[[camera]]\nfps = \"10\"\n", "f.toml:2: camera.fps: must be a number, is a string", ""},
		"no string":         {"state = 5\n", "f.toml:1: state: must be a string, is a number", ""},
		"no truth":          {"[live]\nenabled = \"yes\"\n", "f.toml:2: live.enabled: must be true or false, is a string", ""},
		"no duration":       {"[event]\npre_roll = [1]\n", "f.toml:2: event.pre_roll: must be a string, is a list", ""},
		"no table":          {"motion = 5\n", "f.toml:1: motion: must be a table, is a number", ""},
		"many tables":       {"[[motion]]\n", "f.toml:1: motion: must be a table, is a list of tables", ""},
		"bad duration":      {"[event]\npre_roll = \"5 s\"\n", `f.toml:2: event.pre_roll: "5 s" is not a duration such as "5s"`, ""},
		"bad size":          {"[spool]\nmax_size = \"1 apple\"\n", `f.toml:2: spool.max_size: "1 apple" is not a size such as "8MiB"`, ""},
		"bad level":         {"[log]\nlevel = \"loud\"\n", "f.toml:2: log.level: must be debug, info, warn or error", ""},
		"syntax":            {"state = \"/x\"\n[camera\n", "f.toml:2: ", ""},
		"syntax in a value": {"\n\n\nstate = /x\n", "f.toml:4: state: '/' begins no value; a string stands in quotes", ""},
		"no value":          {"[[camera]]\nfps =\n\n\n", "f.toml:2: camera.fps: the value is missing", ""},
		"no value at all":   {"[[camera]]\nfps =", "f.toml:2: camera.fps: the value is missing", ""},
		"no end of table":   {"[camera", "f.toml:1: expected '.' or ']' to end table name, but got the end of the file instead", ""},
		"no end of string":  {"state = \"/x", "f.toml:1: state: the file ends before '\"'", ""},
		"huge":              {"[motion]\nsensitivity = 99999999999999999999\n", "f.toml:2: motion.sensitivity: 99999999999999999999 is too large", ""},
		"relative state":    {"state = \"here\"\n", `f.toml:1: state: must be an absolute path, is "here"`, ""},
		"no https":          {"[cloud]\nmedia = \"http://x\"\n", `f.toml:2: cloud.media: must be https://host:port, is "http://x"`, ""},
		"short window":      {"[claim]\nwindow = \"5s\"\n", "f.toml:2: claim.window: must be between 1m0s and 1h0m0s, is 5s", ""},
		"hook in the path":  {"[claim]\nlens = false\nwifi_hook = \"join wifi\"\n", `f.toml:3: claim.wifi_hook: must be the absolute path of a program, without arguments, is "join wifi"`, ""},
		"lens a word":       {"[claim]\nlens = \"on\"\n", "f.toml:2: claim.lens: must be true or false, is a string", ""},
		"dotted key":        {"motion.sensitivity = -1\n", "f.toml:1: motion.sensitivity: must be between", ""},
		"min size":          {"[motion]\nmin_size = -1\n", "f.toml:2: motion.min_size: must be between 0 and 100, is -1", ""},
		"max size":          {"[motion]\nmax_size = 0\n", "f.toml:2: motion.max_size: must be between 0.01 and 100, is 0", ""},
		"sizes":             {"[motion]\nmin_size = 5\nmax_size = 1.5\n", "f.toml:3: motion.max_size: must be at least motion.min_size, which is 5, is 1.5", ""},
		"min size alone":    {"[motion]\nmin_size = nan\n", "f.toml:2: motion.min_size: must be between 0 and 100, is NaN", ""},
		"too large":         {strings.Repeat("#", maxFile+1), "f.toml: larger than", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.toml", []byte(c.text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is %v", err)
			}
			if !strings.HasPrefix(e.Error(), c.want) {
				t.Errorf("error is  %q\nwant      %q", e, c.want)
			}
			if c.hint != "" && e.Hint() != c.hint {
				t.Errorf("hint is %q, want %q", e.Hint(), c.hint)
			}
			if strings.ContainsRune(e.Error(), '\n') {
				t.Errorf("error has more than one line: %q", e)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Example))
	f.Add([]byte("\x10")) // of which the library says that it is wrong before it begins
	f.Add([]byte("[[camera]]\nfps = 1e9\n[camera.controls]\ngain = 1\n[[camera]]\nsource = 'usb:046d:0825'\n"))
	f.Add([]byte("[[camera]]\n[[camera.zone]]\nname = 'A'\npoints = [[0, 0],\n[1, 0.5],\n[1, 1]]\n[motion]\nmax_size = 5.5\n"))
	f.Add([]byte("[[camera]]\nzone = [{name = 'A', points = [[0, 0], [1, 0.5], [1, nan]]}, {ignore = true}]\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse("f", b)
		if err != nil {
			return
		}
		s := c.Settings()
		for _, camera := range c.Cameras {
			s.Motion.Zones = camera.MotionZones()
			if err := s.Validate(); err != nil {
				t.Errorf("accepted, but the pipeline refuses it: %v", err)
			}
		}
	})
}
