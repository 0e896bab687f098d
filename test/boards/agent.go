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
	"signet/certs"
	"signet/test/boards/board"
)

// agentScenarios run the shipped agent on a board, with its state on a disk, against a cloud and an owner on the host.
func agentScenarios() []scenario {
	return []scenario{
		{board: board.Generic, driver: "vivid", name: "the agent's event reaches its owner; power is cut in the next", alone: true, run: powerCut},
	}
}

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

// powerCut follows an event from the driver to its owner, cuts the power in the middle of the next one and starts the
// board anew with the same disk.
func powerCut(ctx context.Context, b *bench) error {
	s, err := b.newSite(ctx)
	if err != nil {
		return err
	}
	disk := filepath.Join(b.Dir, "disk")
	if err := board.MakeDisk(ctx, disk); err != nil {
		return err
	}
	one, err := b.boot(ctx, board.Generic, "first", disk)
	if err != nil {
		return err
	}
	if err := errors.Join(s.enrol(ctx, one), s.configure(ctx, one, vividCamera)); err != nil {
		return err
	}
	if _, err := b.agentOnVivid(ctx, s, one); err != nil {
		return err
	}
	if err := s.wholeEvent(ctx, b, one); err != nil {
		return err
	}
	before, err := s.cutInEvent(ctx, b, one)
	if err != nil {
		return err
	}
	two, err := b.boot(ctx, board.Generic, "second", disk)
	if err != nil {
		return err
	}
	if _, err := b.agentOnVivid(ctx, s, two); err != nil {
		return err
	}
	return s.nothingLost(ctx, b, two, before)
}

