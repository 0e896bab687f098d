package command

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"signet/agent/config"
	"signet/capture/httpcam"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/pace"
	"signet/capture/replay"
	"signet/internal/cli"
)

// maxFPS bounds --fps, in frames per second.
const maxFPS = 1000

// showing is a recording that is replayed, and how.
type showing struct {
	path     string
	options  replay.Options
	settings moment.Settings
	list     *lister
}

func replayCommand(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	fps := f.Float64("fps", 0, fmt.Sprintf("`F` frames per second; 0: the recording's own, or %d", replay.DefaultFPS))
	asJSON := f.Bool("json", false, "print one JSON object a line for each event, and nothing of scene changes")
	cells := f.String("cells", "", "write to `OUT` which cells move, for each frame: cells W H, then bytes 0 or 1; - is standard output, without a table")
	folder := f.String("explain", "", "write to folder `DIR` pictures of how the detector saw the best frame of each event")
	var at moments
	f.Var(&at, "at", "`TIME` from the beginning, such as 12.5s: --explain the frame then, not those of events; may be repeated")
	file := f.String("config", "", "configuration `FILE` from which sensitivity, sizes and the first camera's zones are taken")
	sensitivity := f.Int("sensitivity", 0, fmt.Sprintf("`N` of the motion detector, 1 to 10; 0: as configured, or %d", motion.DefaultSensitivity))
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	show := showing{options: replay.Options{FPS: *fps, Pace: pace.Virtual}, settings: moment.DefaultSettings(), list: &lister{out: newTable(env.Stdout)}}
	if *file != "" {
		c, err := config.Load(*file)
		if err != nil {
			return err
		}
		show.settings = c.Settings()
		show.settings.Motion.Zones = c.Cameras[0].MotionZones()
	}
	show.settings.Motion.Sensitivity = cmp.Or(*sensitivity, show.settings.Motion.Sensitivity)
	switch {
	case len(rest) != 1:
		return cli.Misuse(f, "which recording?")
	case httpcam.IsAddress(rest[0]):
		return cli.Misuse(f, "a recording is a file or a folder, not an address")
	case !(*fps >= 0 && *fps <= maxFPS):
		return cli.Misuse(f, "--fps must be between 0 and %d", maxFPS)
	case *cells == "-" && *asJSON:
		return cli.Misuse(f, "--cells - and --json would both write to standard output")
	case len(at) > 0 && *folder == "":
		return cli.Misuse(f, "--at takes --explain DIR with it")
	case show.settings.Validate() != nil:
		return cli.Misuse(f, "--sensitivity must be between %d and %d", motion.MinSensitivity, motion.MaxSensitivity)
	case *asJSON:
		show.list.out = jsonLines{json.NewEncoder(env.Stdout)}
	case *cells == "-":
		show.list.out = newTable(io.Discard)
	}
	show.path = rest[0]
	skipped, err := show.run(ctx, *cells, env.Stdout)
	if err == nil && *folder != "" {
		err = show.explain(ctx, *folder, at)
	}
	if err == nil && skipped != (replay.Skipped{}) {
		fmt.Fprintf(env.Stderr, "signet-agent: passed over: %v\n", skipped)
	}
	if l := show.list; err == nil && l.torn > 0 {
		fmt.Fprintf(env.Stderr, "signet-agent: not readable: %d frames, the first: %v\n", l.torn, l.unread)
	}
	return err
}

// run replays the recording, lists what happens, and writes cells where it is told to. It returns what was passed over.
func (s *showing) run(ctx context.Context, cells string, stdout io.Writer) (skipped replay.Skipped, err error) {
	cam, err := replay.Open(ctx, s.path, s.options)
	if err != nil {
		return skipped, err
	}
	defer cam.Close()
	film := &counted{Camera: cam}
	if cells == "" {
		err = s.list.run(ctx, film, moment.Config{Settings: &s.settings})
	} else {
		err = listCells(ctx, film, s.list, &s.settings, cells, s.path, stdout)
	}
	return cam.Skipped(), err
}
