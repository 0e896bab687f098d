package command

import (
	"log/slog"
	"strings"
	"testing"

	"signet/agent/config"
	"signet/capture/moment"
)

func TestApply(t *testing.T) {
	var out strings.Builder
	var got moment.Settings
	level := new(slog.LevelVar)
	old, next := config.Default(), config.Default()
	change := apply(old, func(s moment.Settings) error { got = s; return nil }, func(config.Config) {}, level, slog.New(slog.NewTextHandler(&out, nil)))
	next.Motion.Sensitivity, next.Log.Level, next.State = 9, slog.LevelWarn, "/elsewhere"
	change(old, next)
	if got.Motion.Sensitivity != 9 || level.Level() != slog.LevelWarn {
		t.Errorf("sensitivity %d and level %v are in force", got.Motion.Sensitivity, level.Level())
	}
	if !strings.Contains(out.String(), `at_once="motion.sensitivity log.level" after_restart=state`) {
		t.Errorf("log is %s", out.String())
	}
	out.Reset()
	change(next, old) // back to what the process started with
	if !strings.Contains(out.String(), `at_once="motion.sensitivity log.level" after_restart=""`) {
		t.Errorf("log is %s", out.String())
	}
}
