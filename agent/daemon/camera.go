package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"signet/agent/recorder"
	"signet/capture"
	"signet/capture/moment"
	"signet/internal/hint"
	"signet/internal/wait"
)

// closeWithin is how long a camera may take to close when the agent ends.
const closeWithin = 2 * time.Second

// Source opens one configured camera, again and again. It is used by one goroutine at a time.
type Source interface {
	// Open opens the camera, under whatever name it has at the time.
	Open(ctx context.Context) (capture.Camera, error)
	// Wait returns after d, or earlier, and true, when a device appeared. Its only error is ctx.Err().
	Wait(ctx context.Context, d time.Duration) (came bool, err error)
}

// camera keeps a camera open and its frames at work: for its owner, who has the pipeline and the lane, or to find one. One that
// fails is opened again, for ever; where it records it ends its event properly and leaves a tamper record. An outage lasts until
// there is a picture, whatever can be opened meanwhile.
type camera struct {
	Camera
	number   int // of the device
	pipeline *moment.Pipeline
	lane     *recorder.Lane
	log      *slog.Logger

	mu      sync.Mutex
	records bool          // it is at work for its owner
	tried   chan struct{} // closed once it has worked or failed since Run began
	called  string        // what its owner calls it, or the configuration
	worked  bool          // there was a picture, since Run began
	info    capture.Info  // as it was set up when there was one
	err     error         // why there are no pictures now
	told    []string      // reasons of this outage that were told
	skipper capture.Skipper
	skipped capture.Skipped // until skipper was opened
}

// maxTold bounds how many reasons of one outage are told.
const maxTold = 8

func newCamera(c Camera, number int, p *moment.Pipeline, l *recorder.Lane, log *slog.Logger) *camera {
	return &camera{Camera: c, number: number, pipeline: p, lane: l, log: log, called: c.Name, tried: make(chan struct{})}
}

// job is what a camera's frames are for. It works until the camera fails or ctx ends.
type job func(ctx context.Context, c *camera, cam capture.Camera) error

// record makes records of what the camera sees.
func record(ctx context.Context, c *camera, cam capture.Camera) error {
	return c.pipeline.Run(ctx, cam, c.lane)
}

// Run does a job until ctx ends and returns ctx.Err(). records says whether the job is to record.
func (c *camera) Run(ctx context.Context, do job, records bool) error {
	tried := c.begin(records)
	defer c.over()
	var p pauses
	for {
		worked, showed := c.once(ctx, do, tried)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if showed {
			if err := wait.For(ctx, p.worked(worked)); err != nil {
				return err
			}
		}
		came, err := c.Source.Wait(ctx, p.next())
		if err != nil {
			return err
		}
		if came {
			p.came()
		}
	}
}

// begin notes that Run begins. It returns what is to be called when the camera has worked or failed.
func (c *camera) begin(records bool) (tried func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records, c.worked, c.err, c.told = records, false, nil, nil
	select {
	case <-c.tried: // in an earlier Run
		c.tried = make(chan struct{})
	default:
	}
	once := c.tried
	return sync.OnceFunc(func() { close(once) })
}

// over notes that Run ends.
func (c *camera) over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records = false
}

// wasTried returns a channel that is closed once the camera has worked or failed since Run began.
func (c *camera) wasTried() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tried
}

// once opens the camera, does the job until the camera fails, says so, and only then closes the camera, which may take
// its time. It returns for how long there were pictures, and whether there were any. An end by ctx is no failure.
func (c *camera) once(ctx context.Context, do job, tried func()) (worked time.Duration, showed bool) {
	var cam capture.Camera
	var first time.Time
	err := c.guard("opening", func() (err error) { cam, err = c.Source.Open(ctx); return err })
	if err == nil {
		c.opened(cam)
		defer c.close(ctx, cam)
		err = c.guard("pipeline", func() error {
			came := func() { first = time.Now(); c.works(cam.Info()); tried() }
			return do(ctx, c, &firstFrame{cam, came})
		})
	}
	if ctx.Err() != nil {
		return 0, false
	}
	if err == nil {
		err = errors.New("recording ended")
	}
	c.failed(err)
	tried()
	return time.Since(first), !first.IsZero()
}

// guard makes an error of a panic: a camera that sends what nobody expected fails, and the others go on.
func (c *camera) guard(what string, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("camera's "+what+" panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s panicked: %v", what, p)
		}
	}()
	return do()
}

// firstFrame is a camera that tells of its first frame.
type firstFrame struct {
	capture.Camera
	came func() // nil: it was told
}

func (f *firstFrame) Next(ctx context.Context, frame *capture.Frame) error {
	err := f.Camera.Next(ctx, frame)
	if err == nil && f.came != nil {
		f.came()
		f.came = nil
	}
	return err
}

func (c *camera) opened(cam capture.Camera) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skipper, _ = cam.(capture.Skipper)
}

// close waits until the camera is closed, for it cannot be opened anew before. When ctx ends it does not wait for long: a
// driver may hang, and what is still open goes with the process.
func (c *camera) close(ctx context.Context, cam capture.Camera) {
	c.mu.Lock()
	c.skipped, c.skipper = c.skippedSoFar(), nil
	c.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.guard("closing", cam.Close); err != nil {
			c.log.Debug("camera does not close", "err", err)
		}
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(closeWithin):
		c.log.Warn("camera does not close: left to the kernel", "waited", closeWithin)
	}
}

// skippedSoFar adds up what every camera has skipped that was open. The caller holds mu.
func (c *camera) skippedSoFar() capture.Skipped {
	if c.skipper == nil {
		return c.skipped
	}
	return c.skipped.Plus(c.skipper.Skipped())
}

// works is told of the first picture.
func (c *camera) works(info capture.Info) {
	c.log.Info("camera", "name", info.Name, "driver", info.Driver, "format", info.Format,
		"width", info.Width, "height", info.Height, "fps", math.Round(10*info.FPS)/10)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.worked, c.info, c.err, c.told = true, info, nil, nil
	if c.records {
		c.lane.Camera(info, c.called)
	}
}

// failed says why there are no pictures, each reason once an outage, and begins an outage with a tamper record where
// there were pictures before.
func (c *camera) failed(err error) {
	c.mu.Lock()
	begins := c.err == nil && c.worked && c.records
	news := c.news(err.Error())
	c.err = err
	c.mu.Unlock()
	if news {
		c.log.Error("no camera, trying again", "err", err, "hint", hint.Own(err))
	} else {
		c.log.Debug("still no camera", "err", err)
	}
	if begins {
		c.lane.Tamper(tampered(err))
	}
}

// news says whether a reason is to be told. The caller holds mu.
func (c *camera) news(reason string) bool {
	if len(c.told) == maxTold || slices.Contains(c.told, reason) {
		return false
	}
	c.told = append(c.told, reason)
	return true
}

// tampered words the failure of a camera that worked, for its owner.
func tampered(err error) string {
	switch {
	case errors.Is(err, capture.ErrStalled):
		return "camera delivers no pictures"
	case errors.Is(err, capture.ErrGone):
		return "camera gone"
	}
	return "camera failed"
}

// state says whether there was a picture since Run began, and why there are none now.
func (c *camera) state() (worked bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.worked, c.err
}
