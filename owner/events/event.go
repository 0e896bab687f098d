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

// Ended says whether the camera has told the end.
func (e *Event) Ended() bool { _, ok := e.first(certs.Ended); return ok }

// Start returns when the event began by the camera's clock, and how good that clock was. Where the camera did not know
// the time, it is when the cloud received the first record.
func (e *Event) Start() (time.Time, certs.WallQuality) {
	first := e.Entries[0]
	if s, ok := e.first(certs.Started); ok {
		first = s
	}
	if first.Wall.Quality == certs.WallUnknown {
		return first.Received, certs.WallUnknown
	}
	return time.UnixMilli(int64(min(first.Wall.UnixMs, 1<<50))), first.Wall.Quality
}

// Duration returns how long the event was, or has been by what is known. It comes from the camera's monotonic clock,
// or from the parts where that does not reach.
func (e *Event) Duration() time.Duration {
	var ms int64
	for _, x := range e.Entries {
		for _, m := range x.Record.Media {
			if m.Span != nil {
				ms = max(ms, m.Span.To)
			}
		}
	}
	start, ok1 := e.first(certs.Started)
	end, ok2 := e.first(certs.Ended)
	if ok1 && ok2 && start.BootID == end.BootID && end.MonoMs >= start.MonoMs {
		ms = max(ms, int64(min(end.MonoMs-start.MonoMs, 1<<40)))
	}
	return time.Duration(min(ms, 1<<40)) * time.Millisecond
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

// MissingParts returns how many parts before the last known one no record names.
func (e *Event) MissingParts() uint64 {
	parts := e.Parts()
	if len(parts) == 0 {
		return 0
	}
	return *parts[len(parts)-1].Index + 1 - uint64(len(parts))
}
