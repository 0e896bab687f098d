package command

import (
	"bytes"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"signet/agent/config"
	"signet/internal/hint"
)

// device is a source of which only its controls matter here.
type device struct {
	set []map[string]any
	err error
}

func (d *device) SetControls(all map[string]any) error {
	d.set = append(d.set, all)
	return d.err
}

// Controls reach the camera that they are of, wherever it stands in the file, and only when they have changed.
func TestSetControls(t *testing.T) {
	var log bytes.Buffer
	camera := func(source string, all config.Controls) config.Camera {
		return config.Camera{Source: source, Controls: all}
	}
	bright, dark := config.Controls{"brightness": int64(200)}, config.Controls{"brightness": int64(10)}
	started := config.Config{Cameras: []config.Camera{camera("front", bright), camera("yard", nil)}}
	front, yard := &device{}, &device{err: hint.With(errors.New("no such control"), "look at the list")}
	set := setControls(started, []*device{front, yard}, slog.New(slog.NewTextHandler(&log, nil)))
	for _, next := range [][]config.Camera{
		{camera("front", bright), camera("yard", nil)},
		{camera("new", dark), camera("yard", dark), camera("front", bright)},
		{camera("new", bright), camera("yard", dark), camera("front", nil)},
		{camera("yard", dark)}, // the other is told when the agent starts again
		{camera("yard", dark), camera("front", dark)},
	} {
		set(config.Config{Cameras: next})
	}
	if want := []map[string]any{nil, dark}; !reflect.DeepEqual(front.set, want) {
		t.Errorf("front was given %v, want %v", front.set, want)
	}
	if want := []map[string]any{dark}; !reflect.DeepEqual(yard.set, want) {
		t.Errorf("yard was given %v, want %v", yard.set, want)
	}
	if want := `msg="controls are not applied" source=yard err="no such control" hint="look at the list"`; !strings.Contains(log.String(), want) {
		t.Errorf("log is %s", log.String())
	}
}
