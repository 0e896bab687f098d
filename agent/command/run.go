package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"signet/agent/config"
	"signet/agent/daemon"
	"signet/agent/ownership"
	"signet/board"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/source"
	"signet/internal/cli"
)

// DefaultConfig is the agent's configuration on a camera.
const DefaultConfig = "/etc/signet/signet.toml"

func run(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	path := f.String("config", DefaultConfig, "configuration `FILE`")
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	c, err := config.Load(*path)
	if errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(err, "signet-agent config prints an example; --config FILE says where yours is")
	}
	if err != nil {
		return err
	}
	if c.Cloud.MQTT == "" || c.Cloud.Media == "" {
		return cli.WithHint(fmt.Errorf("%s: cloud.mqtt and cloud.media must both be set", *path), "signet-agent config prints an example")
	}
	level := new(slog.LevelVar)
	level.Set(c.Log.Level)
	log := slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: brief}))
	cameras := sources(c, log)
	d, err := start(ctx, daemonConfig(c, cameras, log))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		if err := config.Watch(ctx, abs(*path), c, log, apply(c, d.Set, setControls(c, cameras, log), level, log)); ctx.Err() == nil {
			log.Warn("changes of the configuration will not be seen", "err", err) // no reason not to record
		}
	})
	err = d.Run(ctx)
	stop()
	watch.Wait()
	return errors.Join(err, d.Close())
}

// start makes the daemon, once the ownership can be read or was reset by the button.
func start(ctx context.Context, c daemon.Config) (*daemon.Daemon, error) {
	d, err := daemon.New(c)
	if !errors.Is(err, ownership.ErrUnread) {
		return d, err
	}
	if err := daemon.AwaitReset(ctx, c, err); err != nil {
		return nil, err
	}
	return daemon.New(c)
}

func daemonConfig(c config.Config, cameras []*source.Source, log *slog.Logger) daemon.Config {
	var all []daemon.Camera
	for i, s := range cameras {
		all = append(all, daemon.Camera{Source: s, Spec: source.Redacted(c.Cameras[i].Source), Name: c.Cameras[i].Name, Zones: c.Cameras[i].MotionZones()})
	}
	return daemon.Config{
		Dir: c.State, Version: Version,
		Cameras: all, Moment: c.Settings(), RingBytes: int(c.Clip.Memory),
		MQTT: c.Cloud.MQTT, Media: c.Cloud.Media, CA: c.Cloud.CA, FirstWithin: time.Duration(c.Cloud.FirstWithin),
		SpoolBytes: int64(c.Spool.MaxSize), MediaBytes: int64(c.Spool.MaxMedia),
		Live: c.Live.Enabled, Log: log,
		Claim: daemon.Claim{Lens: c.Claim.Lens, Window: time.Duration(c.Claim.Window), Hook: c.Claim.WiFiHook},
		Board: board.Config{
			LED: c.Board.LED, LEDActiveLow: c.Board.LEDActiveLow, Button: c.Board.Button, ButtonActiveLow: c.Board.ButtonActiveLow,
		},
	}
}

// apply puts a changed configuration to work as far as that can be done at once. What needs a restart is told by what
// differs from the configuration that the process started with, not from the last one.
func apply(started config.Config, set func(moment.Settings, [][]motion.Zone) error, controls func(config.Config), level *slog.LevelVar, log *slog.Logger) func(old, next config.Config) {
	zones := configuredZones(started)
	return func(old, next config.Config) {
		now, _ := config.Changed(old, next)
		_, restart := config.Changed(started, next)
		level.Set(next.Log.Level)
		if err := set(next.Settings(), zones(next)); err != nil {
			log.Error("configuration is not applied", "err", err)
			return
		}
		controls(next)
		log.Info("configuration changed", "at_once", strings.Join(now, " "), "after_restart", strings.Join(restart, " "))
	}
}

// brief leaves out the date where a journal adds its own, and keeps values on one line.
func brief(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		a.Value = slog.StringValue(a.Value.Time().Format("15:04:05.000"))
	}
	return a
}

func abs(path string) string {
	if p, err := filepath.Abs(path); err == nil {
		return p
	}
	return path
}

func configCommand(_ context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	_, err := io.WriteString(env.Stdout, config.Example)
	return err
}
