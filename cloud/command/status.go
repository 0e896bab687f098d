package command

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"signet/cloud"
	"signet/cloud/deliver"
	"signet/internal/cli"
)

var errNotRunning = errors.New("no cloud runs in this folder")

func status(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	asJSON := f.Bool("json", false, "print JSON")
	if err := parse(f, args, dir); err != nil {
		return err
	}
	var s cloud.Status
	raw, err := ask(ctx, *dir, "/status", &s)
	if err != nil {
		return err
	}
	if *asJSON {
		_, err := env.Stdout.Write(raw)
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	row := func(name string, v any) { fmt.Fprintf(w, "%s\t%v\n", name, v) }
	row("up", s.Up)
	row("cameras", s.MQTT)
	row("owners", "https://"+s.HTTPS)
	row("online", s.Cameras)
	row("bound", s.Bound)
	row("waiting", s.Waiting)
	for _, r := range slices.Sorted(maps.Keys(s.Quarantined)) {
		row("quarantined: "+r, s.Quarantined[r])
	}
	row("given out", s.Accesses)
	row("connections refused", s.Refused)
	row("handshakes shed", s.Shed)
	return w.Flush()
}

func report(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir := dirFlag(f)
	limit := f.Uint("limit", 100, "the `N` newest rows")
	if err := parse(f, args, dir); err != nil {
		return err
	}
	var rows []deliver.Access
	if _, err := ask(ctx, *dir, "/access?limit="+strconv.FormatUint(uint64(*limit), 10), &rows); err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "AT\tOWNER\tSESSION\tFROM\tWHAT\tRECORDS\tOF")
	for _, a := range rows {
		var seqs []string
		for _, s := range a.Seqs {
			if s[0] == s[1] {
				seqs = append(seqs, strconv.FormatUint(s[0], 10))
			} else {
				seqs = append(seqs, fmt.Sprintf("%d-%d", s[0], s[1]))
			}
		}
		of := a.Device
		if a.Media != "" {
			of = a.Media[:min(8, len(a.Media))]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.At.UTC().Format(time.RFC3339), a.Owner[:min(8, len(a.Owner))], a.Session, a.Addr, a.What, strings.Join(seqs, ","), of)
	}
	return w.Flush()
}

// ask asks the running cloud on the socket of its state folder.
func ask(ctx context.Context, dir, path string, v any) ([]byte, error) {
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", cloud.Socket(dir))
	}}
	defer tr.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://cloud"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", dir, errNotRunning)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", dir, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s: %s", dir, strings.TrimSpace(string(b)))
	}
	if err := json.Unmarshal(b, v); err != nil {
		return nil, fmt.Errorf("ask %s: %w", dir, err)
	}
	return b, nil
}
