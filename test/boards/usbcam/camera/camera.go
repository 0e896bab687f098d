package camera

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"signet/test/boards/usbcam/footage"
	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/uvc"
)

// Config says what camera it is and what it sees.
type Config struct {
	Hub             Hub // nil: this machine's
	Vendor, Product int // USB ids
	Maker           string
	Name            string
	Serial          string // may be empty, as with many webcams
	Formats         string // see parseFormats

	Pictures   []*footage.JPEGs // at most one of a size; the first is the default
	FPS        float64          // pictures of the recording a second; 0: one for each frame that is sent
	Film       *footage.H264    // may be nil; one access unit for each frame that is sent
	FilmFPS    float64          // frames of it a second
	ParamsOnce bool             // parameter sets come only once after streaming began, not with each key picture
	Loop       bool             // begin again after the last picture, rather than keep it
	Hold       bool             // begin with the first picture held still
	Timed      bool             // payloads carry times

	Log *slog.Logger
}

// Hub is where a camera is plugged in; see usbip.Controller for what its methods do.
type Hub interface {
	Plug(number int) (*usbip.Conn, int, error)
	WaitFree(ctx context.Context, number int) error
	Ports() ([]usbip.Port, error)
}

// Camera is a virtual webcam.
type Camera struct {
	cfg   Config
	log   *slog.Logger
	calls chan func()
	ended chan struct{} // closed when the loop is gone

	// The rest is the loop's.
	formats string // for the next plugging in
	plugged *plug
	port    int // last used; -1: none yet
	playing bool
	reel    reel
	film    film
	lost    error // why the host controller let go, if it did
	resets  uint64
	born    time.Time
}

// New returns a camera that is not plugged in.
func New(cfg Config) (*Camera, error) {
	if cfg.Hub == nil {
		cfg.Hub = usbip.Default
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Camera{
		cfg:     cfg,
		log:     cfg.Log,
		calls:   make(chan func()),
		ended:   make(chan struct{}),
		formats: cfg.Formats,
		port:    -1,
		playing: !cfg.Hold,
		film:    film{units: cfg.Film},
		born:    time.Now(),
	}
	seen := map[uvc.Size]bool{}
	for _, p := range cfg.Pictures {
		if seen[p.Size] {
			return nil, fmt.Errorf("two recordings of %s", p.Size)
		}
		seen[p.Size] = true
	}
	if _, err := c.parseFormats(cfg.Formats); err != nil {
		return nil, err
	}
	return c, nil
}

// Run is the camera's life. It ends, unplugged, with ctx.
func (c *Camera) Run(ctx context.Context) error {
	defer close(c.ended)
	defer c.pull()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var set time.Time // for when; setting it anew for each message would cost more than the message
	for {
		var messages <-chan usbip.Message
		var developed <-chan print
		if c.plugged != nil {
			messages, developed = c.plugged.messages, c.plugged.darkroom.done
			if due, ok := c.plugged.due(); ok && !due.Equal(set) {
				timer.Reset(time.Until(due))
				set = due
			}
		}
		var err error
		select {
		case <-ctx.Done():
			return nil
		case call := <-c.calls:
			call()
		case m, ok := <-messages:
			if !ok {
				c.letGo()
				continue
			}
			err = c.message(m)
			for range len(messages) { // what else came meanwhile is answered by the same write
				if m, ok = <-messages; ok && err == nil {
					err = c.message(m)
				}
			}
		case d := <-developed:
			if d.err != nil {
				return fmt.Errorf("decode picture %d: %w", d.index, d.err)
			}
			err = c.plugged.developed(c, d)
		case <-timer.C:
			set = time.Time{}
			if c.plugged != nil {
				err = c.plugged.pump(c)
			}
		}
		if err == nil && c.plugged != nil {
			err = c.plugged.conn.Flush()
		}
		if err != nil { // the host controller is gone; the receiver says so too
			c.log.Debug("camera: answer", "err", err)
		}
	}
}

// errEnded says that a command came after the camera's end.
var errEnded = errors.New("the camera has ended")

// call runs f in the loop and waits until it is done.
func (c *Camera) call(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case c.calls <- func() { f(); close(done) }:
		<-done
		return nil
	case <-c.ended:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
