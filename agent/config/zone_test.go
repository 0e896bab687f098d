package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"signet/capture/motion"
)

const zoned = `
[[camera]]
source = "generated"
[[camera.zone]]
name = "Path"
points = [
  [0, 1],
  [0.5, 0.4], # the gate
  [1.0, 1],
]
[[camera.zone]]
name = "Tree"
ignore = true
points = [[0, 0], [0.25, 0], [0.25, 0.5], [0, 0.5]]

[[camera]]
source = "/dev/video2"
zone = [{name = "Path", points = [[0, 0], [1, 0], [1, 1]]}]

[[camera]]
source = "/dev/video4"
[camera.controls]
gain = 1
[[camera.zone]]
name = "Yard"
points = [[0, 0], [1, 0], [1, 1]]
`

func TestZones(t *testing.T) {
	c, err := Parse("f", []byte(zoned))
	if err != nil {
		t.Fatal(err)
	}
	got, triangle := c.Cameras[0].MotionZones(), []motion.Point{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 1}}
	want := []motion.Zone{
		{Name: "Path", Points: []motion.Point{{X: 0, Y: 1}, {X: 0.5, Y: 0.4}, {X: 1, Y: 1}}},
		{Name: "Tree", Ignore: true, Points: []motion.Point{{X: 0, Y: 0}, {X: 0.25, Y: 0}, {X: 0.25, Y: 0.5}, {X: 0, Y: 0.5}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("zones are\n%v, want\n%v", got, want)
	}
	for i, name := range []string{1: "Path", 2: "Yard"} {
		if got, want := c.Cameras[i].MotionZones(), (motion.Zone{Name: name, Points: triangle}); i > 0 && !reflect.DeepEqual(got, []motion.Zone{want}) {
			t.Errorf("zones of camera %d are %v, want %v", i, got, want)
		}
	}
	if c.Cameras[2].Controls["gain"] != int64(1) {
		t.Errorf("controls are %v", c.Cameras[2].Controls)
	}
}

func TestZoneErrors(t *testing.T) {
	swap := func(old, new string) string {
		if !strings.Contains(zoned, old) {
			t.Fatalf("there is no %q", old)
		}
		return strings.Replace(zoned, old, new, 1)
	}
	zones := func(n, corners int) string {
		text := "[[camera]]\n"
		for i := range n {
			text += fmt.Sprintf("[[camera.zone]]\nname = \"%d\"\npoints = [%s]\n", i, strings.Repeat("[0, 0],[1, 1],", corners/2)+strings.Repeat("[1, 0],", corners%2))
		}
		return text
	}
	for name, c := range map[string]struct{ text, want, hint string }{
		"percent":              {swap("[0.25, 0.5]", "[25, 50]"), "f:14: camera.zone.points: corner 3 must be within 0 to 1, is [25, 50]", ""},
		"negative, inline":     {swap("[[0, 0], [1, 0], [1, 1]]}]", "[[0, 0], [-0.1, 0], [1, 1]]}]"), "f:18: camera.zone.points: corner 2 must be within 0 to 1, is [-0.1, 0]", ""},
		"no number":            {swap("[0.5, 0.4]", "[0.5, \"0.4\"]"), "f:6: camera.zone.points: corner 2 must be two numbers, has a string", ""},
		"not a number":         {swap("[0.5, 0.4]", "[0.5, nan]"), "f:6: camera.zone.points: corner 2 must be within 0 to 1, is [0.5, NaN]", ""},
		"three numbers":        {swap("[1.0, 1]", "[1.0, 1, 1]"), "f:6: camera.zone.points: corner 3 must be two numbers such as [0.25, 1]", ""},
		"a line":               {swap("[[0, 0], [0.25, 0], [0.25, 0.5], [0, 0.5]]", "[[0, 0.5], [0.25, 0.5], [1, 0.5]]"), "f:14: camera.zone.points: enclose nothing", ""},
		"flat":                 {swap("[[0, 0], [0.25", "[0, 0, [0.25"), "f:14: camera.zone.points: corner 1 must be two numbers such as [0.25, 1]", ""},
		"points a word":        {swap("[[0, 0], [0.25, 0], [0.25, 0.5], [0, 0.5]]", `"all"`), "f:14: camera.zone.points: must be a list such as [[0, 0.5], [1, 0.5], [1, 1]], is a string", ""},
		"two corners":          {zones(3, 2), "f:4: camera.zone.points: must be 3 to 32 corners, are 2", ""},
		"33 corners":           {zones(3, 33), "f:4: camera.zone.points: must be at most 32 corners, are 33", ""},
		"no corners":           {"[[camera]]\n\n[[camera.zone]]\nname = \"A\"\n", "f:3: camera.zone.points: must be 3 to 32 corners, are 0", ""},
		"17 zones":             {zones(17, 3), "f:50: camera.zone: there are more than 16 of one camera", ""},
		"no name":              {swap("name = \"Tree\"\n", ""), "f:11: camera.zone.name: is missing", ""},
		"no name, second":      {swap("name = \"Yard\"\n", ""), "f:24: camera.zone.name: is missing", ""},
		"same name":            {swap("Tree", "Path"), `f:12: camera.zone.name: another zone of the camera is called "Path" already`, ""},
		"long name":            {swap("Yard", strings.Repeat("y", 129)), "f:25: camera.zone.name: must have at most 128 bytes, has 129", ""},
		"type, first of all":   {swap("name = \"Path\"", "name = 5"), "f:5: camera.zone.name: must be a string, is a number", ""},
		"type, second":         {swap("ignore = true", "ignore = 1"), "f:13: camera.zone.ignore: must be true or false, is a number", ""},
		"type, last of all":    {swap("name = \"Yard\"", "name = 5"), "f:25: camera.zone.name: must be a string, is a number", ""},
		"unknown key":          {swap("ignore = true", "ignored = true"), "f:13: camera.zone.ignored: unknown key", "did you mean camera.zone.ignore?"},
		"zones":                {swap("[[camera.zone]]\nname = \"Yard\"", "[[camera.zones]]\nname = \"Yard\""), "f:24: camera.zones: unknown key", "did you mean [[camera.zone]]?"},
		"of no camera":         {"[[zone]]\nname = \"A\"\n", "f:1: zone: unknown key", "did you mean [[camera.zone]]?"},
		"one table":            {"[[camera]]\n[camera.zone]\nname = \"A\"\n", "f:2: camera.zone: must be a list of tables, is a table", "there may be several: each begins with [[camera.zone]], in two pairs of brackets"},
		"a number":             {"[[camera]]\nzone = 5\n", "f:2: camera.zone: must be a list of tables, is a number", ""},
		"controls beside them": {swap("gain = 1", "gain = 1.5"), "f:22: camera.controls: gain must be a whole number", ""},
		"a key after points":   {swap("ignore = true\npoints = [[0, 0], [0.25, 0], [0.25, 0.5], [0, 0.5]]", "points = [\n[0, 0],\n[1, 0],\n[1, 1]\n]\nignore = 1"), "f:18: camera.zone.ignore: must be true or false, is a number", ""},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, "f", c.text, c.want, c.hint) })
	}
}

