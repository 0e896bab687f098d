package command

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/estate"
	"signet/owner/home"
)

// holding is a session with the owner's cameras.
type holding struct {
	*session
	estate  *estate.Estate
	cameras []*estate.Camera
}

// hold opens a session and reads what the owner has. The caller closes it.
func hold(ctx context.Context, dir func() (home.Dir, error), cloud func(home.Dir) (*home.Cloud, bool, error)) (*holding, error) {
	d, o, c, err := begin(dir, cloud)
	if err != nil {
		return nil, err
	}
	s, err := newSession(d, o, c)
	if err != nil {
		return nil, err
	}
	h := &holding{session: s}
	if err := h.load(ctx, d, c); err != nil {
		s.close(ctx)
		return nil, err
	}
	return h, nil
}

func (h *holding) load(ctx context.Context, d home.Dir, c *home.Cloud) error {
	to, err := d.Recipients(h.owner)
	if err != nil {
		return err
	}
	if h.estate, err = estate.New(h.owner, to, c.CA, h.client, h.gate); err != nil {
		return err
	}
	h.cameras, err = h.estate.Cameras(ctx)
	return err
}

// name is what the owner calls a camera: on this machine, or for all of the owner's devices.
func (h *holding) name(c *estate.Camera) string {
	return printable(cmp.Or(h.names[c.Device], c.Settings().Name))
}

// pick returns the cameras that a command line means: a device id, four or more digits of one, a name, or all.
func (h *holding) pick(which string) ([]*estate.Camera, error) {
	var found []*estate.Camera
	for _, c := range h.cameras {
		id := c.Device.String()
		switch {
		case which == "all" && c.Closing == nil:
			found = append(found, c)
		case which == id || which != "" && which == h.name(c):
			return []*estate.Camera{c}, nil
		case len(which) >= 4 && strings.HasPrefix(id, which):
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 0 && which == "all":
		return nil, cli.WithHint(errors.New("no camera is yours"), "signet-owner claim takes one into possession")
	case len(found) == 0:
		return nil, cli.WithHint(fmt.Errorf("no camera of yours is called %q", printable(which)), "signet-owner cameras lists them")
	case len(found) > 1 && which != "all":
		return nil, cli.WithHint(fmt.Errorf("%d cameras begin with %s", len(found), which), "give more digits, such as "+found[0].Device.String())
	}
	return found, nil
}

// one is pick for commands that are for one camera only.
func (h *holding) one(which string) (*estate.Camera, error) {
	if which == "all" {
		return nil, cli.WithHint(errors.New("this is done for one camera at a time"), "signet-owner cameras lists them")
	}
	found, err := h.pick(which)
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// cameraRow is a camera as it is listed. State and times are the cloud's word where the camera has not said more.
type cameraRow struct {
	Device  string      `json:"device"`
	Name    string      `json:"name,omitempty"`
	Epoch   uint64      `json:"epoch"`
	State   string      `json:"state"`
	Until   string      `json:"until,omitempty"` // RFC 3339
	Key     string      `json:"event_key"`       // where it is kept, by the camera's word
	Key2    string      `json:"device_key"`      // where it is kept, by the fleet's word
	Applied uint64      `json:"policy_applied"`
	Wanted  uint64      `json:"policy_wanted"`
	Viewers []viewerRow `json:"viewers,omitempty"`

	Cameras map[uint8]settingsRow `json:"cameras,omitempty"` // what is set, by number
}

type viewerRow struct {
	Key   string `json:"key"`
	Name  string `json:"name,omitempty"`
	Clips bool   `json:"clips"`
	Live  bool   `json:"live"`
	Until string `json:"until,omitempty"` // RFC 3339
}

func (h *holding) row(c *estate.Camera) cameraRow {
	r := cameraRow{Device: c.Device.String(), Name: h.name(c), Epoch: c.Epoch, State: "owned", Applied: c.Applied, Wanted: c.Applied}
	if c.Cert != nil {
		r.Key = string(c.Cert.Level)
	}
	if c.Offer != nil {
		r.Key2 = string(c.Offer.DeviceLevel)
	}
	if c.Cloud != nil {
		r.State = printable(c.Cloud.State)
		if !c.Cloud.Until.IsZero() {
			r.Until = c.Cloud.Until.UTC().Format("2006-01-02T15:04:05Z07:00")
		}
	}
	if c.Closing != nil && r.State == "owned" {
		r.State = c.Closing.Cause.String()
	}
	if c.Policy == nil {
		return r
	}
	r.Wanted, r.Cameras = max(c.Applied, c.Policy.Version), settingsRows(c.Settings())
	for _, v := range c.Policy.Viewers {
		row := viewerRow{Key: v.Key().String(), Name: printable(c.Settings().Viewers[v.Key()]), Clips: v.Scope&certs.ScopeClips != 0, Live: v.Scope&certs.ScopeLive != 0}
		if v.Ends() {
			row.Until = v.NotAfter.UTC().Format("2006-01-02T15:04:05Z07:00")
		}
		r.Viewers = append(r.Viewers, row)
	}
	return r
}

func runCameras(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	asJSON := f.Bool("json", false, "one JSON object a line")
	if err := noArguments(f, args); err != nil {
		return err
	}
	h, err := hold(ctx, dir, cloud)
	if err != nil {
		return err
	}
	defer h.close(ctx)
	if *asJSON {
		enc := json.NewEncoder(env.Stdout)
		for _, c := range h.cameras {
			if err := enc.Encode(h.row(c)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(h.cameras) == 0 {
		fmt.Fprintln(env.Stdout, "no camera is yours yet: signet-owner claim takes one into possession")
		return nil
	}
	t := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DEVICE\tNAME\tEPOCH\tSTATE\tEVENT KEY\tPOLICY\tVIEWERS")
	for _, c := range h.cameras {
		r := h.row(c)
		policy := fmt.Sprint(r.Applied)
		if r.Wanted > r.Applied {
			policy = fmt.Sprintf("%d, %d not yet applied", r.Applied, r.Wanted)
		}
		state := r.State
		if r.Until != "" {
			state += " until " + c.Cloud.Until.Local().Format("2006-01-02 15:04")
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", r.Device, cmp.Or(r.Name, "-"), r.Epoch, state, r.Key, policy, viewers(r.Viewers))
	}
	return t.Flush()
}

func viewers(all []viewerRow) string {
	if len(all) == 0 {
		return "-"
	}
	var names []string
	for _, v := range all {
		names = append(names, cmp.Or(v.Name, v.Key[:8]))
	}
	return strings.Join(names, ", ")
}
