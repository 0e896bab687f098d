package daemon

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"signet/agent/recorder"
	"signet/capture"
	"signet/capture/moment"
	"signet/internal/hint"
)

// Pauses between attempts to open a camera. Each is drawn from the upper half of a window, which doubles.
const (
	firstPause = 500 * time.Millisecond
	longest    = 30 * time.Second
	goodEnough = 30 * time.Second // a camera that worked this long begins with the first pause again
)

// camera keeps a camera open and the pipeline at work on it. One that fails ends its event properly, leaves a tamper record
// and is opened again, for ever.
type camera struct {
	open     func(context.Context) (capture.Camera, error)
	name     string // for people; empty: what the camera says of itself
	pipeline *moment.Pipeline
	recorder *recorder.Recorder
	log      *slog.Logger
	tried    chan struct{} // closed after the first attempt to open it

	mu   sync.Mutex
	info capture.Info // as it was last set up; no Name: never
	err  error        // why there is none now
}

func newCamera(open func(context.Context) (capture.Camera, error), name string, p *moment.Pipeline, r *recorder.Recorder, log *slog.Logger) *camera {
	return &camera{open: open, name: name, pipeline: p, recorder: r, log: log, tried: make(chan struct{})}
}

// Run works until ctx ends and returns ctx.Err().
func (c *camera) Run(ctx context.Context) error {
	pause := firstPause
	first := sync.OnceFunc(func() { close(c.tried) })
	for {
		began := time.Now()
		err := c.once(ctx, first)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.failed(err)
		first()
		if time.Since(began) > goodEnough {
			pause = firstPause
		}
		if err := sleep(ctx, pause/2+rand.N(pause/2)); err != nil {
			return err
		}
		pause = min(2*pause, longest)
	}
}

// once opens the camera and runs the pipeline until the camera fails.
func (c *camera) once(ctx context.Context, opened func()) error {
	cam, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer cam.Close()
	c.works(cam.Info())
	opened()
	err = c.pipeline.Run(ctx, cam, c.recorder)
	if err == nil {
		err = errors.New("recording ended")
	}
	return err
}

func (c *camera) works(info capture.Info) {
	c.log.Info("camera", "name", info.Name, "driver", info.Driver, "format", info.Format,
		"width", info.Width, "height", info.Height, "fps", math.Round(10*info.FPS)/10)
	c.mu.Lock()
	c.info, c.err = info, nil
	c.mu.Unlock()
	c.recorder.Camera(info, c.name)
}

// failed says once, not at every attempt, that there is no camera.
func (c *camera) failed(err error) {
	c.mu.Lock()
	before, worked := c.err, c.info.Name != ""
	c.err = err
	c.mu.Unlock()
	if before != nil {
		c.log.Debug("still no camera", "err", err)
		return
	}
	c.log.Error("no camera, trying again", "err", err, "hint", hint.Own(err))
	if worked {
		c.recorder.Tamper("camera gone")
	}
}

// state returns what the camera was last set up as, without a Name if never, and why there is none now.
func (c *camera) state() (capture.Info, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info, c.err
}

// sleep waits, or returns ctx.Err().
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
