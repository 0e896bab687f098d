package daemon

import (
	"signet/agent/claiming"
	"signet/agent/status"
	"signet/capture"
	"signet/capture/moment"
	"signet/internal/hint"
)

// Report returns what the agent is doing. It may be called at any time, concurrently.
func (d *Daemon) Report() status.Report {
	r := status.Report{Version: d.cfg.Version, Device: d.device.Load().ID.String(), Since: d.started}
	r.Keys = string(d.device.Load().Keys.Level())
	if t := d.owner.Terms(); t != nil {
		r.Owner, r.Epoch, r.Policy = t.Owner.String(), t.Epoch, t.Policy.Version
	}
	r.Former = len(d.owner.Drains())
	if r.Owner == "" && d.claim != nil {
		r.Claim = claimReport(d.claim.Status())
	}
	for _, c := range d.cameras {
		r.Cameras = append(r.Cameras, c.report())
	}
	link, parts := d.session.Stats(), d.media.Stats()
	r.Uplink = status.Uplink{Connected: link.Connected, Error: link.LastError, Hint: link.Hint, Media: parts.Parts}
	s := d.spool.Stats()
	r.Spool = status.Spool{Pending: s.Pending, Bytes: s.Bytes, Refused: s.Refused, Dropped: s.Dropped, Last: d.spool.Last().String()}
	c := d.recorder.Counters()
	r.Recorded, r.Waiting, r.LetGo, r.Failed = c.Records, c.Waiting, c.LetGo, c.Failed
	if d.live != nil {
		r.Viewers = d.live.Stats().Viewers
	}
	return r
}

func claimReport(s claiming.Status) status.Claim {
	c := status.Claim{State: s.State.String(), Refused: s.Refused}
	if !s.Until.IsZero() {
		c.Until = &s.Until
	}
	return c
}

// report returns what the camera is doing. It may be called at any time, concurrently.
func (c *camera) report() status.Camera {
	s := c.pipeline.Stats()
	c.mu.Lock()
	defer c.mu.Unlock()
	r := status.Camera{
		Source: c.Spec, Name: c.called, Frames: s.Frames, Dropped: dropped(s, c.skippedSoFar()),
		Model: c.info.Name, Driver: c.info.Driver, Node: c.info.Path, Format: string(c.info.Format),
		Width: c.info.Width, Height: c.info.Height, FPS: c.info.FPS,
	}
	if c.err != nil {
		r.Error, r.Hint = c.err.Error(), hint.Own(c.err)
	}
	return r
}

// dropped counts the frames that came to nothing, by reason.
func dropped(s moment.Stats, k capture.Skipped) map[string]uint64 {
	all := map[string]uint64{}
	skipped := k.Marked + k.Empty + k.Torn
	lost := s.Lost - min(s.Lost, skipped) // what the camera skips is missing in its count too
	for reason, n := range map[string]uint64{
		"lost before they came": lost, "marked broken by the driver": k.Marked, "empty": k.Empty, "torn": k.Torn + s.Torn,
		"not supported": s.Unsupported, "not decodable": s.Undecodable, "larger than the ring": s.Unkept,
		"no place in the clip": s.Unclipped,
	} {
		if n > 0 {
			all[reason] = n
		}
	}
	return all
}