// agentOnVivid starts the agent on a board with a virtual camera, and waits until it sees and is connected.
func (b *bench) agentOnVivid(ctx context.Context, s *site, on *board.Board) (*board.Program, error) {
	if err := on.Load(ctx, "vivid", "n_devs=1", "node_types=0x1"); err != nil {
		return nil, err
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

// awaitStatus polls a board's agent until it says what is wanted.
func awaitStatus(ctx context.Context, on *board.Board, within time.Duration, what string, wanted func(status.Report) bool) (status.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		r, err := agentStatus(ctx, on)
		if err != nil || wanted(r) {
			return r, err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return r, fmt.Errorf("wait for an agent that %s: %w; it says %+v", what, ctx.Err(), r)
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

// stir makes vivid's picture move until stop is called: a square comes and goes.
func stir(ctx context.Context, on *board.Board) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 1; ctx.Err() == nil && on.Alive(); i++ {
			_, _ = on.Run(ctx, "guest", "control", "-device", camera0, "Show Square", fmt.Sprint(i%2))
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// wholeEvent lets something move, and follows it into the owner's hands.
func (s *site) wholeEvent(ctx context.Context, b *bench, on *board.Board) error {
	stop := stir(ctx, on)
	_, err := s.awaitEvent(ctx, 20*time.Second, "runs", func(e listed) bool { return e.State == "running" && e.Parts > 0 })
	stop()
	if err != nil {
		return err
	}
	e, err := s.awaitEvent(ctx, 20*time.Second, "has ended", func(e listed) bool { return e.State == "ended" })
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

// cut is what stood when the power was cut.
type cut struct {
	event    listed
	uploaded int            // parts of its clip
	records  []record       // that the owner had
	promised certs.Position // the last one that was safe on the disk; the cloud has not seen it
}

// cutInEvent ends the cloud while something moves, and cuts the power when there are records that only the board has.
func (s *site) cutInEvent(ctx context.Context, b *bench, on *board.Board) (c cut, err error) {
	stored := s.stored.Load()
	stop := stir(ctx, on)
	defer stop()
	if c.event, err = s.awaitEvent(ctx, 30*time.Second, "runs, two parts uploaded", func(e listed) bool {
		return e.State == "running" && s.stored.Load() >= stored+2
	}); err != nil {
		return c, err
	}
	if c.records, err = s.records(ctx); err != nil {
		return c, err
	}
	s.Cloud.Kill()
	c.uploaded = int(s.stored.Load() - stored)
	r, err := awaitStatus(ctx, on, 30*time.Second, "keeps two records for the cloud", func(r status.Report) bool { return r.Spool.Pending >= 2 })
	on.Cut()
	if err != nil {
		return c, err
	}
	if _, err := fmt.Sscanf(r.Spool.Last, "%d.%d", &c.promised.Boot, &c.promised.N); err != nil {
		return c, fmt.Errorf("last position %q: %w", r.Spool.Last, err)
	}
	if n := uint64(len(c.records)); c.promised.N <= n {
		return c, fmt.Errorf("the owner has %d records, and %v is the last", n, c.promised)
	}
	b.say("power is cut: %d records delivered, %v promised, %d parts uploaded", len(c.records), c.promised, c.uploaded)
	return c, s.StartCloud(ctx)
}

// nothingLost waits until the board has sent what it had, and compares.
func (s *site) nothingLost(ctx context.Context, b *bench, on *board.Board, before cut) error {
	if out, err := on.Output(ctx, "dmesg"); err != nil {
		return err
	} else if !strings.Contains(out, "EXT4-fs") || !strings.Contains(out, "recovery complete") {
		return fmt.Errorf("the file system did not recover: the kernel says\n%s", out)
	}
	all, err := s.awaitRecord(ctx, 30*time.Second, certs.Position{Boot: before.promised.Boot + 1, N: 1}, before.promised)
	if err != nil {
		return err
	}
	if err := compare(before, all); err != nil {
		return err
	}
	e, err := s.awaitEvent(ctx, 20*time.Second, "was interrupted", func(e listed) bool { return e.Event == before.event.Event && e.State == "interrupted" })
	if err != nil {
		return err
	}
	if !e.Verified || e.Forked || e.Problem != "" {
		return fmt.Errorf("before the cut the owner saw %+v, now %+v", before.event, e)
	}
	if err := s.openEvent(ctx, b, e); err != nil {
		return err
	}
	parts, err := s.opened(e, "part*.age")
	if err != nil || len(parts) < before.uploaded {
		return errors.Join(fmt.Errorf("%d parts of the clip are there, %d were uploaded before the cut", len(parts), before.uploaded), err)
	}
	b.say("%d records, each once; of the interrupted event's %d parts %d are there", len(all), e.Parts, len(parts))
	return nil
}

// awaitRecord waits until all these positions are delivered, and returns all records then.
func (s *site) awaitRecord(ctx context.Context, within time.Duration, wanted ...certs.Position) ([]record, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		all, err := s.records(ctx)
		if err != nil {
			return nil, err
		}
		missing := wanted
		for _, r := range all {
			missing = without(missing, r.Position)
		}
		if len(missing) == 0 {
			return all, nil
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return nil, fmt.Errorf("records %v do not arrive: %w", missing, ctx.Err())
		}
	}
}

func without(all []certs.Position, one certs.Position) (rest []certs.Position) {
	for _, p := range all {
		if p != one {
			rest = append(rest, p)
		}
	}
	return rest
}

// compare says what is wrong with the records after a cut: nothing that was promised may be missing, nothing be there
// twice, and what the owner had stays as it was.
func compare(before cut, after []record) error {
	at := map[certs.Position]string{}
	for _, r := range after {
		if _, ok := at[r.Position]; ok {
			return fmt.Errorf("record %v is delivered twice", r.Position)
		}
		at[r.Position] = r.bytes
	}
	for n := uint64(1); n <= before.promised.N; n++ {
		if p := (certs.Position{Boot: before.promised.Boot, N: n}); at[p] == "" {
			return fmt.Errorf("record %v is lost, %v was promised", p, before.promised)
		}
	}
	for _, r := range before.records {
		if at[r.Position] != r.bytes {
			return fmt.Errorf("record %v is not the one that the owner had", r.Position)
		}
	}
	return nil
}
