package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"signet/capture"
	"signet/capture/moment"
	"signet/capture/motion"
)

// found is one event of a recording, as it is printed.
type found struct {
	StartFrame uint64     `json:"start_frame"` // of the motion itself, counted from 0, without rolls
	EndFrame   uint64     `json:"end_frame"`
	StartMs    int64      `json:"start_ms"` // from the first frame of the recording
	EndMs      int64      `json:"end_ms"`
	Score      float64    `json:"score"` // 0 to 1
	Reason     string     `json:"reason"`
	Zone       string     `json:"zone,omitempty"` // name of the watched zone, where there is one
	Boxes      []foundBox `json:"boxes"`
}

// foundBox is in ten-thousandths of the picture's width and height.
type foundBox struct {
	AtMs int64 `json:"at_ms"` // from the first frame of the recording
	X    int   `json:"x"`
	Y    int   `json:"y"`
	W    int   `json:"w"`
	H    int   `json:"h"`
}

// lister is a sink that prints events and makes nothing of them.
type lister struct {
	out interface {
		event(found) error
		sceneChange(frame uint64, ms int64) error
		end(frames uint64) error
	}
	frames uint64
	first  capture.Mono
	best   []uint64 // frames of the events' pictures
	err    error    // the first of out
	torn   uint64   // frames that could not be read
	unread error    // why the first of them could not
}

func (l *lister) run(ctx context.Context, cam capture.Camera, cfg moment.Config) error {
	p, err := moment.New(cfg)
	if err != nil {
		return err
	}
	if err := p.Run(ctx, cam, l); err != nil {
		return err
	}
	if l.err != nil {
		return l.err
	}
	s := p.Stats()
	l.unread, l.torn = p.Unread(), s.Torn+s.Unsupported
	if l.frames == 0 && l.unread != nil {
		return fmt.Errorf("find motion: none of %d frames can be read: %w", l.torn, l.unread)
	}
	return l.out.end(l.frames)
}

func (l *lister) Frame(f *capture.Frame) {
	if f.Format == capture.H264 {
		return
	}
	if l.frames == 0 {
		l.first = f.Mono
	}
	l.frames++
}

func (l *lister) Started(moment.Event, moment.Thumbnail) {}

func (l *lister) Part(moment.Event, moment.Part) {}

func (l *lister) Ended(e moment.Event, t moment.Thumbnail, f moment.Facts) {
	if t.JPEG != nil {
		l.best = append(l.best, t.Frame)
	}
	ev := found{
		StartFrame: e.StartFrame, EndFrame: e.EndFrame,
		StartMs: e.Start.Sub(l.first).Milliseconds(), EndMs: e.End.Sub(l.first).Milliseconds(),
		Score: f.Score, Reason: f.Reason, Zone: f.Zone, Boxes: []foundBox{},
	}
	for _, b := range f.Boxes {
		ev.Boxes = append(ev.Boxes, foundBox{ev.StartMs + b.At.Milliseconds(), b.X, b.Y, b.W, b.H})
	}
	l.note(l.out.event(ev))
}

func (l *lister) SceneChanged(at motion.Stamp, _ moment.Thumbnail) {
	l.note(l.out.sceneChange(at.Seq, at.At.Sub(l.first).Milliseconds()))
}

func (l *lister) note(err error) {
	if l.err == nil {
		l.err = err
	}
}

// jsonLines prints an event a line, and nothing else: programs that read it expect events.
type jsonLines struct{ *json.Encoder }

func (j jsonLines) event(e found) error { return j.Encode(e) }
func (j jsonLines) end(uint64) error    { return nil }

func (j jsonLines) sceneChange(uint64, int64) error { return nil }

// table prints a table for people.
type table struct {
	w *tabwriter.Writer
	n int
}

func newTable(out io.Writer) *table {
	t := &table{w: tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)}
	fmt.Fprint(t.w, "event\tfrom\tto\tlasts\tframes\tscore\twhy\t\n")
	return t
}

func (t *table) event(e found) error {
	t.n++
	lasts := time.Duration(e.EndMs-e.StartMs) * time.Millisecond
	_, err := fmt.Fprintf(t.w, "%d\t%s\t%s\t%.1f s\t%d-%d\t%.2f\t%s\t\n",
		t.n, stamp(e.StartMs), stamp(e.EndMs), lasts.Seconds(), e.StartFrame, e.EndFrame, e.Score, e.Reason)
	return err
}

func (t *table) sceneChange(frame uint64, ms int64) error {
	_, err := fmt.Fprintf(t.w, "-\t%s\t-\t-\t%d\t-\tscene change\t\n", stamp(ms), frame)
	return err
}

func (t *table) end(frames uint64) error {
	if err := t.w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(t.w, "%d events in %d frames\n", t.n, frames)
	if err != nil {
		return err
	}
	return t.w.Flush()
}

// stamp writes milliseconds as minutes and seconds.
func stamp(ms int64) string {
	return fmt.Sprintf("%d:%02d.%d", ms/60000, ms/1000%60, ms/100%10)
}
