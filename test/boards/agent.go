package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"signet/agent/status"
	"signet/test/boards/board"
)

// vividCamera is the configuration of vivid as the agent's camera: small, for what a picture costs on an emulated
// processor.
const vividCamera = `[[camera]]
source = "/dev/video0"
name = "vivid"
width = 320
height = 180
fps = 5

[event]
pre_roll = "1s"
post_roll = "3s"

[clip]
part = "2s"
`

// agentOnVivid starts the agent on a board with a virtual camera, and waits until it sees and is connected.
func (b *bench) agentOnVivid(ctx context.Context, s *site, on *board.Board) (*board.Program, error) {
	if err := on.Load(ctx, "vivid", "n_devs=1", "node_types=0x1"); err != nil {
		return nil, err
	}
	for _, control := range [][2]string{
		{"OSD Text Mode", "2"}, // none: it changes in each frame
		{"Test Pattern", "19"}, // a cross of lines that are ten pixels wide
	} {
		if _, err := on.Output(ctx, "guest", "control", "-device", camera0, control[0], control[1]); err != nil {
			return nil, err
		}
	}
	agent, err := on.Start(ctx, filepath.Join(b.Dir, "agent.log"), "signet-agent", "run", "--config", configFile)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, text := range []string{"driver=vivid", "uplink: connected"} {
		if _, err := agent.Await(ctx, text); err != nil {
			return nil, fmt.Errorf("%w; it says %q", err, agent.Lines())
		}
	}
	// It learns what the picture is like when nothing moves.
	_, err = awaitStatus(ctx, on, 30*time.Second, "has looked for a while", func(r status.Report) bool {
		return len(r.Cameras) > 0 && r.Cameras[0].Frames >= 12
	})
	return agent, err
}

// awaitStatus polls a board's agent until it says what is wanted. A board that is too busy to answer is asked again.
func awaitStatus(ctx context.Context, on *board.Board, within time.Duration, what string, wanted func(status.Report) bool) (status.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		r, err := agentStatus(ctx, on)
		if err == nil && wanted(r) {
			return r, nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return r, errors.Join(fmt.Errorf("wait for an agent that %s: %w; it says %+v", what, ctx.Err(), r), err)
		}
	}
}

// agentStatus asks a board's agent what it does.
func agentStatus(ctx context.Context, on *board.Board) (r status.Report, err error) {
	out, err := on.Output(ctx, "signet-agent", "status", "--dir", stateDir, "--json")
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(out), &r)
}

// stir lets the upright line of vivid's cross walk through the picture until stop is called.
func stir(ctx context.Context, on *board.Board) (stop func(), err error) {
	const still, right = "3", "5"
	set := func(value string) error {
		_, err := on.Output(ctx, "guest", "control", "-device", camera0, "Horizontal Movement", value)
		return err
	}
	return func() { _ = set(still) }, set(right)
}

// wholeEvent lets something move, and follows it into the owner's hands.
func (s *site) wholeEvent(ctx context.Context, b *bench, on *board.Board) error {
	stop, err := stir(ctx, on)
	if err != nil {
		return err
	}
	_, err = s.awaitEvent(ctx, 20*time.Second, "runs", func(e listed) bool { return e.State == "running" && e.Parts > 0 })
	stop()
	if err != nil {
		return err
	}
	e, err := s.awaitEvent(ctx, 30*time.Second, "has ended", func(e listed) bool { return e.State == "ended" })
	if err != nil {
		return err
	}
	b.say("the owner sees %+v", e)
	if !e.Verified || e.Problem != "" || e.Forked || e.Missing > 0 || e.Reason != "motion" {
		return fmt.Errorf("the owner sees %+v", e)
	}
	// The last parts of its clip come after the record of its end.
	for limit := time.Now().Add(20 * time.Second); ; {
		err := s.openEvent(ctx, b, e)
		parts, _ := s.opened(e, "part*.age")
		if err == nil && len(parts) == e.Parts {
			return nil
		}
		if time.Now().After(limit) {
			return errors.Join(fmt.Errorf("%d of %d parts are there", len(parts), e.Parts), err)
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// openEvent decrypts an event, when all of its clip has come, and verifies what it is made of again, from files alone.
func (s *site) openEvent(ctx context.Context, b *bench, e listed) error {
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(300 * time.Millisecond) {
		err := s.tryToOpen(ctx, b, e)
		if err == nil || time.Now().After(limit) || ctx.Err() != nil {
			return err
		}
	}
}

func (s *site) tryToOpen(ctx context.Context, b *bench, e listed) error {
	said, err := s.command(ctx, "signet-owner", "open", e.Event, "--dir", s.Path("owner"), "-o", s.Path("opened-"+e.Event), "--ciphertext")
	if err != nil {
		return err
	}
	if strings.Contains(said, "did not arrive yet") {
		return fmt.Errorf("the clip is not whole: %s", said)
	}
	for line := range strings.Lines(said) {
		b.say("%s", strings.TrimSpace(line))
	}
	for _, name := range []string{"thumbnail.jpg", "clip.mp4", "*.cose"} {
		files, err := s.opened(e, name)
		if err != nil || len(files) == 0 {
			return errors.Join(fmt.Errorf("opened event has no %s", name), err)
		}
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.Size() == 0 {
				return errors.Join(fmt.Errorf("%s of the opened event is empty", f), err)
			}
		}
	}
	records, err := s.opened(e, "*.cose")
	if err != nil {
		return err
	}
	_, err = s.command(ctx, "signet-owner", append([]string{"verify", "--dir", s.Path("owner")}, records...)...)
	return err
}

// opened returns the files of an event that was opened.
func (s *site) opened(e listed, pattern string) ([]string, error) {
	return filepath.Glob(filepath.Join(s.Path("opened-"+e.Event), pattern))
}
