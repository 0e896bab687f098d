package recorder

import (
	"errors"
	"slices"

	"signet/agent/ownership"
	"signet/certs"
	"signet/uplink/spool"
)

var errUnowned = errors.New("camera has no owner")

// Announce writes what a camera says about itself at its start: once in an epoch that it is claimed, at every start
// that it is online, and what was lost meanwhile. It waits for the flash. It is called before Run; after an error again,
// when it goes on where it came to.
func (r *Recorder) Announce(s *ownership.State) error {
	t := s.Terms()
	if t == nil {
		return errUnowned
	}
	if r.signed != t.Event.X5T {
		r.said = nil
	}
	r.state, r.signed = s, t.Event.X5T
	r.cfg.Spool.Former(spool.Position{Boot: t.After.Boot, N: t.After.N})
	r.announced.Store(true) // first, so that what the camera is comes in this record or in a later one
	if !s.Announced(t) {
		if err := r.once(claimed(t)); err != nil {
			return err
		}
		if err := s.SetAnnounced(t); err != nil {
			return err
		}
	}
	var cameras []*certs.CameraFacts
	for _, l := range r.lanes {
		cameras = append(cameras, l.facts.Load())
	}
	online, err := r.online(t)
	if err != nil {
		return err
	}
	if err := r.once(online); err != nil {
		return err
	}
	for i, l := range r.lanes {
		l.announced(cameras[i])
	}
	return r.tellGaps(t)
}

// once writes a record of Announce, unless an earlier attempt has.
func (r *Recorder) once(s statement) error {
	if slices.Contains(r.said, s.kind) {
		return nil
	}
	if _, err := r.write(s); err != nil {
		return err
	}
	r.said = append(r.said, s.kind)
	return nil
}

// Claim writes the claimed record once more, for a cloud that lost the first.
func (r *Recorder) Claim() {
	r.pushNow(job{seal: func(t *ownership.Terms) (statement, error) { return claimed(t), nil }})
}

func claimed(t *ownership.Terms) statement {
	return statement{terms: t, kind: certs.Claimed, urgency: spool.Urgent, at: present(), fill: func(rec *certs.Record) error {
		rec.Chain, rec.Offer = [][]byte{t.Event.Raw, t.Root}, t.Offer
		return nil
	}}
}

func (r *Recorder) online(t *ownership.Terms) (statement, error) {
	s := statement{terms: t, kind: certs.Online, urgency: spool.Urgent, at: present()}
	for _, l := range r.lanes {
		c := l.facts.Load()
		if c == nil {
			continue
		}
		m, err := r.sealFacts(t, certs.Facts{Camera: c}, nil)
		if err != nil {
			return s, err
		}
		s.sealed = append(s.sealed, m)
	}
	previous, known := r.cfg.Spool.Previous()
	s.fill = func(rec *certs.Record) error {
		rec.Chain = [][]byte{t.Event.Raw, t.Root}
		if known {
			rec.Previous = &certs.Position{Boot: previous.Boot, N: previous.N}
		}
		return nil
	}
	return s, nil
}

// tellPolicy makes an online record where no other has told of the policy in force yet: its owner waits for that word, and
// nothing may happen before the cameras for hours.
func (r *Recorder) tellPolicy(t *ownership.Terms) {
	if t == nil || r.state == nil || t.Policy.Version <= r.policy {
		return
	}
	r.policy = t.Policy.Version
	r.pushNow(job{seal: r.online})
}

// maxGaps bounds how many gap records are written at once.
const maxGaps = 16

// tellGaps writes a gap record for each range of records that the spool had to drop or lost.
func (r *Recorder) tellGaps(t *ownership.Terms) error {
	for _, g := range r.cfg.Spool.Gaps(maxGaps) {
		reason := certs.GapSpoolFull
		if g.Cause == spool.Damaged {
			reason = certs.GapSpoolDamaged
		}
		s := gap(t, certs.Position{Boot: g.Boot, N: g.From}, certs.Position{Boot: g.Boot, N: g.To}, reason)
		if _, err := r.write(s); err != nil {
			return err
		}
		r.cfg.Spool.Told(g)
	}
	return nil
}

// MediaDropped says that the media which the record at p names will never be uploaded. told is called, from Run, when a
// gap in the spool says so, which may be never; or at once where nobody is left to tell, since the record is of an epoch that
// is over.
func (r *Recorder) MediaDropped(p certs.Position, told func()) {
	if t := r.cfg.Terms(); t == nil || !t.After.Less(p) {
		told()
		return
	}
	r.pushNow(job{seal: func(t *ownership.Terms) (statement, error) {
		s := gap(t, p, p, certs.GapMediaDropped)
		s.stored = told
		return s, nil
	}})
}

func gap(t *ownership.Terms, from, to certs.Position, reason certs.GapReason) statement {
	return statement{terms: t, kind: certs.Gap, urgency: spool.Urgent, at: present(), fill: func(rec *certs.Record) error {
		rec.Gap = &certs.GapRange{From: from, To: to, Reason: reason}
		return nil
	}}
}

// tamper makes a record of something that was done to a camera, or to the device where camera is nil.
func (r *Recorder) tamper(t *ownership.Terms, at instant, camera *certs.CameraFacts, event *certs.EventID, reason string) (statement, error) {
	m, err := r.sealFacts(t, certs.Facts{Reason: reason, Camera: camera}, event)
	if err != nil {
		return statement{}, err
	}
	return statement{terms: t, kind: certs.Tamper, urgency: spool.Urgent, at: at, event: event, sealed: []sealed{m}}, nil
}
