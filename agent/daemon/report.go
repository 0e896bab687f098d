package daemon

import (
	"signet/agent/status"
	"signet/internal/hint"
)

// Report returns what the agent is doing. It may be called at any time, concurrently.
func (d *Daemon) Report() status.Report {
	r := status.Report{Version: d.cfg.Version, Device: d.device.ID.String(), Since: d.started}
	if t := d.owner.Terms(); t != nil {
		r.Owner, r.Epoch, r.Policy = t.Owner.String(), t.Epoch, t.Policy.Version
	}
	r.Camera = d.reportCamera()
	link, parts := d.session.Stats(), d.media.Stats()
	r.Uplink = status.Uplink{Connected: link.Connected, Error: link.LastError, Hint: link.Hint, Media: parts.Parts}
	s := d.spool.Stats()
	r.Spool = status.Spool{Pending: s.Pending, Bytes: s.Bytes, Refused: s.Refused, Dropped: s.Dropped, Last: d.spool.Last().String()}
	c := d.recorder.Counters()
	r.Recorded, r.Waiting, r.LetGo, r.Failed = c.Records, c.Waiting, c.LetGo, c.Failed
	r.Dropped = d.droppedFrames()
	if d.live != nil {
		r.Viewers = d.live.Stats().Viewers
	}
	return r
}

func (d *Daemon) reportCamera() status.Camera {
	info, err := d.camera.state()
	c := status.Camera{
		Name: info.Name, Driver: info.Driver, Format: string(info.Format), Width: info.Width, Height: info.Height, FPS: info.FPS,
		Frames: d.pipeline.Stats().Frames,
	}
	if err != nil {
		c.Error, c.Hint = err.Error(), hint.Own(err)
	}
	return c
}

func (d *Daemon) droppedFrames() map[string]uint64 {
	s := d.pipeline.Stats()
	all := map[string]uint64{}
	for reason, n := range map[string]uint64{
		"lost before they came": s.Lost, "torn": s.Torn, "not supported": s.Unsupported,
		"not decodable": s.Undecodable, "larger than the ring": s.Unkept, "no place in the clip": s.Unclipped,
	} {
		if n > 0 {
			all[reason] = n
		}
	}
	return all
}
