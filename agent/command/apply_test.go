package command

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"signet/agent/config"
	"signet/capture/moment"
	"signet/capture/motion"
)

func TestApply(t *testing.T) {
	var out strings.Builder
	var got moment.Settings
	var zones [][]motion.Zone
	level := new(slog.LevelVar)
	old, next := config.Default(), config.Default()
	set := func(s moment.Settings, z [][]motion.Zone) error { got, zones = s, z; return nil }
	change := apply(old, set, func(config.Config) {}, level, slog.New(slog.NewTextHandler(&out, nil)))
	next.Motion.Sensitivity, next.Log.Level, next.State = 9, slog.LevelWarn, "/elsewhere"
	next.Cameras[0].Zones = []config.Zone{{Name: "Path", Points: config.Polygon{{0, 0}, {1, 0}, {1, 1}}}}
	change(old, next)
	if got.Motion.Sensitivity != 9 || level.Level() != slog.LevelWarn || len(zones) != 1 || len(zones[0]) != 1 || zones[0][0].Name != "Path" {
		t.Errorf("sensitivity %d, zones %v and level %v are in force", got.Motion.Sensitivity, zones, level.Level())
	}
	if !strings.Contains(out.String(), `at_once="camera.zone motion.sensitivity log.level" after_restart=state`) {
		t.Errorf("log is %s", out.String())
	}
	out.Reset()
	change(next, old) // back to what the process started with
	if !strings.Contains(out.String(), `at_once="camera.zone motion.sensitivity log.level" after_restart=""`) || zones[0] != nil {
		t.Errorf("zones are %v, log is %s", zones, out.String())
	}
}

// Zones stay with the camera that they are of, wherever it stands in the file, and while it stands nowhere.
func TestConfiguredZones(t *testing.T) {
	camera := func(source string, zones ...string) config.Camera {
		c := config.Camera{Source: source}
		for _, z := range zones {
			c.Zones = append(c.Zones, config.Zone{Name: z, Points: config.Polygon{{0, 0}, {1, 0}, {1, 1}}})
		}
		return c
	}
	zones := configuredZones(config.Config{Cameras: []config.Camera{camera("generated", "one"), camera("yard"), camera("generated", "two")}})
	for _, c := range []struct {
		next []config.Camera
		want [][]string
	}{
		{[]config.Camera{camera("yard"), camera("generated", "one"), camera("generated", "two")}, [][]string{{"one"}, nil, {"two"}}},
		{[]config.Camera{camera("yard", "A", "B"), camera("generated"), camera("generated", "two")}, [][]string{nil, {"A", "B"}, {"two"}}},
		{[]config.Camera{camera("generated", "new"), camera("street", "C")}, [][]string{{"new"}, {"A", "B"}, {"two"}}},
	} {
		var got [][]string
		for _, all := range zones(config.Config{Cameras: c.next}) {
			var names []string
			for _, z := range all {
				names = append(names, z.Name)
			}
			got = append(got, names)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("zones are %q, want %q", got, c.want)
		}
	}
}
