package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"signet/agent/status"
	"signet/certs"
	"signet/test/boards/board"
)

// powerScenarios run the shipped agent on a board, with its state on a disk, against a cloud and an owner on the host, and
// cut the power in the middle of an event.
func powerScenarios() []scenario {
	return []scenario{
		{board: board.Generic, driver: "vivid", name: "the agent's event reaches its owner; power is cut in the next", alone: true, run: powerCut},
		{board: board.Pi, driver: "uvcvideo", name: "power is cut in an event, with the state on an SD card", alone: true, run: powerCutOnPi},
	}
}

// powerCut follows an event from the driver to its owner, cuts the power in the middle of the next one and starts the
// board anew with the same disk.
func powerCut(ctx context.Context, b *bench) error {
	s, one, disk, err := b.newBoard(ctx, board.Generic, vividCamera)
	if err != nil {
		return err
	}
	if _, err := b.agentOnVivid(ctx, s, one); err != nil {
		return err
	}
	if err := s.wholeEvent(ctx, b, one); err != nil {
		return err
	}
	before, err := s.cutInEvent(ctx, b, one, func() (func(), error) { return stir(ctx, one) })
	if err != nil {
		return err
	}
	two, err := b.boot(ctx, board.Generic, "second", disk)
	if err != nil {
		return err
	}
	agent, err := b.agentOnVivid(ctx, s, two)
	if err != nil {
		return err
	}
	if err := s.nothingLost(ctx, b, two, before); err != nil {
		return err
	}
	if code, err := agent.Stop(ctx); err != nil || code != 0 {
		return errors.Join(fmt.Errorf("the agent was told to end and did with exit status %d: %q", code, agent.Lines()), err)
	}
	return nil
}

// slowFilm lets one event go on while the film plays, and its parts be so small that the board, whose network is on an
// emulated USB bus, keeps up.
const slowFilm = "[event]\npre_roll = \"1s\"\npost_roll = \"5s\"\n\n[clip]\npart = \"2s\"\nmax_fps = 2\n\n"

// powerCutOnPi does so with a webcam that plays a film, on a board that does not know the time.
func powerCutOnPi(ctx context.Context, b *bench) error {
	s, one, disk, err := b.newBoard(ctx, board.Pi, slowFilm+cameraTable(webcam0))
	if err != nil {
		return err
	}
	w, err := b.agentOnWebcam(ctx, s, one)
	if err != nil {
		return err
	}
	before, err := s.cutInEvent(ctx, b, one, func() (func(), error) { return func() {}, w.play(ctx, w.cams[0]) })
	if err != nil {
		return err
	}
	two, err := b.boot(ctx, board.Pi, "second", disk)
	if err != nil {
		return err
	}
	if _, err := b.agentOnWebcam(ctx, s, two); err != nil {
		return err
	}
	return s.nothingLost(ctx, b, two, before)
}

// newBoard boots a board with a new disk, enrolled at a new site.
func (b *bench) newBoard(ctx context.Context, kind board.Kind, config string) (s *site, on *board.Board, disk string, err error) {
	if s, err = b.newSite(ctx); err != nil {
		return nil, nil, "", err
	}
	disk = filepath.Join(b.Dir, "disk")
	if err = board.MakeDisk(ctx, disk); err != nil {
		return nil, nil, "", err
	}
	if on, err = b.boot(ctx, kind, "first", disk); err != nil {
		return nil, nil, "", err
	}
	return s, on, disk, errors.Join(s.enrol(ctx, on), s.configure(ctx, on, config))
}

// agentOnWebcam plugs a webcam in and starts the agent on it.
func (b *bench) agentOnWebcam(ctx context.Context, s *site, on *board.Board) (*watched, error) {
	cam, err := b.plugIn(ctx, on, "cam0", "-footage", boardFilm, "-hold", "-formats", "mjpeg")
	if err != nil {
		return nil, err
	}
	w := &watched{site: s, bench: b, on: on, cams: []*webcam{cam}}
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	return w, w.said(ctx, 1, "msg=camera ", 30*time.Second)
}

// cut is what stood when the power was cut.
type cut struct {
	event    listed
	uploaded int            // parts of its clip
	records  []record       // that the owner had
	promised certs.Position // the last one that was safe on the disk; the cloud has not seen it
}

// cutInEvent lets something move, ends the cloud, and cuts the power when there are records that only the board has.
func (s *site) cutInEvent(ctx context.Context, b *bench, on *board.Board, move func() (stop func(), err error)) (c cut, err error) {
	stop, err := move()
	if err != nil {
		return c, err
	}
	defer stop()
	if c.event, err = s.awaitEvent(ctx, 30*time.Second, "runs, two parts uploaded", func(e listed) bool {
		n, err := s.uploaded(ctx, e)
		return e.State == "running" && err == nil && n >= 2
	}); err != nil {
		return c, err
	}
	if c.records, err = s.records(ctx); err != nil {
		return c, err
	}
	if c.uploaded, err = s.uploaded(ctx, c.event); err != nil {
		return c, err
	}
	s.Cloud.Kill()
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
