package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"signet/agent/claiming"
	"signet/agent/drain"
	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/agent/recorder"
	"signet/agent/status"
	"signet/board"
	"signet/board/button"
	"signet/capture/moment"
	"signet/capture/motion"
	"signet/certs"
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
	Cameras     []Camera        // 1 to certs.MaxCameras; their numbers are their places
	Moment      moment.Settings // of every camera; its zones are those of Camera
	RingBytes   int             // of each camera
	MQTT        string          // host:port
	Media       string          // https://host:port
	CA          string          // file, for TLS alone; empty: the fleet CA
	FirstWithin time.Duration   // as of session.Config
	SpoolBytes  int64
	MediaBytes  int64
	Live        bool
	Claim       Claim
	Board       board.Config // OnButton and Log are set here
	Log         *slog.Logger

	newFinder func() finder // for tests; nil: lens.New
}

// Camera is one camera of the device.
type Camera struct {
	Source Source
	Spec   string // which one, as the configuration says, without secrets
	Name   string // for people; empty: what the camera says of itself
	Zones  []motion.Zone
}

// Daemon is the agent at work. New opens what it needs; Run works.
type Daemon struct {
	cfg      Config
	log      *slog.Logger
	started  time.Time
	device   atomic.Pointer[identity.Device]
	owner    *ownership.State
	spool    *spool.Spool
	recorder *recorder.Recorder
	cameras  []*camera
	ring     *dial.Ring // certificates of the uplink
	session  *session.Session
	media    *media.Queue
	live     *live.Server // nil: nobody may watch
	board    *board.Board
	claim    *claiming.Claiming // nil: it is looked for no code

	shown   notice            // the light may have to show something else
	online  notice            // there is a connection to the cloud
	touched notice            // what the state folder says of the ownership may have changed
	holding atomic.Bool       // the button is held
	pressed chan button.Event // Pressed and Held, still to be done

	refusedLast map[string]certs.Hash // statement that was refused last, by kind; of the session's goroutine

	// Of watchFolder's goroutine.
	crl           *certs.RevocationList // in force
	unread, unfit string                // what was told of a folder that cannot be read, of certificates that are not taken

	mu       sync.Mutex
	settings moment.Settings                // configured
	zones    [][]motion.Zone                // configured, of each camera
	wishes   map[uint8]certs.CameraSettings // the owner's, above them
}

// New reads identity and ownership and opens the spool. It fails where waiting would not help; a camera or a cloud that
// is not there yet is no failure. The error wraps ownership.ErrUnread where AwaitReset may help. Close must be called.
func New(cfg Config) (*Daemon, error) {
	d := &Daemon{cfg: cfg, log: cfg.Log, started: time.Now(), settings: cfg.Moment, pressed: make(chan button.Event, 4), refusedLast: map[string]certs.Hash{}}
	for _, c := range cfg.Cameras {
		d.zones = append(d.zones, c.Zones)
	}
	if d.cfg.newFinder == nil {
		d.cfg.newFinder = newFinder
	}
	device, err := identity.Open(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if device.Cert == nil {
		return nil, fmt.Errorf("start: %w", identity.ErrNotEnrolled)
	}
	d.device.Store(device)
	if d.owner, err = ownership.Open(cfg.Dir, device); err != nil {
		return nil, err
	}
	if d.spool, err = spool.Open(filepath.Join(cfg.Dir, "spool"), spool.Options{MaxBytes: cfg.SpoolBytes, Log: cfg.Log}); err != nil {
		return nil, err
	}
	d.spool.Former(position(d.owner.Former()))
	if err := d.open(); err != nil {
		d.spool.Close()
		return nil, err
	}
	return d, nil
}

// Close closes the spool. Run has returned.
func (d *Daemon) Close() error { return d.spool.Close() }

// Run works until ctx ends. What was seen until then is sealed and durable when it returns.
func (d *Daemon) Run(ctx context.Context) error { return outlived(ctx, d.work, d.spool.Run) }

// work does everything that stands on the spool.
func (d *Daemon) work(ctx context.Context) error {
	if d.claim != nil {
		d.claim.Open()
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return status.Serve(ctx, d.cfg.Dir, d.Report) })
	g.Go(func() error { return d.board.Run(ctx) })
	g.Go(func() error { return d.light(ctx) })
	g.Go(func() error { return d.serveButton(ctx) })
	g.Go(func() error { return d.session.Run(ctx) })
	g.Go(func() error { return d.media.Run(ctx) })
	if d.live != nil {
		g.Go(func() error { return d.live.Run(ctx) })
	}
	g.Go(func() error { return d.watchFolder(ctx) })
	g.Go(func() error { return d.sendOffers(ctx, d.session.PublishOffer) })
	g.Go(func() error {
		return drain.Run(ctx, drain.Config{State: d.owner, Spool: d.spool, Media: d.media, Log: d.log})
	})
	g.Go(func() error { return d.own(ctx) })
	return g.Wait()
}

// watch lets all cameras do a job. None of them ends before ctx does, whatever happens to it or to another.
func (d *Daemon) watch(ctx context.Context, do job, records bool) error {
	var g errgroup.Group
	for _, c := range d.cameras {
		g.Go(func() error { return c.Run(ctx, do, records) })
	}
	return g.Wait()
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
