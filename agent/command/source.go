package command

import (
	"log/slog"
	"reflect"
	"slices"

	"signet/agent/config"
	"signet/capture"
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

// setControls returns what gives the cameras that the process started with their controls of a changed configuration,
// where those have changed. Each finds itself there by its source: the order may be another one.
func setControls[S controlled](started config.Config, cameras []S, log *slog.Logger) func(next config.Config) {
	now := make([]config.Controls, len(cameras))
	for i := range cameras {
		now[i] = started.Cameras[i].Controls
	}
	return func(next config.Config) {
		for i, camera := range cameras {
			name := started.Cameras[i].Source
			j := slices.IndexFunc(next.Cameras, func(c config.Camera) bool { return c.Source == name })
			if j < 0 || reflect.DeepEqual(next.Cameras[j].Controls, now[i]) {
				continue
			}
			now[i] = next.Cameras[j].Controls
			if err := camera.SetControls(now[i]); err != nil {
				log.Error("controls are not applied", "source", source.Redacted(name), "err", err, "hint", hint.Own(err))
			}
		}
	}
}
