package daemon

import (
	"context"
	"errors"
	"time"

	"signet/certs"
	"signet/uplink/live"
	"signet/uplink/spool"
)

// uploadPart is told by the recorder of a sealed clip part.
func (d *Daemon) uploadPart(p certs.Position, h certs.Hash, sealed []byte) {
	if err := d.media.Add(p, h, sealed); err != nil {
		d.log.Error("cannot upload a clip part", "position", p, "err", err)
		d.mediaDropped(p)
	}
}

// mediaDropped is told by the media queue of a part that will never be uploaded.
func (d *Daemon) mediaDropped(p certs.Position) {
	d.recorder.MediaDropped(p, func() { d.media.Told(p) })
}

// bound is told by the session which records the cloud has: their parts may be uploaded.
func (d *Daemon) bound(ranges []spool.Range) {
	out := make([]certs.Range, len(ranges))
	for i, r := range ranges {
		out[i] = certs.Range{Boot: r.Boot, From: r.From, To: r.To}
	}
	d.media.Bound(out...)
}

// connected is told by the session that the connection came up, or went.
func (d *Daemon) connected(up bool) {
	d.media.Online(up)
	d.shown.tell()
	if up {
		d.online.tell()
	}
}

// heard is told by the session of the time of a receipt.
func (d *Daemon) heard(at time.Time) {
	if err := d.owner.Heard(at); err != nil {
		d.log.Warn("cannot note how late it is at least", "err", err)
	}
}

// pending is asked by the media queue whether a record still waits for its receipt.
func (d *Daemon) pending(p certs.Position) bool {
	next := d.spool.Pending(spool.Position{Boot: p.Boot, N: p.N - 1}, 1) // records count from 1
	return len(next) == 1 && next[0].Position == spool.Position{Boot: p.Boot, N: p.N}
}

// refused is told by the session which record the cloud never takes.
func (d *Daemon) refused(p spool.Position, _ string) {
	d.media.Refused(certs.Position{Boot: p.Boot, N: p.N})
}

// answerViewer is told by the session of a viewer request, on a goroutine that may take its time. It ends early when
// live view does.
func (d *Daemon) answerViewer(request []byte) {
	if d.live == nil {
		return
	}
	answer, err := d.live.Handle(context.Background(), request)
	if err != nil {
		if !errors.Is(err, live.ErrStopped) {
			d.log.Warn("viewer request gets no answer", "err", err)
		}
		return
	}
	if err := d.session.PublishAnswer(answer); err != nil {
		d.log.Warn("cannot answer a viewer", "err", err)
	}
}
