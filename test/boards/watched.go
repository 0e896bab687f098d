package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"signet/agent/status"
	"signet/capture/mjpeg"
	"signet/test/boards/board"
)

// watched is the shipped agent at work on USB webcams, with a cloud and an owner on the host.
type watched struct {
	*site
	bench *bench
	on    *board.Board
	agent *board.Program
	cams  []*webcam
}

// boardFilm is where the film lies on a board that webcams play.
const boardFilm = "/bin/film.mjpeg"

// Names of the webcams, which are their serial numbers, and configurations of the agent.
const (
	webcam0 = "usb:1d6b:0102:cam0"
	webcam1 = "usb:1d6b:0102:cam1"

	shortEvents = "[event]\npre_roll = \"1s\"\npost_roll = \"1s\"\n\n[clip]\npart = \"2s\"\n\n"
)

// cameraTable is a table of the agent's configuration.
func cameraTable(source string, more ...string) string {
	return fmt.Sprintf("[[camera]]\nsource = %q\nwidth = 640\nheight = 480\n%s\n\n", source, strings.Join(more, "\n"))
}

// watchWebcams makes a site, plugs so many webcams in that hold their first picture still, and starts the agent. It returns
// when that is connected and sees every webcam. args are more of usbcam serve.
func (b *bench) watchWebcams(ctx context.Context, on *board.Board, cams int, config string, args ...string) (*watched, error) {
	s, err := b.newSite(ctx)
	if err != nil {
		return nil, err
	}
	w := &watched{site: s, bench: b, on: on}
	if _, err := on.Output(ctx, "rm", "-rf", stateDir); err != nil {
		return nil, err
	}
	if err := errors.Join(s.enrol(ctx, on), s.configure(ctx, on, shortEvents+config)); err != nil {
		return nil, err
	}
	for i := range cams {
		args := append([]string{"-footage", boardFilm, "-hold", "-formats", "mjpeg,yuyv"}, args...)
		cam, err := b.plugIn(ctx, on, fmt.Sprintf("cam%d", i), args...)
		if err != nil {
			return nil, err
		}
		w.cams = append(w.cams, cam)
		b.after(func() { _, _ = cam.do(context.WithoutCancel(ctx), "unplug") })
	}
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	return w, w.said(ctx, cams, "msg=camera ", 30*time.Second)
}

// start starts the agent.
func (w *watched) start(ctx context.Context) (err error) {
	w.agent, err = w.on.Start(ctx, filepath.Join(w.bench.Dir, "agent.log"), "signet-agent", "run", "--config", configFile)
	if err != nil {
		return err
	}
	return w.said(ctx, 1, "uplink: connected", 30*time.Second)
}

// said waits until the agent has said something for the n-th time.
func (w *watched) said(ctx context.Context, n int, text string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		more, ended := w.agent.More(), w.agent.Ended()
		if w.count(text) >= n {
			return nil
		}
		if ended {
			return fmt.Errorf("the agent ended: %q", w.agent.Lines())
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("the agent did not say %q %d times within %v: %q", text, n, limit, w.agent.Lines())
		}
	}
}

// count is how often the agent has said something.
func (w *watched) count(text string) (n int) {
	for _, l := range w.agent.Lines() {
		if strings.Contains(l, text) {
			n++
		}
	}
	return n
}

// What the agent says of records.
const (
	saysStarted = "msg=recorded type=started"
	saysPart    = "msg=recorded type=part"
	saysEnded   = "msg=recorded type=ended"
	saysTamper  = "msg=recorded type=tamper"
)

// play lets something move before a webcam until an event of it runs and has a part.
func (w *watched) play(ctx context.Context, cam *webcam) error {
	started, parts := w.count(saysStarted), w.count(saysPart)
	if _, err := cam.do(ctx, "play"); err != nil {
		return err
	}
	if err := w.said(ctx, started+1, saysStarted, 30*time.Second); err != nil {
		return err
	}
	return w.said(ctx, parts+1, saysPart, 30*time.Second)
}

