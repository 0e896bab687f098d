package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/agent/recorder"
	"signet/agent/status"
	"signet/board"
	"signet/capture/moment"
	"signet/uplink/dial"
	"signet/uplink/live"
	"signet/uplink/media"
	"signet/uplink/session"
	"signet/uplink/spool"
)

// Config is everything a daemon needs to know.
type Config struct {
	Dir         string // state folder
	Version     string
	Cameras     []Camera // 1 to certs.MaxCameras; their numbers are their places
	Moment      moment.Settings
	RingBytes   int           // of each camera
	MQTT        string        // host:port
	Media       string        // https://host:port
	CA          string        // file, for TLS alone; empty: the fleet CA
	FirstWithin time.Duration // as of session.Config
	SpoolBytes  int64
	MediaBytes  int64
	Live        bool
	Board       board.Config // OnButton and Log are set here
	Log         *slog.Logger
}

// Camera is one camera of the device.
type Camera struct {
	Source Source
	Spec   string // which one, as the configuration says
	Name   string // for people; empty: what the camera says of itself
}

// Daemon is the agent at work. New opens what it needs; Run works.
type Daemon struct {
	cfg      Config
	log      *slog.Logger
	started  time.Time
	device   *identity.Device
	owner    *ownership.State
	spool    *spool.Spool
	recorder *recorder.Recorder
	cameras  []*camera
	ring     *dial.Ring // certificates of the uplink
	session  *session.Session
	media    *media.Queue
	live     *live.Server // nil: nobody may watch
	board    *board.Board
}

// New reads identity and ownership and opens the spool. It fails where waiting would not help; a camera or a cloud that
// is not there yet is no failure. Close must be called.
func New(cfg Config) (*Daemon, error) {
	d := &Daemon{cfg: cfg, log: cfg.Log, started: time.Now()}
	var err error
	if d.device, err = identity.Open(cfg.Dir); err != nil {
		return nil, err
	}
	if d.device.Cert == nil {
		return nil, fmt.Errorf("start: %w", identity.ErrNotEnrolled)
	}
	if d.owner, err = ownership.Open(cfg.Dir, d.device); err != nil {
		return nil, err
	}
	if d.spool, err = spool.Open(filepath.Join(cfg.Dir, "spool"), spool.Options{MaxBytes: cfg.SpoolBytes, Log: cfg.Log}); err != nil {
		return nil, err
	}
	if err := d.open(); err != nil {
		d.spool.Close()
		return nil, err
	}
	return d, nil
}

// Close closes the spool. Run has returned.
func (d *Daemon) Close() error { return d.spool.Close() }

// Set changes the settings of every camera's pipeline from the next frame on. It may be called at any time, concurrently.
func (d *Daemon) Set(s moment.Settings) error {
	for _, c := range d.cameras {
		if err := c.pipeline.Set(s); err != nil {
			return err
		}
	}
	return nil
}

// Run works until ctx ends. What was seen until then is sealed and durable when it returns.
func (d *Daemon) Run(ctx context.Context) error { return outlived(ctx, d.work, d.spool.Run) }

// work does everything that stands on the spool.
func (d *Daemon) work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return status.Serve(ctx, d.cfg.Dir, d.Report) })
	g.Go(func() error { return d.board.Run(ctx) })
	g.Go(func() error { return d.light(ctx) })
	g.Go(func() error { return d.session.Run(ctx) })
	g.Go(func() error { return d.media.Run(ctx) })
	if d.live != nil {
		g.Go(func() error { return d.live.Run(ctx) })
	}
	g.Go(func() error {
		if err := d.waitForOwner(ctx); err != nil {
			return err
		}
		return outlived(ctx, d.watch, d.record)
	})
	return g.Wait()
}

// watch runs the cameras. None of them ends before ctx does, whatever happens to it or to another.
func (d *Daemon) watch(ctx context.Context) error {
	var g errgroup.Group
	for _, c := range d.cameras {
		g.Go(func() error { return c.Run(ctx) })
	}
	return g.Wait()
}

// record says who the camera is and whose, and then records what it sees.
func (d *Daemon) record(ctx context.Context) error {
	if err := d.announce(ctx); err != nil {
		return err
	}
	return d.recorder.Run(ctx)
}

// outlived runs source until ctx or sink ends, and sink until source has ended too, so that nothing is lost between them.
// An end that was asked for is no error.
func outlived(ctx context.Context, source, sink func(context.Context) error) error {
	longer, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()
	var g errgroup.Group
	g.Go(func() error {
		defer end()
		return asked(sink(longer))
	})
	err := asked(source(ctx))
	stop()
	return errors.Join(err, g.Wait())
}

// asked makes an end that was asked for no error.
func asked(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
