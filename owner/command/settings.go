package command

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"signet/certs"
	"signet/internal/cli"
)

// settingsRow is what is set of a camera. What is left out is as the camera's own configuration has it.
type settingsRow struct {
	Name        string    `json:"name,omitempty"`
	Records     *bool     `json:"records,omitempty"`
	Clips       *bool     `json:"clips,omitempty"`
	Live        *bool     `json:"live,omitempty"`
	Sensitivity uint64    `json:"sensitivity,omitempty"`
	MinSize     *float64  `json:"min_size,omitempty"` // percent of the picture's area
	MaxSize     float64   `json:"max_size,omitempty"`
	Zones       []zoneRow `json:"zones,omitempty"`
}

type zoneRow struct {
	Name   string       `json:"name"`
	Watch  bool         `json:"watch"`  // false: ignored
	Points [][2]float64 `json:"points"` // percent of the picture's width and height
}

func settingsRows(s *certs.Settings) map[uint8]settingsRow {
	all := make(map[uint8]settingsRow, len(s.Cameras))
	for n, c := range s.Cameras {
		r := settingsRow{
			Name: printable(c.Name), Records: c.Records, Clips: c.Clips, Live: c.Live,
			Sensitivity: c.Sensitivity, MaxSize: float64(c.MaxSize) / 100,
		}
		if c.MinSize != nil {
			r.MinSize = new(float64(*c.MinSize) / 100)
		}
		for _, z := range c.Zones {
			row := zoneRow{Name: printable(z.Name), Watch: z.Watch}
			for _, p := range z.Points {
				row.Points = append(row.Points, [2]float64{float64(p.X) / 100, float64(p.Y) / 100})
			}
			r.Zones = append(r.Zones, row)
		}
		all[n] = r
	}
	return all
}

func runSettings(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	asJSON := f.Bool("json", false, "one JSON object a line, for each device its cameras by number")
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		rest = []string{"all"}
	}
	h, err := hold(ctx, dir, cloud)
	if err != nil {
		return err
	}
	defer h.close(ctx)
	found, err := h.pick(rest[0])
	if err != nil {
		return err
	}
	enc := json.NewEncoder(env.Stdout)
	for _, c := range found {
		rows := settingsRows(c.Settings())
		if *asJSON {
			if err := enc.Encode(map[string]any{"device": c.Device.String(), "name": h.name(c), "cameras": rows}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(env.Stdout, "camera %s", c.Device)
		if name := h.name(c); name != "" {
			fmt.Fprintf(env.Stdout, ", %s", name)
		}
		fmt.Fprintln(env.Stdout)
		if len(rows) == 0 {
			fmt.Fprintln(env.Stdout, "  everything is as it is configured on the camera")
		}
		for _, n := range slices.Sorted(maps.Keys(rows)) {
			rows[n].write(env.Stdout, n)
		}
	}
	return nil
}

// write writes a camera's settings as set takes them.
func (r settingsRow) write(w io.Writer, number uint8) {
	line := func(format string, args ...any) {
		fmt.Fprintf(w, "  --camera %d "+format+"\n", append([]any{number}, args...)...)
	}
	if r.Name != "" {
		line("camera-name=%s", quoted(r.Name))
	}
	for _, b := range []struct {
		name string
		on   *bool
	}{{"records", r.Records}, {"clips", r.Clips}, {"live", r.Live}} {
		if b.on != nil {
			line("%s=%s", b.name, map[bool]string{true: "on", false: "off"}[*b.on])
		}
	}
	if r.Sensitivity != 0 {
		line("sensitivity=%d", r.Sensitivity)
	}
	if r.MinSize != nil {
		line("min-size=%v", *r.MinSize)
	}
	if r.MaxSize != 0 {
		line("max-size=%v", r.MaxSize)
	}
	for _, z := range r.Zones {
		corners := make([]string, len(z.Points))
		for i, p := range z.Points {
			corners[i] = fmt.Sprintf("%v,%v", p[0], p[1])
		}
		line("--zone %s", quoted(z.Name+":"+map[bool]string{true: "watch", false: "ignore"}[z.Watch]+":"+strings.Join(corners, " ")))
	}
}

// quoted makes one word of text for a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
