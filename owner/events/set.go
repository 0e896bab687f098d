package events

import (
	"cmp"
	"slices"

	"signet/certs"
	"signet/owner/verify"
)

// Set collects records in any order, each once. It is for one goroutine at a time.
type Set struct {
	events  map[Key]*Event
	places  map[place][]certs.Hash
	cameras map[certs.DeviceID]*camera
	refused map[verify.Reason]int
	records int
}

// place is where a record stands in a camera's life.
type place struct {
	device certs.DeviceID
	epoch  uint64
	boot   uint64
	n      uint64
}

// camera is what its records tell of a camera.
type camera struct {
	boot    uint64           // the newest one
	dropped []certs.GapRange // whose media the camera has given up
}

// NewSet returns an empty set.
func NewSet() *Set {
	return &Set{map[Key]*Event{}, map[place][]certs.Hash{}, map[certs.DeviceID]*camera{}, map[verify.Reason]int{}, 0}
}

// Add takes a record and says whether it is new. Same position and same bytes is a duplicate; same position and other
// bytes is a fork, which is kept and flagged at its event.
func (s *Set) Add(x Entry) bool {
	p := place{x.Device, x.Epoch, x.Position.Boot, x.Position.N}
	before := s.places[p]
	if slices.Contains(before, x.Hash) {
		return false
	}
	s.records++
	cam := s.cameras[x.Device]
	if cam == nil {
		cam = &camera{}
		s.cameras[x.Device] = cam
	}
	cam.boot = max(cam.boot, x.Position.Boot)
	s.places[p] = append(before, x.Hash)
	if x.Gap != nil && x.Gap.Reason == certs.GapMediaDropped {
		cam.dropped = append(cam.dropped, *x.Gap)
	}
	if x.Event == nil {
		return true
	}
	k := Key{x.Device, *x.Event}
	e := s.events[k]
	if e == nil {
		e = &Event{Key: k, camera: cam}
		s.events[k] = e
	}
	e.Forked = e.Forked || len(before) > 0
	i, _ := slices.BinarySearchFunc(e.Entries, x, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(a.Position.Boot, b.Position.Boot), cmp.Compare(a.Position.N, b.Position.N))
	})
	e.Entries = slices.Insert(e.Entries, i, x)
	return true
}

// Refuse counts an item that must not be shown.
func (s *Set) Refuse(r *verify.Refusal) { s.refused[r.Reason]++ }

// Refused returns how many items were refused, by reason.
func (s *Set) Refused() map[verify.Reason]int { return s.refused }

// Records returns how many verified records there are, and of how many cameras.
func (s *Set) Records() (records, cameras int) { return s.records, len(s.cameras) }

// Events returns all events, the newest first.
func (s *Set) Events() []*Event {
	all := make([]*Event, 0, len(s.events))
	for _, e := range s.events {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *Event) int {
		ta, _ := a.Start()
		tb, _ := b.Start()
		return cmp.Or(tb.Compare(ta), cmp.Compare(b.Entries[0].Seq, a.Entries[0].Seq))
	})
	return all
}
