package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"signet/test/benchmotion/clip"
	"signet/test/benchmotion/cost"
	"signet/test/benchmotion/method"
	"signet/test/benchmotion/table"
	"signet/test/benchmotion/turbo"
)

var costHead = []string{"what", "clip", "unit", "Signet", "other", "ratio", "spread of it", "bar", ""}

// empty is the recording, and the frames of it, in which a camera sees nothing happen: the base of the clip for the
// whole comparison, if it is there.
const (
	empty              = "onebyone"
	emptyFrom, emptyTo = 0, 45
)

// costs fills one table. Programs are measured alone: accuracy is over by then.
func (b *bench) costs(ctx context.Context) (*table.Table, error) {
	t := &table.Table{Title: "What it costs", Head: costHead, Left: 3}
	clips, err := b.costClips(ctx)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name string
		run  func(context.Context, *table.Table, []*clip.Clip) error
	}{{"decode", decode}, {"detect", detect}, {"whole", b.whole}} {
		if !b.wants("costs", part.name) {
			continue
		}
		say("%s …", part.name)
		if err := part.run(ctx, t, clips); err != nil {
			return t, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return t, nil
}

// costClips returns what is measured on: the recordings, and frames of an empty scene at 1280x720, the last of them.
func (b *bench) costClips(ctx context.Context) ([]*clip.Clip, error) {
	sources, err := clip.Folder(b.footage, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	scene := clip.Scenes()[0]
	if len(sources) == 0 {
		sources = []clip.Source{scene}
	}
	var clips []*clip.Clip
	var base [][]byte
	for _, s := range sources {
		c, err := s.Load(ctx)
		if err != nil {
			return nil, err
		}
		clips = append(clips, c)
		if c.Name == empty {
			base = c.Frames[emptyFrom:emptyTo]
		}
	}
	name := empty
	if base == nil {
		c, err := scene.Load(ctx)
		if err != nil {
			return nil, err
		}
		name, base = "generated room", c.Frames[:c.Truth.Visits[0].From]
	}
	wide, err := cost.Wide(ctx, base)
	if err != nil {
		say("1280x720: passed over: %v", err)
		return clips, nil
	}
	w := &clip.Clip{Name: name + " 1280x720", W: cost.WideW, H: cost.WideH, Frames: cost.ToAndFro(wide)}
	w.Truth.FPS, w.Truth.Frames = cost.DefaultPlan().FPS, len(w.Frames)
	return append(clips, w), nil
}

func figure(s cost.Spread) string { return fmt.Sprintf("%.0f", s.Median) }

func verdict(ratio, bar float64) []string {
	word := "kept"
	if ratio > bar {
		word = missed
	}
	return []string{fmt.Sprintf("%.3f", bar), word}
}

// decode compares decoding with libjpeg-turbo's.
func decode(ctx context.Context, t *table.Table, clips []*clip.Clip) error {
	dir, err := os.MkdirTemp("", "signet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var paths []string
	for _, c := range clips {
		p := filepath.Join(dir, c.Name+".mjpeg")
		if err := os.WriteFile(p, slices.Concat(c.Frames...), 0o600); err != nil {
			return err
		}
		paths = append(paths, p)
	}
	list, err := turbo.Measure(ctx, paths, os.Stderr)
	for _, c := range list {
		r := []string{
			"1/8 luma, libjpeg-turbo's", c.Clip + ", " + c.Arch, c.Unit, fmt.Sprintf("%.0f", c.Ours), fmt.Sprintf("%.0f", c.Turbo),
			fmt.Sprintf("%.3f", c.Ratio), fmt.Sprintf("%.3f-%.3f", c.Least, c.Most), "-", "",
		}
		if c.Bar() > 0 {
			copy(r[7:], verdict(c.Ratio, c.Bar()))
		}
		t.Add(r...)
	}
	return err
}

// detect compares the detector with OpenCV's MOG2.
func detect(ctx context.Context, t *table.Table, clips []*clip.Clip) error {
	python, _, err := method.FindPython(ctx)
	if err != nil {
		say("detect: passed over: %v", err)
		return nil
	}
	for _, c := range clips {
		p, err := cost.Detect(ctx, c, method.OpenCV{Python: python, Kind: "MOG2"})
		if err != nil {
			return err
		}
		t.Add("detect, OpenCV MOG2 at 1/8", c.Name, "µs", figure(p.Ours), figure(p.Theirs),
			fmt.Sprintf("%.3f", p.Ratio.Median), fmt.Sprintf("%.3f-%.3f", p.Ratio.Least, p.Ratio.Most), "-", "")
	}
	return nil
}

// whole compares the agent with the motion daemon.
func (b *bench) whole(ctx context.Context, t *table.Table, clips []*clip.Clip) error {
	path, err := exec.LookPath("motion")
	if err != nil {
		say("whole: passed over, for the motion daemon is not installed (Debian: motion)")
		return nil
	}
	c := clips[len(clips)-1]
	if c.W != cost.WideW {
		say("whole: passed over without pictures of 1280x720")
		return nil
	}
	p := cost.DefaultPlan()
	begun := time.Now()
	w, err := cost.Measure(ctx, p, c.Frames, b.bin, method.Daemon{Path: path})
	if err != nil {
		return err
	}
	if w.Events > 0 {
		return fmt.Errorf("%d events began, though nothing happens: no cost of waiting", w.Events)
	}
	t.Add(append([]string{
		"whole agent, motion daemon", c.Name, "µs", figure(w.CPU.Ours), figure(w.CPU.Theirs),
		fmt.Sprintf("%.3f", w.CPU.Ratio.Median), fmt.Sprintf("%.3f-%.3f", w.CPU.Ratio.Least, w.CPU.Ratio.Most),
	}, verdict(w.CPU.Ratio.Median, cost.BarCPU)...)...)
	mb := func(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }
	memory := func(what string, ours, theirs int64) {
		r := append([]string{what, c.Name, "MB", mb(ours), mb(theirs), fmt.Sprintf("%.3f", float64(ours)/float64(theirs)), "-"},
			verdict(float64(ours)/(1<<20), cost.BarMemory>>20)...)
		r[7] = fmt.Sprintf("%d MB", cost.BarMemory>>20)
		t.Add(r...)
	}
	memory("resident memory", w.Agent.Now, w.Other.Now)
	memory("its peak", w.Agent.Peak, w.Other.Peak)
	t.Note("Whole agent: %d and %d frames of %d KB at %v/s over HTTP in %d windows of %v, claimed, connected to a cloud, 5 s of pre-roll; %v in all.",
		w.Frames[0], w.Frames[1], len(slices.Concat(c.Frames...))/len(c.Frames)/1000, p.FPS, p.Windows, p.Window, time.Since(begun).Round(time.Second))
	return nil
}
