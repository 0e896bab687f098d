package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"signet/test/boards/board"
	"signet/test/boards/debian"
)

// scenario is something that is tried on a board.
type scenario struct {
	board  board.Kind
	driver string // of the camera that it is about
	name   string
	alone  bool // it boots and breaks boards of its own; the others share one
	run    func(context.Context, *bench) error
}

func (s scenario) String() string { return fmt.Sprintf("%s/%s/%s", s.board, s.driver, s.name) }

// bench is what a scenario works with.
type bench struct {
	*board.Board        // the shared one; nil if the scenario is alone
	Dir          string // for its files; kept if it fails

	lab     *lab
	say     func(format string, a ...any)
	boards  []*board.Board
	cleanup []func()
}

// after lets f be called when the scenario has ended, the last one first.
func (b *bench) after(f func()) { b.cleanup = append(b.cleanup, f) }

// boot boots a board for this scenario alone. It is closed after the scenario.
func (b *bench) boot(ctx context.Context, kind board.Kind, name, disk string) (*board.Board, error) {
	new, err := b.lab.boot(ctx, kind, b.Dir, name, disk)
	if err != nil {
		return nil, err
	}
	b.say("%s booted in %.1f s", kind, new.Took.Seconds())
	b.boards = append(b.boards, new)
	return new, nil
}

// lab has what all boards are made of.
type lab struct {
	dir      string // for what scenarios share
	system   debian.Root
	programs map[string]string // for the boards
	host     string            // folder of the programs for this machine
}

func (l *lab) boot(ctx context.Context, kind board.Kind, dir, name, disk string) (*board.Board, error) {
	o := board.Options{System: l.system, Dir: dir, Name: name, Programs: l.programs, Disk: disk}
	switch kind {
	case board.Generic:
		o.Later = []string{"vivid", "tpm_vtpm_proxy"}
	case board.Pi:
		o.Modules = []string{"uvcvideo", "vhci-hcd"}
	}
	return board.Boot(ctx, kind, o)
}

// options of a run.
type options struct {
	dir           string
	match         interface{ MatchString(string) bool }
	verbose, keep bool
}

// How long a scenario may take, with the boots that it makes, and all of them. On two processors that nobody else uses
// all take less than five minutes.
const (
	limit    = 3 * time.Minute
	limitAll = 20 * time.Minute
)

// run runs the scenarios: those of a kind of board one after the other, the kinds beside each other.
func run(ctx context.Context, o options, ldflags string) error {
	ctx, cancel := context.WithTimeout(ctx, limitAll)
	defer cancel()
	all := slices.DeleteFunc(scenarios(), func(s scenario) bool { return !o.match.MatchString(s.String()) })
	if len(all) == 0 {
		return fmt.Errorf("no test has such a name")
	}
	log := io.Writer(os.Stdout)
	system, err := debian.Get(ctx, filepath.Join(o.dir, "debian"), log)
	if err != nil {
		return err
	}
	bin := filepath.Join(o.dir, "bin")
	programs, err := build(ctx, bin,
		program{"guest", "./test/boards/guest", "-s -w"},
		program{"usbcam", "./test/boards/usbcam", "-s -w"},
		program{"signet-agent", "./agent/signet-agent", ldflags})
	if err != nil {
		return err
	}
	host := filepath.Join(bin, "host")
	if err := buildHost(ctx, host, ldflags); err != nil {
		return err
	}
	l := &lab{o.dir, system, programs, host}
	if programs[filepath.Base(boardFilm)], err = l.film(ctx); err != nil { // no program, but it goes the same way
		return err
	}
	t := newTable(os.Stdout, all)
	t.title("Linux " + system.Version)
	var kinds sync.WaitGroup
	for _, kind := range []board.Kind{board.Generic, board.Pi} {
		kinds.Go(func() { l.runKind(ctx, kind, all, o, t) })
	}
	kinds.Wait()
	return t.end(ctx)
}

// runKind runs the scenarios of a kind of board.
func (l *lab) runKind(ctx context.Context, kind board.Kind, all []scenario, o options, t *table) {
	var shared *board.Board
	defer func() {
		if shared != nil {
			shared.Close()
		}
	}()
	for _, s := range all {
		if s.board != kind || ctx.Err() != nil {
			continue
		}
		dir := filepath.Join(o.dir, "run", string(s.board), s.driver+"-"+file(s.name))
		start := time.Now()
		b := &bench{Dir: dir, lab: l, say: func(string, ...any) {}}
		if o.verbose {
			b.say = func(format string, a ...any) { t.note(s, fmt.Sprintf(format, a...)) }
		}
		err := fresh(dir)
		if s.alone && shared != nil { // two boards at a time are enough for a host of two processors
			shared.Close()
			shared = nil
		}
		if err == nil && !s.alone {
			if shared == nil || !shared.Alive() {
				shared, err = l.boot(ctx, kind, filepath.Dir(dir), "shared", "")
				if err == nil {
					t.booted(kind, shared.Took)
				}
				start = time.Now()
			}
			b.Board = shared
		}
		if err == nil {
			err = b.try(ctx, s)
		}
		if ctx.Err() != nil { // it was told to end
			return
		}
		t.row(s, time.Since(start), err)
		if err == nil && !o.keep {
			os.RemoveAll(dir)
		}
	}
}

// try runs a scenario in its time.
func (b *bench) try(ctx context.Context, s scenario) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		for _, b := range b.boards {
			b.Close()
		}
		for _, f := range slices.Backward(b.cleanup) {
			f()
		}
	}()
	err := s.run(ctx, b)
	if err == nil {
		return nil
	}
	for _, used := range append(b.boards, b.Board) {
		if used != nil {
			err = fmt.Errorf("%w\n-- the board's console ends:\n%s", err, used.Console(12))
		}
	}
	return fmt.Errorf("%w\n-- files are in %s", err, b.Dir)
}

func fresh(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755)
}
