// Package events assembles verified records into events: one thing that happened before one camera, from started to
// ended, with its thumbnail, its facts and the parts of its clip.
//
// Only a verify.Record gets in, so nothing here was not proven to be this owner's. What was refused is counted by
// reason, and is never part of an event.
package events

import (
	"cmp"
	"slices"
	"time"

	"signet/certs"
	"signet/owner/verify"
)

// Entry is a verified record and where the cloud keeps it.
type Entry struct {
	Seq      uint64    // the cloud's
	Received time.Time // by the cloud's clock
	*verify.Record
}

// Key names an event. The camera is part of it: a camera that uses another's event id harms no other camera.
type Key struct {
	Device certs.DeviceID
	ID     certs.EventID
}

// Event is what a camera has told of one event so far.
type Event struct {
	Key
	Entries []Entry // ascending by position
	Forked  bool    // the camera signed two different records for one position

	camera *camera
}

// Media is a piece of media and the record that names it.
type Media struct {
	Entry
	certs.Media
}

// first returns the first record of a type.
func (e *Event) first(t certs.RecordType) (Entry, bool) {
	i := slices.IndexFunc(e.Entries, func(x Entry) bool { return x.Type == t })
	if i < 0 {
		return Entry{}, false
	}
	return e.Entries[i], true
}

// State says how far an event has come.
type State string

// States, spelled as the owner's page spells them.
const (
	Running     State = "running"
	Ended       State = "ended"
	Interrupted State = "interrupted" // the camera has started anew since: no end will come
)

// State tells the state by what is known of the camera. A later boot does not go on with what an earlier one has begun.
func (e *Event) State() State {
	if _, ok := e.first(certs.Ended); ok {
		return Ended
	}
	if e.Entries[0].Position.Boot < e.camera.boot {
		return Interrupted
	}
	return Running
}

// floor is older than any camera of this kind: clocks that were never set begin in 1970, or with their software.
var floor = uint64(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())

// Start returns when the motion began by the camera's clock, and how good that clock was. Where the clock was not set,
// it is when the cloud received the record.
func (e *Event) Start() (time.Time, certs.WallQuality) {
	first := e.Entries[0]
	if s, ok := e.first(certs.Started); ok {
		first = s
	}
	if first.Wall.Quality == certs.WallUnknown && first.Wall.UnixMs < floor {
		return first.Received, certs.WallUnknown
	}
	return time.UnixMilli(int64(min(first.Wall.UnixMs, 1<<50))), first.Wall.Quality
}

// Length returns how long the motion was, by the event's facts, which may be nil. Without such facts it is the time from
// the first to the last record, by the camera's monotonic clock; of an event without an end, as far as its parts reach.
func (e *Event) Length(f *certs.Facts) time.Duration {
	start, begun := e.first(certs.Started)
	end, ended := e.first(certs.Ended)
	var ms int64
	switch {
	case ended && f != nil && f.Motion != nil:
		ms = f.Motion.To - f.Motion.From
	case begun && ended && start.BootID == end.BootID && end.MonoMs >= start.MonoMs:
		ms = int64(min(end.MonoMs-start.MonoMs, 1<<40))
	default:
		if parts := e.Parts(); len(parts) > 0 && parts[len(parts)-1].Span != nil {
			ms = max(0, parts[len(parts)-1].Span.To)
		}
	}
	return time.Duration(ms) * time.Millisecond
}

// ClipLength returns how long the clip is with all its parts that records name: longer than the motion by what the
// camera keeps before and after it.
func (e *Event) ClipLength() time.Duration {
	var from, to int64
	for i, m := range e.Parts() {
		if m.Span == nil {
			continue
		}
		if i == 0 {
			from = m.Span.From
		}
		to = max(to, m.Span.To)
	}
	return time.Duration(max(0, to-from)) * time.Millisecond
}

// newest returns the piece of media of a kind in the newest record that has one: of an event that has ended, the best
// of the whole event.
func (e *Event) newest(k certs.MediaKind) (Media, bool) {
	for _, x := range slices.Backward(e.Entries) {
		for _, m := range x.Record.Media {
			if m.Kind == k {
				return Media{x, m}, true
			}
		}
	}
	return Media{}, false
}

// Thumbnail returns the best thumbnail.
func (e *Event) Thumbnail() (Media, bool) { return e.newest(certs.Thumbnail) }

// Facts returns the newest facts.
func (e *Event) Facts() (Media, bool) { return e.newest(certs.FactsMedia) }

// Parts returns the parts of the clip, ascending by index, one of each.
func (e *Event) Parts() []Media {
	var parts []Media
	for _, x := range e.Entries {
		for _, m := range x.Record.Media {
			if m.Kind == certs.ClipPart {
				parts = append(parts, Media{x, m})
			}
		}
	}
	slices.SortStableFunc(parts, func(a, b Media) int { return cmp.Compare(*a.Index, *b.Index) })
	return slices.CompactFunc(parts, func(a, b Media) bool { return *a.Index == *b.Index })
}

// Lost says whether the camera has stated that it gave up media of the record that names m: what has not arrived of it
// never will.
func (e *Event) Lost(m Media) bool {
	return slices.ContainsFunc(e.camera.dropped, func(g certs.GapRange) bool {
		return !m.Position.Less(g.From) && !g.To.Less(m.Position)
	})
}

// MissingParts returns how many parts before the last known one no record names.
func (e *Event) MissingParts() uint64 {
	parts := e.Parts()
	if len(parts) == 0 {
		return 0
	}
	return *parts[len(parts)-1].Index + 1 - uint64(len(parts))
}
