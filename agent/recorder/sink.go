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
	if r.cfg.Terms() == nil {
		return // nobody's: of this event nothing is recorded
	}
	at := r.momentOf(e.Start)
	id := certs.NewEventID(at.time())
	r.event = &event{id: id, start: e.Start}
	r.recording.Store(true)
	facts := certs.Facts{Reason: moment.ReasonMotion, Boxes: boxes(t.Boxes), Camera: r.camera.Load()}
	r.happening(certs.Started, id, at, t, facts)
}

// Ended writes the last record of an event, with its best thumbnail.
func (r *Recorder) Ended(e moment.Event, t moment.Thumbnail, f moment.Facts) {
	if r.event == nil {
		return
	}
	id := r.event.id
	r.event = nil
	r.recording.Store(false)
	score := uint64(min(max(f.Score, 0), 1) * 1000)
	span := certs.Span{From: 0, To: e.End.Sub(e.Start).Milliseconds()}
	facts := certs.Facts{Reason: f.Reason, Score: &score, Boxes: boxes(f.Boxes), Motion: &span, Camera: r.camera.Load()}
	r.happening(certs.Ended, id, r.momentOf(e.End), t, facts)
}

// happening queues one record with a thumbnail and facts.
func (r *Recorder) happening(kind certs.RecordType, id certs.EventID, at instant, t moment.Thumbnail, f certs.Facts) {
	r.push(job{size: len(t.JPEG), seal: func(terms *ownership.Terms) (statement, error) {
		s := statement{terms: terms, kind: kind, urgency: spool.Urgent, event: &id, at: at}
		if t.JPEG != nil {
			ms := t.At.Milliseconds()
			m, err := seal(terms, certs.Media{Kind: certs.Thumbnail, MIME: "image/jpeg", Span: &certs.Span{From: ms, To: ms}}, t.JPEG)
			if err != nil {
				return s, err
			}
			s.sealed = append(s.sealed, m)
		}
		m, err := r.sealFacts(terms, f, &id)
		s.sealed = append(s.sealed, m)
		return s, err
	}})
}

// Part queues the record of a piece of the clip; the piece goes to the uplink when the record has its position.
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
	r.push(job{size: len(p.Data), part: true, seal: func(terms *ownership.Terms) (statement, error) {
		m, err := seal(terms, media, p.Data)
		return statement{terms: terms, kind: certs.Part, urgency: spool.Grouped, event: &id, at: at, sealed: []sealed{m}}, err
	}})
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