func TestChangedZones(t *testing.T) {
	parse := func(text string) Config {
		t.Helper()
		c, err := Parse("f", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	was := parse(zoned)
	for text, change := range map[string][2]string{
		"a corner":         {"0.4", "0.5"},
		"what it is for":   {"ignore = true\n", ""},
		"one less":         {"[[camera.zone]]\nname = \"Yard\"\npoints = [[0, 0], [1, 0], [1, 1]]\n", ""},
		"one more, inline": {"[1, 1]]}]", "[1, 1]]}, {name = \"All\", points = [[0, 0], [1, 0], [1, 1]]}]"},
	} {
		now, restart := Changed(was, parse(strings.Replace(zoned, change[0], change[1], 1)))
		if !reflect.DeepEqual(now, []string{"camera.zone"}) || restart != nil {
			t.Errorf("%s: at once %q, after a restart %q", text, now, restart)
		}
	}
	const first, second, zone = "[[camera]]\nsource = \"a\"\n", "[[camera]]\nsource = \"b\"\n", "[[camera.zone]]\nname = \"A\"\npoints = [[0, 0], [1, 0], [1, 1]]\n"
	if now, _ := Changed(parse(first+zone+second), parse(first+second+zone)); !reflect.DeepEqual(now, []string{"camera.zone"}) {
		t.Errorf("of another camera: %q", now)
	}
	if now, restart := Changed(was, parse(zoned+"\n# the same\n")); now != nil || restart != nil {
		t.Errorf("nothing changed, but %q, %q", now, restart)
	}
}
