package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"signet/agent/status"
	"signet/internal/cli"
)

func statusCommand(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := f.String("dir", DefaultDir, "state folder `DIR`")
	asJSON := f.Bool("json", false, "print JSON")
	if _, err := cli.Parse(f, args, 0); err != nil {
		return err
	}
	r, err := status.Read(ctx, *dir)
	if errors.Is(err, status.ErrNotRunning) || errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(err, "start it with signet-agent run, or name its state folder with --dir")
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
	trouble := func(name, what, hint string) {
		row(name, "%s", what)
		if hint != "" {
			row("", "hint: %s", hint)
		}
	}
	row("device", "%s, %s", r.Device, r.Keys)
	if r.Owner == "" {
		row("owner", "none")
		if c := r.Claim; c.State != "" {
			row("claim", "%s", claimed(c))
		}
	} else {
		row("owner", "%s, epoch %d, policy %d", r.Owner, r.Epoch, r.Policy)
	}
	if r.Former > 0 {
		row("", "what is sealed for %s goes on to them", former(r.Former))
	}
	row("running", "%v, version %s", time.Since(r.Since).Round(time.Second), r.Version)
	for i, c := range r.Cameras {
		name := "camera"
		if len(r.Cameras) > 1 {
			name = fmt.Sprintf("camera %d", i)
		}
		if c.Error != "" {
			trouble(name, called(c)+"none: "+c.Error, c.Hint)
		} else {
			row(name, "%s", called(c)+pictures(c))
		}
		for _, reason := range slices.Sorted(maps.Keys(c.Dropped)) {
			row("", "%d frames dropped: %s", c.Dropped[reason], reason)
		}
	}
	switch u := r.Uplink; {
	case u.Connected:
		row("uplink", "connected")
	case u.Error == "":
		row("uplink", "not connected yet")
	default:
		trouble("uplink", "not connected: "+u.Error, u.Hint)
	}
	row("clips", "%d parts to upload", r.Uplink.Media)
	row("spool", "%d records without receipt, %d bytes, last %s", r.Spool.Pending, r.Spool.Bytes, r.Spool.Last)
	row("records", "%d made, %d refused by the cloud, %d dropped, %d wait for room, %d let go, %d failed",
		r.Recorded, r.Spool.Refused, r.Spool.Dropped, r.Waiting, r.LetGo, r.Failed)
	row("viewers", "%d", r.Viewers)
	return w.Flush()
}

// claimed says how far the claim through the lens is.
func claimed(c status.Claim) string {
	s := c.State
	if s == "closed" {
		s = "no code is looked for; a press of the button begins it, or a restart"
	}
	if c.Until != nil {
		s += fmt.Sprintf(", for another %v", time.Until(*c.Until).Round(time.Second))
	}
	if c.Refused != "" {
		s += "; the last code was refused: " + c.Refused
	}
	return s
}

// called says which camera it is, where what follows does not.
func called(c status.Camera) string {
	switch {
	case c.Name != "":
		return c.Name + ": "
	case c.Driver == "" && c.Error == "":
		return c.Source + ": "
	}
	return ""
}

// pictures says what a camera gives.
func pictures(c status.Camera) string {
	if c.Driver == "" {
		return "not opened"
	}
	from := c.Driver
	if c.Node != "" {
		from += ", " + c.Node
	}
	rate := ""
	if c.FPS > 0 { // what a camera on the network sends, it does not say
		rate = fmt.Sprintf(" at %.4g/s", c.FPS)
	}
	return fmt.Sprintf("%s (%s), %s %dx%d%s, %d frames", c.Model, from, c.Format, c.Width, c.Height, rate, c.Frames)
}

// former counts earlier owners.
func former(n int) string {
	if n == 1 {
		return "a former owner"
	}
	return fmt.Sprintf("%d former owners", n)
}
