package moment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"

	"signet/capture"
	"signet/capture/luma"
	"signet/capture/motion"
)

// Config sets up a Pipeline. The zero value is the default.
type Config struct {
	Settings  *Settings // nil is DefaultSettings
	RingBytes int       // most memory for the pre-roll; 0 is 8 MiB
	// Observe, where set, sees what was found in each frame that was looked at, from the pipeline's goroutine. The
	// result is valid only during the call.
	Observe func(f *capture.Frame, r *motion.Result)
	// Explain, where set, may ask the detector about each frame that was looked at, in the same way.
	Explain func(f *capture.Frame, d *motion.Detector)
	Log     *slog.Logger // nil is silent
}

const defaultRing = 8 << 20

// Pipeline makes events of a camera's frames. Run may be called again when it has returned, for a camera
// that came back; events are counted on. The other methods may be called at any time, concurrently.
type Pipeline struct {
	cfg      Config
	settings atomic.Pointer[Settings]
	count    counters
	events   uint64 // made by earlier runs; of Run's goroutine
}

// New returns a pipeline that does nothing until Run.
func New(cfg Config) (*Pipeline, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.RingBytes == 0 {
		cfg.RingBytes = defaultRing
	}
	if cfg.Settings == nil {
		s := DefaultSettings()
		cfg.Settings = &s
	}
	p := &Pipeline{cfg: cfg}
	if err := p.Set(*cfg.Settings); err != nil {
		return nil, err
	}
	return p, nil
}

// Set changes the settings from the next frame on.
func (p *Pipeline) Set(s Settings) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("set up motion: %w", err)
	}
	p.settings.Store(&s)
	return nil
}

// Settings returns the settings in force.
func (p *Pipeline) Settings() Settings { return *p.settings.Load() }

// Stats returns what has been counted since New.
func (p *Pipeline) Stats() Stats { return p.count.stats() }

// Unread returns why the first frame that could not be read could not; nil without any.
func (p *Pipeline) Unread() error {
	if err := p.count.unread.Load(); err != nil {
		return *err
	}
	return nil
}

// Run takes frames from cam and tells sink what happens, until the camera fails or ctx ends. A running
// event is ended properly first, with what there is of it; so it is when the settings pause it, from the next frame on. It
// returns nil at the end of a recording, else the error of the camera or ctx. It does not close cam.
func (p *Pipeline) Run(ctx context.Context, cam capture.Camera, sink Sink) error {
	if f := cam.Info().Format; f == capture.H264 {
		return fmt.Errorf("find motion: %w: %s alone", luma.ErrUnsupported, f)
	}
	var r *run // nil while it is paused, and so holds no memory
	var w shower
	var f capture.Frame
	for {
		err := cam.Next(ctx, &f)
		if paused := p.settings.Load().Paused; r != nil && (paused || err != nil) {
			r.leave()
			p.events = r.segmenter.Event().N
			r, w = nil, shower{r.h264}
		} else if r == nil && !paused && err == nil {
			if r, err = newRun(p, sink); err != nil {
				return err
			}
			r.h264 = w.h264.again()
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case r != nil:
			r.take(&f)
		default:
			w.take(&f, &p.count, sink)
		}
	}
}
