package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"signet/agent/status"
)

func statusCommand(ctx context.Context, env Env, args []string) error {
	f := flags(env, "status")
	dir := f.String("dir", DefaultDir, "state folder")
	asJSON := f.Bool("json", false, "print JSON")
	rest, err := parse(f, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError(env, f, "status takes no argument")
	}
	r, err := status.Read(ctx, *dir)
	if errors.Is(err, status.ErrNotRunning) {
		return hinted{err, "start it with signet-agent run, or name its state folder with --dir"}
	}
	if err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(env.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return printStatus(env.Stdout, r)
}

func printStatus(out io.Writer, r status.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, a ...any) { fmt.Fprintf(w, "%s\t"+format+"\n", append([]any{name}, a...)...) }
	row("device", "%s", r.Device)
	if r.Owner == "" {
		row("owner", "none")
	} else {
		row("owner", "%s, epoch %d, policy %d", r.Owner, r.Epoch, r.Policy)
	}
	row("running", "%v, version %s", time.Since(r.Since).Round(time.Second), r.Version)
	c := r.Camera
	if c.Error != "" {
		row("camera", "none: %s", c.Error)
	} else {
		row("camera", "%s (%s), %s %dx%d at %.4g/s, %d frames", c.Name, c.Driver, c.Format, c.Width, c.Height, c.FPS, c.Frames)
	}
	for reason, n := range r.Dropped {
		row("", "%d frames dropped: %s", n, reason)
	}
	if r.Uplink.Connected {
		row("uplink", "connected, %d clip parts to upload", r.Uplink.Media)
	} else {
		row("uplink", "not connected: %s; %d clip parts to upload", r.Uplink.Error, r.Uplink.Media)
	}
	row("spool", "%d records without receipt, %d bytes, last %s", r.Spool.Pending, r.Spool.Bytes, r.Spool.Last)
	row("records", "%d made, %d refused by the cloud, %d dropped, %d wait for room, %d let go, %d failed",
		r.Recorded, r.Spool.Refused, r.Spool.Dropped, r.Waiting, r.LetGo, r.Failed)
	row("viewers", "%d", r.Viewers)
	return w.Flush()
}
