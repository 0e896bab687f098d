package moment

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/motion"
)

// film is a camera that shows prepared frames, each as soon as it is asked for.
type film struct {
	info   capture.Info
	frames []capture.Frame
	then   error // after the last frame
	next   int
	before func(i int) // called before frame i
}

func (c *film) Info() capture.Info { return c.info }
func (c *film) Close() error       { return nil }

func (c *film) Next(ctx context.Context, f *capture.Frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.next == len(c.frames) {
		if c.then == nil {
			return io.EOF
		}
		return c.then
	}
	if c.before != nil {
		c.before(c.next)
	}
	data := append(f.Data[:0], c.frames[c.next].Data...)
	*f = c.frames[c.next]
	f.Data = data
	c.next++
	return nil
}

const (
	filmFPS         = 10
	filmW, filmH    = 320, 240
	walkers, walkAt = 4, 30 // a walker's width in cells; pixels a frame are filmStep
	filmStep        = 8
)

// faint, added to a walker's x, makes it hardly brighter than the wall.
const faint = 10_000

// picture is a room with grain, and a dark walker whose left edge is at x, or nobody for x < -100.
func picture(x int) *image.YCbCr {
	pale := x >= faint/2
	if pale {
		x -= faint
	}
	rnd := rand.New(rand.NewPCG(7, uint64(x+1000)))
	img := image.NewYCbCr(image.Rect(0, 0, filmW, filmH), image.YCbCrSubsampleRatio420)
	for y := range filmH {
		for px := range filmW {
			v := 110 + 40*((px/56+y/40)%3-1) + rnd.IntN(5)
			if px >= x && px < x+8*walkers && y >= 80 && y < 200 {
				if pale {
					v += 14
				} else {
					v = 30 + (px-x+y)%20
				}
			}
			img.Y[y*img.YStride+px] = byte(v)
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 120, 140
	}
	return img
}

const nobody = -1000

var jpegs = map[int][]byte{} // by position; tests do not run in parallel

func shot(t testing.TB, x int) []byte {
	t.Helper()
	if jpegs[x] == nil {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, picture(x), &jpeg.Options{Quality: 80}); err != nil {
			t.Fatal(err)
		}
		jpegs[x] = b.Bytes()
	}
	return jpegs[x]
}

// span is a walk through the picture, from its first to its last frame. It goes to and fro while it lasts.
type span struct{ from, to int }

// shoot makes a film of n frames with somebody in it during the spans.
func shoot(t testing.TB, n int, walks ...span) *film {
	t.Helper()
	c := &film{info: capture.Info{Name: "film", Driver: "test", Format: capture.MJPEG, Width: filmW, Height: filmH, FPS: filmFPS}}
	for i := range n {
		x := nobody
		for _, w := range walks {
			if i >= w.from && i <= w.to {
				x = -16 + (i-w.from)*filmStep%(filmW-16)
			}
		}
		c.frames = append(c.frames, capture.Frame{
			Seq: uint64(i), Mono: frameTime(i), Format: capture.MJPEG,
			Width: filmW, Height: filmH, Key: true, Data: shot(t, x),
		})
	}
	return c
}

func frameTime(i int) capture.Mono {
	return capture.Mono(time.Hour + time.Duration(i)*time.Second/filmFPS)
}

// story is what a sink was told of one event.
type story struct {
	started, ended     Event
	first, last        Thumbnail
	facts              Facts
	parts              []Part
	startedAt, endedAt uint64 // frame that was the last one then
	over               bool
}

// diary is a Sink that writes everything down and fails the test when the order is wrong.
type diary struct {
	t       testing.TB
	frames  int
	last    uint64
	stories []*story
	changes []changed
}

// changed is a change of scene that a sink was told of.
type changed struct {
	at     motion.Stamp
	still  Thumbnail
	toldAt uint64
}

func (d *diary) Frame(f *capture.Frame) {
	d.frames++
	if f.Format != capture.H264 {
		d.last = f.Seq
	}
}

func (d *diary) current(e Event) *story {
	d.t.Helper()
	if len(d.stories) == 0 {
		d.t.Fatal("told of an event before its start")
	}
	s := d.stories[len(d.stories)-1]
	if s.over || s.started.N != e.N || s.started.StartFrame != e.StartFrame || s.started.Start != e.Start {
		d.t.Fatalf("told of event %+v during %+v", e, s.started)
	}
	return s
}

func (d *diary) Started(e Event, t Thumbnail) {
	d.t.Helper()
	if n := len(d.stories); n > 0 && !d.stories[n-1].over {
		d.t.Fatal("an event starts while another one runs")
	}
	d.stories = append(d.stories, &story{started: e, first: t, startedAt: d.last})
}

func (d *diary) Part(e Event, p Part) {
	d.t.Helper()
	s := d.current(e)
	if p.Index != len(s.parts) {
		d.t.Fatalf("part %d follows %d parts", p.Index, len(s.parts))
	}
	s.parts = append(s.parts, p)
}

func (d *diary) Ended(e Event, t Thumbnail, f Facts) {
	d.t.Helper()
	s := d.current(e)
	s.ended, s.last, s.facts, s.over, s.endedAt = e, t, f, true, d.last
}

func (d *diary) SceneChanged(at motion.Stamp, t Thumbnail) {
	d.changes = append(d.changes, changed{at, t, d.last})
}

// begin puts a pipeline to work that is given its frames by take.
func begin(t testing.TB, cfg Config, sink Sink) *run {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRun(p, sink)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// develop runs a film through a pipeline.
func develop(t testing.TB, c capture.Camera, cfg Config) (*diary, *Pipeline) {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := &diary{t: t}
	if err := p.Run(context.Background(), c, d); err != nil {
		t.Fatal(err)
	}
	for _, s := range d.stories {
		if !s.over {
			t.Fatalf("event %+v was not ended", s.started)
		}
	}
	return d, p
}
