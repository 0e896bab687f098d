package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"signet/test/boards/board"
	"signet/test/boards/wire"
)

// seen is what a probe of a camera saw.
type seen struct {
	wire.Camera
	frames []wire.Frame
	end    wire.End
}

// probe reads a camera with guest probe until that ends.
func (b *bench) probe(ctx context.Context, args ...string) (seen, error) {
	p, err := b.watch(ctx, args...)
	if err != nil {
		return seen{}, err
	}
	return p.result(ctx)
}

// watching is a probe that runs.
type watching struct {
	*board.Program
	say func(format string, a ...any)
}

// watch starts a probe and waits until it gets frames, or ends.
func (b *bench) watch(ctx context.Context, args ...string) (watching, error) {
	log := filepath.Join(b.Dir, "probe.log")
	p, err := b.Start(ctx, log, append([]string{"guest", "probe"}, args...)...)
	if err != nil {
		return watching{}, err
	}
	w := watching{p, b.say}
	_, err = p.Await(ctx, `{"`) // the camera, or the end
	return w, err
}

// frames waits until there were n.
func (w watching) frames(ctx context.Context, n int) error {
	for {
		more, ended := w.More(), w.Ended() // asked first: what comes after is not missed
		got := len(slices.DeleteFunc(w.Lines(), func(l string) bool { return !strings.HasPrefix(l, `{"frame"`) }))
		if got >= n {
			return nil
		}
		if ended {
			return fmt.Errorf("guest probe ended: %q", w.Lines())
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d frames: %w", n, ctx.Err())
		}
	}
}

// result waits until the probe has ended.
func (w watching) result(ctx context.Context) (s seen, err error) {
	if _, err := w.Wait(ctx); err != nil {
		return s, err
	}
	for _, line := range w.Lines() {
		if !strings.HasPrefix(line, "{") {
			w.say("%s", line) // the log
			continue
		}
		var l wire.Seen
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			return s, fmt.Errorf("guest probe says %q: %w", line, err)
		}
		switch {
		case l.Camera != nil:
			s.Camera = *l.Camera
		case l.Frame != nil:
			s.frames = append(s.frames, *l.Frame)
		case l.End != nil:
			s.end = *l.End
		}
	}
	if s.end.Why == "" {
		return s, fmt.Errorf("guest probe ended without a word: %q", w.Lines())
	}
	w.say("%+v", s.Camera)
	w.say("%d frames, %+v", len(s.frames), s.end)
	return s, nil
}

// control sets a control of a camera by its name and returns when that was on the clock that stamps frames.
func (b *bench) control(ctx context.Context, device, name string, value int) (time.Duration, error) {
	out, err := b.Output(ctx, "guest", "control", "-device", device, name, strconv.Itoa(value))
	if err != nil {
		return 0, err
	}
	at, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	return time.Duration(at), err
}

// lost is how many frames are missing between the first and the last that were seen.
func (s seen) lost() uint64 {
	if len(s.frames) == 0 {
		return 0
	}
	return s.frames[len(s.frames)-1].Seq - s.frames[0].Seq + 1 - uint64(len(s.frames))
}

// rate is the frames per second between the first and the last, lost ones counted.
func (s seen) rate() float64 {
	if len(s.frames) < 2 {
		return 0
	}
	first, last := s.frames[0], s.frames[len(s.frames)-1]
	return float64(last.Seq-first.Seq) / (last.Mono - first.Mono).Seconds()
}

// ordered says what is wrong with the frames' numbers and times, if anything is.
func (s seen) ordered() error {
	for i, f := range s.frames {
		if f.Error != "" {
			return fmt.Errorf("frame %d: %s", f.Seq, f.Error)
		}
		if i > 0 && (f.Seq <= s.frames[i-1].Seq || f.Mono <= s.frames[i-1].Mono) {
			return fmt.Errorf("frame %d of %v comes after frame %d of %v", f.Seq, f.Mono, s.frames[i-1].Seq, s.frames[i-1].Mono)
		}
		if f.Mono > s.end.Uptime {
			return fmt.Errorf("frame %d is of %v, it is %v", f.Seq, f.Mono, s.end.Uptime)
		}
	}
	return nil
}
