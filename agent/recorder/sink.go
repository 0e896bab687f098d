package recorder

import (
	"signet/agent/ownership"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/uplink/spool"
)

// A Recorder is what the pipeline reports to.
var _ moment.Sink = (*Recorder)(nil)

// Frame notes what the camera's clock shows, and lets live viewers see the frame.
func (r *Recorder) Frame(f *capture.Frame) {
	r.see(f.Mono)
	r.frames.Add(1)
	if r.cfg.Live != nil {
		r.cfg.Live(f)
	}
}

// Started writes the first record of an event, with its provisional thumbnail.
func (r *Recorder) Started(e moment.Event, t moment.Thumbnail) {
	at := r.momentOf(e.Start)
	id := certs.NewEventID(at.time())
	r.event = &event{id: id, start: e.Start}
	r.recording.Store(true)
	facts := certs.Facts{Reason: moment.ReasonMotion, Boxes: boxes(t.Boxes), Camera: r.camera.Load()}
	r.happening(certs.Started, spool.Urgent, id, at, t, facts)
}

// Ended writes the last record of an event, with its best thumbnail.
func (r *Recorder) Ended(e moment.Event, t moment.Thumbnail, f moment.Facts) {
	if r.event == nil {
		return // it began while nobody owned the camera
	}
	id := r.event.id
	r.event = nil
	r.recording.Store(false)
	score := uint64(min(max(f.Score, 0), 1) * 1000)
	span := certs.Span{From: 0, To: e.End.Sub(e.Start).Milliseconds()}
	facts := certs.Facts{Reason: f.Reason, Score: &score, Boxes: boxes(f.Boxes), Motion: &span, Camera: r.camera.Load()}
	r.happening(certs.Ended, spool.Urgent, id, r.momentOf(e.End), t, facts)
}

// happening queues one record with a thumbnail and facts.
func (r *Recorder) happening(kind certs.RecordType, u spool.Urgency, id certs.EventID, at instant, t moment.Thumbnail, f certs.Facts) {
	r.push(job{size: len(t.JPEG), do: r.owned(func(terms *ownership.Terms) error {
		s := statement{kind: kind, urgency: u, event: &id, at: at}
		if t.JPEG != nil {
			ms := t.At.Milliseconds()
			m, err := seal(terms, certs.Media{Kind: certs.Thumbnail, MIME: "image/jpeg", Span: &certs.Span{From: ms, To: ms}}, t.JPEG)
			if err != nil {
				return err
			}
			s.sealed = append(s.sealed, m)
		}
		m, err := r.sealFacts(terms, f, &id)
		if err != nil {
			return err
		}
		s.sealed = append(s.sealed, m)
		_, err = r.write(terms, s)
		return err
	})})
}

// Part writes the record of a piece of the clip and hands the piece to the uplink.
func (r *Recorder) Part(_ moment.Event, p moment.Part) {
	if r.event == nil {
		return
	}
	id, at := r.event.id, r.momentOf(r.event.start.Add(p.End))
	index := uint64(p.Index)
	media := certs.Media{
		Kind: certs.ClipPart, MIME: p.MIME, Index: &index,
		Span: &certs.Span{From: p.Start.Milliseconds(), To: p.End.Milliseconds()},
	}
	r.push(job{size: len(p.Data), part: true, do: r.owned(func(terms *ownership.Terms) error {
		m, err := seal(terms, media, p.Data)
		if err != nil {
			return err
		}
		pos, err := r.write(terms, statement{kind: certs.Part, urgency: spool.Grouped, event: &id, at: at, sealed: []sealed{m}})
		if err != nil {
			return err
		}
		r.cfg.Part(pos, m.media.Hash, m.data)
		return nil
	})})
}

// owned runs do under the terms in force when its turn comes. While nobody owns the camera nothing is recorded.
func (r *Recorder) owned(do func(*ownership.Terms) error) func() error {
	return func() error {
		t := r.cfg.Terms()
		if t == nil {
			return nil
		}
		return do(t)
	}
}

func boxes(in []moment.Box) []certs.Box {
	out := make([]certs.Box, 0, len(in))
	for _, b := range in {
		x, y := clamp(b.X), clamp(b.Y)
		out = append(out, certs.Box{AtMs: b.At.Milliseconds(), X: x, Y: y, W: min(clamp(b.W), 10000-x), H: min(clamp(b.H), 10000-y)})
	}
	return out
}

func clamp(v int) uint64 { return uint64(min(max(v, 0), 10000)) }
