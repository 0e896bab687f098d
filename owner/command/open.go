package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"signet/certs"
	"signet/internal/cli"
	"signet/owner/client"
	"signet/owner/events"
)

func (p Parts) runOpen(ctx context.Context, env cli.Env, f *flag.FlagSet, args []string) error {
	dir, cloud := dirFlag(f), cloudFlags(f)
	out := f.String("o", "", "folder `DIR` to write to (default: one named after the event, here)")
	ciphertext := f.Bool("ciphertext", false, "also write the records, certificates and age files as they came")
	rest, err := cli.Parse(f, args, 1)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return cli.WithHint(cli.Misuse(f, "name one event"), "signet-owner list shows them; latest is the newest")
	}
	if !isEventName(rest[0]) {
		return cli.WithHint(cli.Misuse(f, "%q is neither an event id, four or more digits of one, nor latest", rest[0]), "signet-owner list shows them")
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
	set, err := events.Load(ctx, s.client, s.gate, func(set *events.Set) bool { return rest[0] == "latest" && len(set.Events()) > 1 })
	if err != nil {
		return err
	}
	ev, err := pickEvent(set, rest[0])
	if err != nil {
		return err
	}
	to := *out
	if to == "" {
		to = ev.ID.String()
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	w := &writer{session: s, out: env.Stdout, join: p.Join, dir: to, ciphertext: *ciphertext}
	return w.event(ctx, ev)
}

// isEventName tells what can be no event before the cloud is asked.
func isEventName(s string) bool {
	return s == "latest" || len(s) >= 4 && len(s) <= 36 && strings.Trim(s, "0123456789abcdef-") == ""
}

func pickEvent(set *events.Set, name string) (*events.Event, error) {
	all := set.Events()
	if name == "latest" {
		if len(all) == 0 {
			return nil, cli.WithHint(errors.New("there are no events yet"), "signet-owner list says what was received and refused")
		}
		return all[0], nil
	}
	var found []*events.Event
	for _, ev := range all {
		if strings.HasPrefix(ev.ID.String(), name) {
			found = append(found, ev)
		}
	}
	switch len(found) {
	case 0:
		return nil, cli.WithHint(fmt.Errorf("no event of yours begins with %s", name), "signet-owner list shows them")
	case 1:
		return found[0], nil
	}
	return nil, cli.WithHint(fmt.Errorf("%d events begin with %s", len(found), name), "give more digits, such as "+found[0].ID.String())
}

// writer writes one event to a folder. What is in clear is readable by its user only.
type writer struct {
	*session
	out        io.Writer
	join       func(io.Writer, ...[]byte) error
	dir        string
	ciphertext bool
}

func (w *writer) put(name string, b []byte) error {
	return certs.WriteFile(filepath.Join(w.dir, name), b, 0o600)
}

func (w *writer) say(format string, args ...any) { fmt.Fprintf(w.out, format+"\n", args...) }

func (w *writer) event(ctx context.Context, ev *events.Event) error {
	facts, err := ev.OpenFacts(ctx, w.client, w.opens...)
	if err != nil {
		w.say("facts: %s", printable(err.Error()))
	}
	start, _ := ev.Start()
	w.say("event %s, %s, %s, %s, clip %s", ev.ID, w.cameraName(ev.Device, facts, nil), start.Local().Format("2006-01-02 15:04:05"), length(ev.Length(facts)), length(ev.ClipLength()))
	switch ev.State() {
	case events.Running:
		w.say("still running")
	case events.Interrupted:
		w.say("interrupted: the camera started anew, so that its end was never told")
	}
	cert := ev.Entries[len(ev.Entries)-1].Cert()
	w.say("verified: %s signed by event key %s of camera %s, certified by your key %s", plural(len(ev.Entries), "record"), cert.KeyID.Short(), ev.Device, w.owner.ID.Short())
	if ev.Forked {
		w.say("forked: the camera signed different records for one position; both are in it")
	}
	if w.ciphertext {
		if err := w.proof(ev); err != nil {
			return err
		}
		if m, ok := ev.Facts(); ok {
			if _, err := w.media(ctx, m, "facts"); err != nil && !errors.Is(err, client.ErrNotFound) {
				return err
			}
		}
	}
	if m, ok := ev.Thumbnail(); ok {
		b, err := w.media(ctx, m, "thumbnail")
		if err != nil {
			return err
		}
		if err := w.put("thumbnail.jpg", b); err != nil {
			return err
		}
		w.say("wrote %s, %d bytes", filepath.Join(w.dir, "thumbnail.jpg"), len(b))
	}
	return w.clip(ctx, ev)
}

// clip writes the parts that have arrived as one file and names those that have not.
func (w *writer) clip(ctx context.Context, ev *events.Event) error {
	var parts [][]byte
	first := ""
	missing, lost := int(min(ev.MissingParts(), 1<<20)), 0
	for _, m := range ev.Parts() {
		name := fmt.Sprintf("part%d", *m.Index)
		b, err := w.media(ctx, m, name)
		if errors.Is(err, client.ErrNotFound) {
			if ev.Lost(m) {
				lost++
			} else {
				missing++
			}
			continue
		}
		if err != nil {
			return err
		}
		parts = append(parts, b)
		first = cmp.Or(first, name)
	}
	yet, late := " yet", "did not arrive yet"
	if ev.State() == events.Interrupted {
		yet, late = "", "did not arrive before the camera started anew" // what it had put on its flash still may
	}
	if lost > 0 {
		w.say("lost: %s of the clip, given up by the camera", plural(lost, "part"))
	}
	if missing > 0 {
		w.say("%s of the clip %s", plural(missing, "part"), late)
	}
	if len(parts) == 0 {
		w.say("no clip%s", yet)
		return nil
	}
	var clip bytes.Buffer
	if err := w.join(&clip, parts...); err != nil {
		return fmt.Errorf("join clip: %w", err)
	}
	if err := w.put("clip.mp4", clip.Bytes()); err != nil {
		return err
	}
	w.say("wrote %s, %s, %d bytes", filepath.Join(w.dir, "clip.mp4"), plural(len(parts), "part"), clip.Len())
	if w.ciphertext {
		w.say("age -d -i %s -o %s.mp4 %s opens a part without Signet", w.identity, first, filepath.Join(w.dir, first+".age"))
	}
	return nil
}

// media fetches, checks, keeps where asked, and opens a piece of media.
func (w *writer) media(ctx context.Context, m events.Media, name string) ([]byte, error) {
	b, err := events.Ciphertext(ctx, w.client, m)
	if err != nil {
		return nil, err
	}
	if w.ciphertext {
		if err := w.put(name+".age", b); err != nil {
			return nil, err
		}
	}
	plain, err := m.Open(m.Media, b, w.opens...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return plain, nil
}

// proof writes what a third person needs to verify the event: the records and both certificates. record.cose is the
// newest record, the others are named by their positions.
func (w *writer) proof(ev *events.Event) error {
	last := len(ev.Entries) - 1
	for i, x := range ev.Entries {
		name := fmt.Sprintf("record-%s.cose", x.Position)
		if i == last {
			name = "record.cose"
		}
		if err := w.put(name, x.Raw); err != nil {
			return err
		}
	}
	if err := certs.WriteCert(filepath.Join(w.dir, "event.pem"), ev.Entries[last].Cert().Raw); err != nil {
		return err
	}
	if err := certs.WriteCert(filepath.Join(w.dir, "owner.pem"), w.owner.Root); err != nil {
		return err
	}
	w.say("wrote %s, event.pem, owner.pem: signet-owner verify takes them, and openssl verify -CAfile owner.pem event.pem", plural(len(ev.Entries), "record"))
	return nil
}
