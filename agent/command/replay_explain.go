package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"signet/capture"
	"signet/capture/explain"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/capture/replay"
)

// moments are times from the beginning of a recording, in order. They implement flag.Value.
type moments []time.Duration

func (m *moments) String() string { return fmt.Sprint(*m) }

func (m *moments) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return errors.New("must be a time such as 12.5s or 1m2s")
	}
	all := append(*m, d)
	for i := len(all) - 1; i > 0 && all[i-1] > d; i-- {
		all[i-1], all[i] = d, all[i-1]
	}
	*m = all
	return nil
}

// explainer draws some frames of a recording.
type explainer struct {
	folder string
	at     moments  // still to be drawn
	frames []uint64 // likewise, in order
	first  capture.Mono
	begun  bool
	e      motion.Explanation
}

// explain replays the recording once more and draws the frames at some times or, if none are given, the best one of each
// event, as they were seen.
func (s *showing) explain(ctx context.Context, folder string, at moments) error {
	x := &explainer{folder: folder, at: at}
	if len(at) == 0 {
		x.frames = s.list.best
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("explain: %w", err)
	}
	if x.done() {
		return nil
	}
	cam, err := replay.Open(ctx, s.path, s.options)
	if err != nil {
		return err
	}
	defer cam.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	p, err := moment.New(moment.Config{Settings: &s.settings, Explain: func(f *capture.Frame, d *motion.Detector) {
		if failed = x.draw(f, d); failed != nil || x.done() {
			stop()
		}
	}})
	if err != nil {
		return err
	}
	err = p.Run(ctx, cam, &lister{out: newTable(io.Discard)})
	switch {
	case failed != nil:
		return fmt.Errorf("explain: %w", failed)
	case x.done():
		return nil
	case err == nil && len(x.at) > 0:
		return fmt.Errorf("explain: the recording is over before %v", x.at[0])
	}
	return err
}

func (x *explainer) done() bool { return len(x.at)+len(x.frames) == 0 }

// draw draws a frame if it is to be drawn.
func (x *explainer) draw(f *capture.Frame, d *motion.Detector) error {
	if !x.begun {
		x.first, x.begun = f.Mono, true
	}
	at := f.Mono.Sub(x.first)
	due := false
	for len(x.at) > 0 && at >= x.at[0] {
		x.at, due = x.at[1:], true
	}
	for len(x.frames) > 0 && f.Seq >= x.frames[0] {
		x.frames, due = x.frames[1:], true
	}
	if !due {
		return nil
	}
	d.Explain(&x.e)
	jpeg, err := explain.Picture(f, at, &x.e)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(x.folder, fmt.Sprintf("frame-%06d.jpg", f.Seq)), jpeg, 0o666)
}