// empty lets the room before a webcam be empty and still, until every event has ended.
func (w *watched) empty(ctx context.Context, cam *webcam) error {
	for _, word := range []string{"freeze", "rewind"} {
		if _, err := cam.do(ctx, word); err != nil {
			return err
		}
	}
	return w.said(ctx, w.count(saysStarted), saysEnded, 30*time.Second)
}

// visit lets somebody walk through before a webcam, for an event from its start to its end.
func (w *watched) visit(ctx context.Context, cam *webcam) error {
	if err := w.play(ctx, cam); err != nil {
		return err
	}
	return w.empty(ctx, cam)
}

// event waits until the owner sees a whole event, opens it, and holds its clip against the film.
func (w *watched) event(ctx context.Context) error {
	clip, err := w.clip(ctx)
	if err != nil {
		return err
	}
	return w.bench.ofFilm(ctx, clip)
}

// clip waits until the owner sees a whole event, opens it, and returns the file of its clip.
func (w *watched) clip(ctx context.Context) (string, error) {
	e, err := w.awaitEvent(ctx, 30*time.Second, "has ended and is whole", func(e listed) bool {
		return e.State == "ended" && e.Parts > 0 && e.Missing == 0
	})
	if err != nil {
		return "", err
	}
	w.bench.say("the owner sees %+v", e)
	if !e.Verified || e.Problem != "" || e.Forked || e.Reason != "motion" {
		return "", fmt.Errorf("the owner sees %+v", e)
	}
	return filepath.Join(w.Path("opened-"+e.Event), "clip.mp4"), w.openEvent(ctx, w.bench, e)
}

// ofFilm says whether every picture in a clip is one of the film, byte for byte and with nothing behind it.
func (b *bench) ofFilm(ctx context.Context, clip string) error {
	film, err := b.lab.film(ctx)
	if err != nil {
		return err
	}
	pictures, sizes := map[[32]byte]bool{}, map[int]bool{}
	err = split(film, func(p []byte) error {
		pictures[sha256.Sum256(p)], sizes[len(p)] = true, true
		return nil
	})
	if err != nil {
		return err
	}
	n := 0
	err = split(clip, func(p []byte) error {
		if n++; !pictures[sha256.Sum256(p)] {
			return fmt.Errorf("picture %d of the clip, %d bytes, is none of the film", n, len(p))
		}
		return nil
	})
	if err != nil {
		return err
	}
	out, err := tool(ctx, "ffprobe", "-v", "error", "-show_entries", "packet=size", "-of", "csv=p=0", clip)
	if err != nil {
		return err
	}
	samples := strings.Fields(out)
	for i, s := range samples {
		if size, err := strconv.Atoi(strings.Trim(s, ",")); err != nil || !sizes[size] {
			return fmt.Errorf("sample %d of the clip has %s bytes, as no picture of the film", i, s)
		}
	}
	if n < 5 || n != len(samples) {
		return fmt.Errorf("the clip has %d pictures in %d samples", n, len(samples))
	}
	b.say("the clip has %d pictures, all of the film", n)
	return nil
}

// split calls f with each JPEG in a file.
func split(path string, f func([]byte) error) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s := mjpeg.NewSplitter(bytes.NewReader(b), 0)
	for {
		p, err := s.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f(p)
		}
		if err != nil {
			return err
		}
	}
}

// camera returns what the agent says of one of its cameras.
func (w *watched) camera(ctx context.Context, n int) (status.Camera, error) {
	r, err := agentStatus(ctx, w.on)
	if err != nil {
		return status.Camera{}, err
	}
	if n >= len(r.Cameras) {
		return status.Camera{}, fmt.Errorf("the agent has %d cameras", len(r.Cameras))
	}
	return r.Cameras[n], nil
}
