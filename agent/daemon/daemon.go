package daemon

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"signet/agent/clock"
	"signet/agent/identity"
	"signet/agent/ownership"
	"signet/agent/recorder"
	"signet/agent/status"
	"signet/board"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/uplink/dial"
	"signet/uplink/live"
	"signet/uplink/media"
	"signet/uplink/session"
	"signet/uplink/spool"
)

// Config is everything a daemon needs to know.
type Config struct {
	Dir        string // state folder
	Version    string
	Camera     string // as of capture/source
	FPS        float64
	CameraName string // for people; empty: what the camera says of itself
	Moment     moment.Settings
	RingBytes  int
	MQTT       string // host:port
	Media      string // https://host:port
	CA         string // file; empty: the fleet CA
	SpoolBytes int64
	MediaBytes int64
	Live       bool
	Board      board.Config // Pressed and Log are set here
	Log        *slog.Logger
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
	pipeline *moment.Pipeline
	session  *session.Session
	media    *media.Queue
	live     *live.Server // nil: nobody may watch
	board    *board.Board

	mu        sync.Mutex
	camera    capture.Info  // as it was last set up; no Name: never
	cameraErr error         // why there is none now
	cameraTry chan struct{} // closed after the first attempt to open it
	tried     sync.Once
}

// New reads identity and ownership and opens the spool. Close must be called.
func New(cfg Config) (*Daemon, error) {
	d := &Daemon{cfg: cfg, log: cfg.Log, started: time.Now(), cameraTry: make(chan struct{})}
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
	if d.pipeline, err = moment.New(moment.Config{Settings: &cfg.Moment, RingBytes: cfg.RingBytes, Log: cfg.Log}); err != nil {
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

// open makes what stands on the spool.
func (d *Daemon) open() error {
	boot, err := clock.BootID()
	if err != nil {
		return err
	}
	firmware, err := digest("/proc/self/exe")
	if err != nil {
		return err
	}
	calls, err := d.dial()
	if err != nil {
		return err
	}
	d.cfg.Board.Pressed, d.cfg.Board.Log = d.pressed, d.log
	if d.board, err = board.New(d.cfg.Board); err != nil {
		return err
	}
	if d.cfg.Live {
		if d.live, err = live.New(live.Config{Terms: d.liveTerms, Synchronised: clock.Synchronised, Log: d.log}); err != nil {
			return err
		}
	}
	if d.media, err = media.New(media.Config{
		URL: d.cfg.Media, Dial: calls, Dir: filepath.Join(d.cfg.Dir, "media"), MaxDisk: d.cfg.MediaBytes,
		Dropped: func(p certs.Position) { d.recorder.MediaDropped(p) }, Log: d.log,
	}); err != nil {
		return err
	}
	if d.session, err = session.New(session.Config{
		Device: d.device.ID, Addr: d.cfg.MQTT, Dial: calls, Spool: d.spool, FirstWithin: firstWithin,
		OnGrant: d.takeGrant, OnPolicy: d.takePolicy, OnLive: d.answerViewer,
		OnConnected: d.media.Online, OnBound: d.bound, OnRefused: d.refused, Log: d.log,
	}); err != nil {
		return err
	}
	rec := recorder.Config{
		Device: d.device.ID, Terms: d.owner.Terms, Spool: d.spool, BootID: boot, Firmware: firmware, Log: d.log,
		Part: d.uploadPart,
	}
	if d.live != nil {
		rec.Live = d.live.Offer
	}
	d.recorder = recorder.New(rec)
	return nil
}

// firstWithin spreads the first connections of cameras that start together, after a power cut of a whole town.
const firstWithin = 2 * time.Second

func (d *Daemon) dial() (dial.Config, error) {
	cert, err := d.device.TLS()
	if err != nil {
		return dial.Config{}, err
	}
	ca := d.device.Fleet
	if d.cfg.CA != "" {
		if ca, err = certs.ReadCA(d.cfg.CA); err != nil {
			return dial.Config{}, err
		}
	}
	return dial.Config{Certificate: cert, CA: ca}, nil
}

// digest returns the SHA-256 of a file.
func digest(path string) (certs.Hash, error) {
	f, err := os.Open(path)
	if err != nil {
		return certs.Hash{}, fmt.Errorf("digest of the firmware: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return certs.Hash{}, fmt.Errorf("digest of the firmware: %w", err)
	}
	return certs.Hash(h.Sum(nil)), nil
}

// Close closes the spool. Run has returned.
func (d *Daemon) Close() error { return d.spool.Close() }

// Pipeline returns the pipeline, whose settings may be changed while it runs.
func (d *Daemon) Pipeline() *moment.Pipeline { return d.pipeline }

// Run works until ctx ends. What was recorded until then is durable when it returns.
func (d *Daemon) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	// The spool and the recorder outlive the pipeline, so that a running event is ended and kept.
	kept, letGo := context.WithCancel(context.WithoutCancel(ctx))
	defer letGo()
	var keep errgroup.Group
	keep.Go(func() error { return ended(d.spool.Run(kept)) })

	g.Go(func() error { return status.Serve(ctx, d.cfg.Dir, d.Report) })
	g.Go(func() error { return d.board.Run(ctx) })
	g.Go(func() error { return d.light(ctx) })
	g.Go(func() error {
		if err := d.waitForOwner(ctx); err != nil {
			return err
		}
		return d.work(ctx)
	})
	err := ended(g.Wait())
	letGo()
	return errors.Join(err, keep.Wait())
}

// work is what an owned camera does.
func (d *Daemon) work(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	recording, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var last errgroup.Group

	g.Go(func() error { return d.watchCamera(ctx) })
	d.awaitCamera(ctx)
	if err := d.announce(ctx); err == nil {
		last.Go(func() error { return ended(d.recorder.Run(recording)) })
		g.Go(func() error { return d.session.Run(ctx) })
		g.Go(func() error { return d.media.Run(ctx) })
		g.Go(func() error { return d.tellGaps(ctx) })
		if d.live != nil {
			g.Go(func() error { return d.live.Run(ctx) })
		}
	}
	err := g.Wait()
	stop()
	return errors.Join(err, last.Wait())
}

// awaitCamera waits a little for the first attempt to open the camera.
func (d *Daemon) awaitCamera(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settlePause)
	defer cancel()
	select {
	case <-d.cameraTry:
	case <-ctx.Done():
	}
}

// tellGaps lets a gap record follow whatever the spool had to drop.
func (d *Daemon) tellGaps(ctx context.Context) error {
	for {
		if err := sleep(ctx, 10*time.Second); err != nil {
			return err
		}
		if err := d.recorder.TellGaps(); err != nil {
			d.log.Error("cannot tell of a gap", "err", err)
		}
	}
}

func (d *Daemon) uploadPart(p certs.Position, h certs.Hash, sealed []byte) {
	if err := d.media.Add(p, h, sealed); err != nil {
		d.log.Error("cannot upload a clip part", "position", p, "err", err)
		d.recorder.MediaDropped(p)
	}
}

// bound is told by the session which records the cloud has: their parts may be uploaded.
func (d *Daemon) bound(ranges []spool.Range) {
	out := make([]certs.Range, len(ranges))
	for i, r := range ranges {
		out[i] = certs.Range{Boot: r.Boot, From: r.From, To: r.To}
	}
	d.media.Bound(out...)
}

func (d *Daemon) refused(p spool.Position, _ string) {
	d.media.Refused(certs.Position{Boot: p.Boot, N: p.N})
}

// ended makes an end that was asked for no error.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
