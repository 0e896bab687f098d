package command

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/events"
	"signet/owner/verify"
)

// row is an event as it is listed. Every row was verified: there are no others.
type row struct {
	Event    string       `json:"event"`
	Device   string       `json:"device"`
	Camera   string       `json:"camera"`
	Number   uint64       `json:"camera_number"` // of the device's cameras, from 0
	Start    string       `json:"start"`         // RFC 3339
	Clock    string       `json:"clock"`         // how good the camera's clock was
	State    events.State `json:"state"`
	Seconds  float64      `json:"seconds"` // of the motion; without an end, as far as is known
	Reason   string       `json:"reason,omitempty"`
	Score    *float64     `json:"score,omitempty"` // 0 to 1
	Parts    int          `json:"parts"`
	Missing  uint64       `json:"missing_parts,omitempty"`
	Forked   bool         `json:"forked,omitempty"`
	Problem  string       `json:"problem,omitempty"` // why the facts could not be opened
	Verified bool         `json:"verified"`

	start  time.Time
	lasted time.Duration // Seconds
	key    events.Key
}

var clocks = map[certs.WallQuality]string{certs.WallUnknown: "unknown", certs.WallRTC: "rtc", certs.WallSynchronised: "synchronised"}

func runList(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	asJSON := f.Bool("json", false, "one JSON object a line")
	n := f.Int("n", 20, "the `N` newest events")
	if err := noArguments(f, args); err != nil {
		return err
	}
	if *n < 1 {
		return cli.Misuse(f, "-n must be 1 or more")
	}
	d, o, c, err := begin(dir, cloud)
	if err != nil {
		return err
	}
	s, err := newSession(d, o, c)
	if err != nil {
		return err
	}
	defer s.close(ctx)
	s.learnNames(ctx)
	// One event more than is shown: that one may go on in older records.
	set, err := events.Load(ctx, s.client, s.gate, func(set *events.Set) bool { return len(set.Events()) > *n })
	if err != nil {
		return err
	}
	all := set.Events()
	all = all[:min(*n, len(all))]
	rows, err := s.rows(ctx, all)
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(env.Stdout)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		explain(env.Stderr, set)
		return nil
	}
	printRows(env.Stdout, rows)
	explain(env.Stdout, set)
	return nil
}

// rows opens the facts of each event. Facts that are missing or do not open are no reason to hide a verified event.
func (s *session) rows(ctx context.Context, all []*events.Event) ([]row, error) {
	var rows []row
	known := cameras{}
	told := make([]*certs.Facts, len(all))
	for i, ev := range all {
		facts, err := ev.OpenFacts(ctx, s.client, s.opens...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		start, quality := ev.Start()
		lasted := ev.Length(facts)
		r := row{
			Event: ev.ID.String(), Device: ev.Device.String(),
			Start: start.UTC().Format(time.RFC3339Nano), Clock: clocks[quality], State: ev.State(), Seconds: lasted.Seconds(),
			Parts: len(ev.Parts()), Missing: ev.MissingParts(), Forked: ev.Forked, Verified: true, start: start, lasted: lasted, key: ev.Key,
		}
		if err != nil {
			r.Problem = printable(err.Error())
		}
		if facts != nil {
			r.Reason = printable(facts.Reason)
			if facts.Score != nil {
				score := float64(*facts.Score) / 1000
				r.Score = &score
			}
		}
		known.add(ev.Device, facts)
		told[i] = facts
		rows = append(rows, r)
	}
	for i, ev := range all {
		rows[i].Camera = s.cameraName(ev.Device, told[i], known)
		if f := told[i]; f != nil && f.Camera != nil {
			rows[i].Number = f.Camera.Number
		}
	}
	return rows, nil
}

func printRows(w io.Writer, rows []row) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "no events yet")
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TIME\tCAMERA\tLENGTH\tWHY\tSCORE\tPARTS\tVERIFIED\tEVENT")
	ids := shortIDs(rows)
	for i, r := range rows {
		at := r.start.Local().Format("2006-01-02 15:04:05")
		if r.Clock == "unknown" {
			at += "?"
		}
		lasted := length(r.lasted)
		switch r.State {
		case events.Running:
			lasted += " so far"
		case events.Interrupted:
			lasted += ", interrupted"
		}
		score := "-"
		if r.Score != nil {
			score = fmt.Sprintf("%.2f", *r.Score)
		}
		why := r.Reason
		if r.Problem != "" {
			why = "(facts do not open: " + r.Problem + ")"
		}
		parts := fmt.Sprint(r.Parts)
		if r.Missing > 0 {
			parts += fmt.Sprintf(" of %d", uint64(r.Parts)+r.Missing)
		}
		verified := "yes"
		if r.Forked {
			verified = "forked"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", at, r.Camera, lasted, why, score, parts, verified, ids[i])
	}
	t.Flush()
}

// shortIDs returns prefixes that tell the events apart; 13 characters are the time part of an id.
func shortIDs(rows []row) []string {
	for n := 13; ; n++ {
		seen := map[string]bool{}
		var ids []string
		for _, r := range rows {
			ids = append(ids, r.Event[:min(n, len(r.Event))])
			seen[ids[len(ids)-1]] = true
		}
		if len(seen) == len(rows) || n >= 36 {
			return ids
		}
	}
}

// explain says what was verified, and what is not shown and why.
func explain(w io.Writer, set *events.Set) {
	records, cameras := set.Records()
	fmt.Fprintf(w, "%s of %s verified: signed by your cameras, for you.\n", plural(records, "record"), plural(cameras, "camera"))
	refused := set.Refused()
	total := 0
	for _, n := range refused {
		total += n
	}
	if total == 0 {
		return
	}
	fmt.Fprintf(w, "%s refused and not shown:\n", plural(total, "item"))
	for _, r := range slices.Sorted(maps.Keys(refused)) {
		fmt.Fprintf(w, "  %d × %s: %s\n", refused[r], r, verify.Reason(r).Explain())
	}
}
