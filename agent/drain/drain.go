// Package drain lets what was sealed in epochs that are over go to its owners for as long as it may, and drops the rest from
// flash then. It sends nothing itself: the uplink sends whatever is in the spool and the media queue, of whose epoch ever.
package drain

import (
	"context"
	"log/slog"
	"time"

	"signet/agent/ownership"
	"signet/certs"
	"signet/uplink/spool"
)

// every is how often time is noted, which is not much more than the flash bears in the seven days that it may take. It is
// noted ahead: a camera that is started again and again drains for less time, never for more.
const every = 10 * time.Minute

// Config of Run. All fields are required.
type Config struct {
	State *ownership.State
	Spool Spool
	Media Media
	Log   *slog.Logger
}

// Spool is what is needed of a *spool.Spool.
type Spool interface {
	Pending(after spool.Position, n int) []spool.Item
	Drop(spool.Position) (int, error)
}

// Media is what is needed of a *media.Queue.
type Media interface {
	Holds(certs.Position) bool
	Drop(certs.Position) int
}

// Run counts the time of what drains, and drops what is left of an epoch when its time is over. It returns ctx.Err() when ctx
// ends.
func Run(ctx context.Context, cfg Config) error {
	d := &drain{Config: cfg}
	if len(cfg.State.Drains()) == 0 { // what an earlier run may not have come to
		d.drop(cfg.State.Former())
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	due := true
	for {
		changed := cfg.State.Changed()
		if due && len(cfg.State.Drains()) > 0 {
			d.once()
			due = false
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-tick.C:
			due = true
		}
	}
}

type drain struct {
	Config
	missed time.Duration // that could not be noted
}

// once notes that time passes, and lets go of what is sent or may not be sent any more.
func (d *drain) once() {
	d.missed += every
	over, err := d.State.Spend(d.missed)
	if err == nil {
		d.missed = 0
	} else {
		d.Log.Error("cannot count the time of a former owner's records", "err", err)
	}
	for _, o := range over {
		d.drop(o.Last)
	}
	for _, o := range d.State.Drains() {
		if d.holds(o.Last) {
			continue
		}
		if err := d.State.Drained(o.Epoch); err != nil {
			d.Log.Error("cannot note what was sent", "epoch", o.Epoch, "err", err)
			continue
		}
		d.Log.Info("nothing is left of a former owner", "epoch", o.Epoch)
	}
}

// holds says whether anything is left of what was sealed up to p.
func (d *drain) holds(p certs.Position) bool {
	first := d.Spool.Pending(spool.Position{}, 1)
	return d.Media.Holds(p) || len(first) > 0 && first[0].Compare(position(p)) <= 0
}

func (d *drain) drop(p certs.Position) {
	if !d.holds(p) {
		return
	}
	parts := d.Media.Drop(p)
	records, err := d.Spool.Drop(position(p))
	if err != nil {
		d.Log.Error("cannot drop all of a former owner's records, trying again", "err", err)
	}
	d.Log.Warn("dropped what a former owner has not got in time", "records", records, "parts", parts)
}

func position(p certs.Position) spool.Position { return spool.Position{Boot: p.Boot, N: p.N} }
