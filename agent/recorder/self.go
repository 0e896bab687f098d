package recorder

import (
	"signet/agent/ownership"
	"signet/capture"
	"signet/certs"
	"signet/uplink/spool"
)

// Announce writes what a camera says about itself at its start: once in an epoch that it is claimed, at every start
// that it is online, and what was lost meanwhile. It waits for the flash.
func (r *Recorder) Announce(s *ownership.State) error {
	t := s.Terms()
	if t == nil {
		return errUnowned
	}
	if !s.Announced() {
		if _, err := r.write(t, statement{kind: certs.Claimed, urgency: spool.Urgent, at: present(), fill: claimed}); err != nil {
			return err
		}
		if err := s.SetAnnounced(); err != nil {
			return err
		}
	}
	if err := r.online(t); err != nil {
		return err
	}
	r.announced.Store(true)
	return r.TellGaps()
}

func claimed(rec *certs.Record, t *ownership.Terms) {
	rec.Chain, rec.Offer = [][]byte{t.Event.Raw, t.Root}, t.Offer
}

func (r *Recorder) online(t *ownership.Terms) error {
	s := statement{kind: certs.Online, urgency: spool.Urgent, at: present()}
	if c := r.camera.Load(); c != nil {
		m, err := r.sealFacts(t, certs.Facts{Camera: c}, nil)
		if err != nil {
			return err
		}
		s.sealed = []sealed{m}
	}
	previous, known := r.cfg.Spool.Previous()
	s.fill = func(rec *certs.Record, t *ownership.Terms) {
		rec.Chain = [][]byte{t.Event.Raw, t.Root}
		if known {
			rec.Previous = &certs.Position{Boot: previous.Boot, N: previous.N}
		}
	}
	_, err := r.write(t, s)
	return err
}

// maxGaps bounds how many gap records are written at once.
const maxGaps = 16

// TellGaps writes a gap record for each range of records that the spool had to drop or lost.
func (r *Recorder) TellGaps() error {
	t := r.cfg.Terms()
	if t == nil {
		return errUnowned
	}
	for _, g := range r.cfg.Spool.Gaps(maxGaps) {
		reason := certs.GapSpoolFull
		if g.Cause == spool.Damaged {
			reason = certs.GapSpoolDamaged
		}
		from, to := certs.Position{Boot: g.Boot, N: g.From}, certs.Position{Boot: g.Boot, N: g.To}
		if err := r.gap(t, from, to, reason); err != nil {
			return err
		}
		r.cfg.Spool.Told(g)
	}
	return nil
}

// MediaDropped says that the media which the record at p names will never be uploaded.
func (r *Recorder) MediaDropped(p certs.Position) {
	r.push(job{do: r.owned(func(t *ownership.Terms) error { return r.gap(t, p, p, certs.GapMediaDropped) })})
}

func (r *Recorder) gap(t *ownership.Terms, from, to certs.Position, reason certs.GapReason) error {
	_, err := r.write(t, statement{
		kind: certs.Gap, urgency: spool.Urgent, at: present(),
		fill: func(rec *certs.Record, _ *ownership.Terms) {
			rec.Gap = &certs.GapRange{From: from, To: to, Reason: reason}
		},
	})
	return err
}

// Camera notes what the camera is, for records from now on, and says so in an online record when that is new.
func (r *Recorder) Camera(info capture.Info, name string) {
	if name == "" {
		name = info.Name
	}
	facts := &certs.CameraFacts{
		Name: name, Driver: info.Driver, Format: string(info.Format), Width: uint64(info.Width),
		Height: uint64(info.Height), FPSx1000: uint64(info.FPS * 1000), Generated: info.Generated,
	}
	old := r.camera.Swap(facts)
	if !r.announced.Load() || old != nil && *old == *facts {
		return
	}
	r.push(job{do: r.owned(r.online)})
}

// Tamper says that something was done to the camera, such as being unplugged; reason is for the owner and is sealed.
func (r *Recorder) Tamper(reason string) {
	at, ev := present(), r.eventID()
	r.push(job{do: r.owned(func(t *ownership.Terms) error {
		m, err := r.sealFacts(t, certs.Facts{Reason: reason, Camera: r.camera.Load()}, ev)
		if err != nil {
			return err
		}
		_, err = r.write(t, statement{kind: certs.Tamper, urgency: spool.Urgent, at: at, event: ev, sealed: []sealed{m}})
		return err
	})})
}

func (r *Recorder) eventID() *certs.EventID {
	if r.event == nil {
		return nil
	}
	id := r.event.id
	return &id
}
