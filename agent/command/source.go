package command

import (
	"log/slog"
	"reflect"
	"slices"

	"signet/agent/config"
	"signet/capture"
	"signet/capture/motion"
	"signet/capture/source"
	"signet/internal/hint"
)

// sources returns what opens each configured camera. Generated scenes differ by their number.
func sources(c config.Config, log *slog.Logger) (all []*source.Source) {
	for i, camera := range c.Cameras {
		l := log
		if len(c.Cameras) > 1 {
			l = log.With("camera", i)
		}
		all = append(all, source.New(camera.Source, source.Options{
			FPS: camera.FPS, Width: camera.Width, Height: camera.Height, Format: capture.Format(camera.Format),
			Controls: camera.Controls, USBReset: camera.USBReset, Login: camera.Login, Loop: true, Seed: uint64(i), Log: l,
		}))
	}
	return all
}

// controlled is a source whose controls may change while it is open.
type controlled interface {
	SetControls(all map[string]any) error
}

// place returns where camera i of the configuration that the process started with stands in another one, or -1. It finds
// itself by its source, for the order may be another one; generated scenes, which have one source, are in the same order.
func place(started config.Config, i int, in config.Config) int {
	name, twins := started.Cameras[i].Source, 0
	for _, c := range started.Cameras[:i] {
		if c.Source == name {
			twins++
		}
	}
	for j, c := range in.Cameras {
		if c.Source != name {
			continue
		}
		if twins == 0 {
			return j
		}
		twins--
	}
	return -1
}

// configuredZones returns what tells the zones of the cameras that the process started, as a changed configuration has
// them. A camera that is not in it keeps those that it had.
func configuredZones(started config.Config) func(next config.Config) [][]motion.Zone {
	now := make([][]motion.Zone, len(started.Cameras))
	for i := range now {
		now[i] = started.Cameras[i].MotionZones()
	}
	return func(next config.Config) [][]motion.Zone {
		for i := range now {
			if j := place(started, i, next); j >= 0 {
				now[i] = next.Cameras[j].MotionZones()
			}
		}
		return slices.Clone(now)
	}
}

// setControls returns what gives the cameras that the process started with their controls of a changed configuration,
// where those have changed.
func setControls[S controlled](started config.Config, cameras []S, log *slog.Logger) func(next config.Config) {
	now := make([]config.Controls, len(cameras))
	for i := range cameras {
		now[i] = started.Cameras[i].Controls
	}
	return func(next config.Config) {
		for i, camera := range cameras {
			j := place(started, i, next)
			if j < 0 || reflect.DeepEqual(next.Cameras[j].Controls, now[i]) {
				continue
			}
			now[i] = next.Cameras[j].Controls
			if err := camera.SetControls(now[i]); err != nil {
				log.Error("controls are not applied", "source", source.Redacted(started.Cameras[i].Source), "err", err, "hint", hint.Own(err))
			}
		}
	}
}
