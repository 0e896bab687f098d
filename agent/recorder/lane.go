package recorder

import (
	"sync/atomic"
	"time"

	"signet/agent/clock"
	"signet/agent/ownership"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/uplink/spool"
)

// Lane makes records of what one camera sees. It has that camera's facts, clock and running event; the queue and all
// behind it is the Recorder's, so that events of several cameras overlap as they happen. Its methods are for one
// goroutine, the one that runs the camera's pipeline.
type Lane struct {
	r      *Recorder
	number int                               // of the camera, from 0
	facts  atomic.Pointer[certs.CameraFacts] // nil: there was no camera yet
	ahead  time.Duration                     // the camera's clock less CLOCK_MONOTONIC at the newest frame
	event  *event                            // that is running; nil between events

	presence presence
	scenes   scenes

	recording atomic.Bool
}

// event is what a lane remembers of a running event.
type event struct {
	id    certs.EventID
	start capture.Mono
	epoch uint64 // that it began in: nobody else ever sees anything of it
}

// A Lane is what the pipeline reports to.
var _ moment.Sink = (*Lane)(nil)

// Camera notes what the camera is, for records from now on. One that comes after Announce, or comes back after a tamper
// record, is told of in another online record, and so is one that is not what it was, at most once a minute.
func (l *Lane) Camera(info capture.Info, name string) {
	if name == "" {
		name = info.Name
	}
	l.facts.Store(&certs.CameraFacts{
		Number: uint64(l.number), Name: name, Driver: info.Driver, Format: string(info.Format), Width: uint64(info.Width),
		Height: uint64(info.Height), FPSx1000: uint64(info.FPS * 1000), Generated: info.Generated,
	})
	l.came()
}

// Tamper says that something was done to the camera, such as being unplugged; reason, one of few, is for the owner and is
// sealed. What happens again within a minute of a tamper record is told by the next one, when that minute is over. Tamper
// ends an event that still runs, which only a pipeline leaves that broke.
func (l *Lane) Tamper(reason string) {
	if l.event == nil {
		l.went(reason, nil)
		return
	}
	e := l.event
	l.went(reason, &e.id)
	l.Ended(moment.Event{Start: e.start, End: capture.Now().Add(l.ahead)}, moment.Thumbnail{}, moment.Facts{Reason: moment.ReasonMotion})
}

// Frame notes what the camera's clock shows, and lets live viewers see the frame.
func (l *Lane) Frame(f *capture.Frame) {
	l.ahead = f.Mono.Sub(capture.Now())
	l.r.frames.Add(1)
	if l.r.cfg.Live != nil {
		l.r.cfg.Live(l.number, f)
	}
}

// Started writes the first record of an event, with its provisional thumbnail.
func (l *Lane) Started(e moment.Event, thumbnail moment.Thumbnail) {
	t := l.r.cfg.Terms()
	if t == nil {
		return // nobody's: of this event nothing is recorded
	}
	at := l.momentOf(e.Start)
	id := certs.NewEventID(at.time())
	l.event = &event{id: id, start: e.Start, epoch: t.Epoch}
	l.recording.Store(true)
	facts := certs.Facts{Reason: moment.ReasonMotion, Boxes: boxes(thumbnail.Boxes), Camera: l.facts.Load()}
	l.happening(certs.Started, l.event, at, thumbnail, facts)
}

// Ended writes the last record of an event, with its best thumbnail.
func (l *Lane) Ended(e moment.Event, t moment.Thumbnail, f moment.Facts) {
	if l.event == nil {
		return
	}
	running := l.event
	l.event = nil
	l.recording.Store(false)
	score := uint64(min(max(f.Score, 0), 1) * 1000)
	span := certs.Span{From: 0, To: e.End.Sub(e.Start).Milliseconds()}
	facts := certs.Facts{Reason: f.Reason, Score: &score, Boxes: boxes(f.Boxes), Zone: f.Zone, Motion: &span, Camera: l.facts.Load()}
	l.happening(certs.Ended, running, l.momentOf(e.End), t, facts)
}

// happening queues one record with a thumbnail and facts.
func (l *Lane) happening(kind certs.RecordType, e *event, at instant, t moment.Thumbnail, f certs.Facts) {
	id := e.id
	l.r.push(job{epoch: e.epoch, size: len(t.JPEG), seal: func(terms *ownership.Terms) (statement, error) {
		s := statement{terms: terms, kind: kind, urgency: spool.Urgent, event: &id, at: at}
		if t.JPEG != nil {
			ms := t.At.Milliseconds()
			m, err := sealThumbnail(terms, t.JPEG, &certs.Span{From: ms, To: ms})
			if err != nil {
				return s, err
			}
			s.sealed = append(s.sealed, m)
		}
		m, err := l.r.sealFacts(terms, f, &id)
		s.sealed = append(s.sealed, m)
		return s, err
	}})
}

// sealThumbnail encrypts a picture of a moment of an event, or of none.
func sealThumbnail(t *ownership.Terms, jpeg []byte, at *certs.Span) (sealed, error) {
	return seal(t, certs.Media{Kind: certs.Thumbnail, MIME: "image/jpeg", Span: at}, jpeg)
}

// Part queues the record of a piece of the clip; the piece goes to the uplink when the record has its position.
func (l *Lane) Part(_ moment.Event, p moment.Part) {
	if l.event == nil {
		return
	}
	id, at := l.event.id, l.momentOf(l.event.start.Add(p.End))
	index := uint64(p.Index)
	media := certs.Media{
		Kind: certs.ClipPart, MIME: p.MIME, Index: &index,
		Span: &certs.Span{From: p.Start.Milliseconds(), To: p.End.Milliseconds()},
	}
	l.r.push(job{epoch: l.event.epoch, size: len(p.Data), part: true, seal: func(terms *ownership.Terms) (statement, error) {
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

// momentOf places a camera's moment on the clocks of the board.
func (l *Lane) momentOf(m capture.Mono) instant {
	now := capture.Now()
	mono := m.Add(-l.ahead)
	return instant{max(mono, 0), clock.Wall(time.Now().Add(-now.Sub(mono)))}
}
