package recorder_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/agent/recorder"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/uplink/spool"
)

// part is what a recorder hands to the uplink.
type part struct {
	position certs.Position
	hash     certs.Hash
	sealed   []byte
}

// flash is a real spool on storage that may be full or fail.
type flash struct {
	*spool.Spool
	full atomic.Bool
	fail func(seal func(spool.Position) (spool.Entry, error)) error // may be nil
}

func (f *flash) Append(u spool.Urgency, seal func(spool.Position) (spool.Entry, error)) (spool.Position, error) {
	if f.full.Load() {
		return spool.Position{}, fmt.Errorf("append: %w", spool.ErrFull)
	}
	if f.fail != nil {
		if err := f.fail(seal); err != nil {
			return spool.Position{}, fmt.Errorf("append: %w", err)
		}
	}
	return f.Spool.Append(u, seal)
}

// world is a recorder of a rig with two cameras, on a real spool.
type world struct {
	*recorder.Recorder
	*recorder.Lane // of the first camera
	t              *testing.T
	rig            *ownershiptest.Rig
	flash          flash
	parts          []part // that the uplink was handed; of Run's goroutine
}

// newWorld makes a recorder that has announced itself where the camera is owned.
func newWorld(t *testing.T, rig *ownershiptest.Rig) *world {
	t.Helper()
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w := &world{t: t, rig: rig, flash: flash{Spool: s}}
	w.Recorder = recorder.New(recorder.Config{
		Device: rig.Device.ID, Terms: rig.State.Terms, Spool: &w.flash, BootID: [16]byte{1}, Firmware: certs.HashOf([]byte("firmware")),
		Cameras: 2, Log: slog.New(slog.DiscardHandler),
		Part: func(p certs.Position, h certs.Hash, b []byte) { w.parts = append(w.parts, part{p, h, b}) },
	})
	w.Lane = w.Recorder.Lane(0)
	if rig.State.Terms() != nil {
		if err := w.Announce(rig.State); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// finish does what is queued, as a recorder does that is told to end.
func (w *world) finish() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	cancel()
	if err := w.Run(ctx); !errors.Is(err, context.Canceled) {
		w.t.Fatal(err)
	}
}

// entries returns what is in the spool.
func (w *world) entries() (entries []spool.Entry) {
	w.t.Helper()
	if err := w.flash.Sync(); err != nil {
		w.t.Fatal(err)
	}
	for _, item := range w.flash.Pending(spool.Position{}, 1000) {
		e, err := w.flash.Read(item.Position)
		if err != nil {
			w.t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// records returns the records in the spool, verified.
func (w *world) records() (records []*certs.SignedRecord) {
	w.t.Helper()
	for _, e := range w.entries() {
		records = append(records, verified(w.t, w.rig, e))
	}
	return records
}

// types of records, for comparing.
func types(records []*certs.SignedRecord) (all []certs.RecordType) {
	for _, r := range records {
		all = append(all, r.Type)
	}
	return all
}

// verified parses a record and proves that it is the rig's owner's.
func verified(t *testing.T, rig *ownershiptest.Rig, e spool.Entry) *certs.SignedRecord {
	t.Helper()
	rec, err := certs.ParseRecord(e.Record)
	if err != nil {
		t.Fatal(err)
	}
	terms := rig.State.Terms()
	cert, err := certs.VerifyEventCertificate(terms.Event.Raw, terms.Root, rec.Owner)
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Verify(cert); err != nil {
		t.Fatal(err)
	}
	if rec.Owner != rig.Owner.ID {
		t.Fatalf("record names owner %s", rec.Owner)
	}
	if err := rec.MatchInline(e.Media); err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestEventBecomesRecordsOfItsOwner(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	picture, final, clip := []byte("a provisional picture"), []byte("the best picture"), bytes.Repeat([]byte("clip"), 1000)
	w := newWorld(t, rig)
	now := capture.Now()
	e := moment.Event{N: 1, Start: now.Add(-time.Second), End: now}
	w.Frame(&capture.Frame{Mono: now})
	w.Started(e, moment.Thumbnail{JPEG: picture})
	w.Part(e, moment.Part{Data: clip, MIME: "video/mp4", Start: -5 * time.Second, End: time.Second})
	w.Ended(e, moment.Thumbnail{JPEG: final}, moment.Facts{Score: 0.7, Reason: "motion", Boxes: []moment.Box{{X: 9000, Y: 1, W: 5000, H: 2}}})
	w.finish()
	if c := w.Counters(); c != (recorder.Counters{Frames: 1, Records: 5}) {
		t.Errorf("%+v", c)
	}
	entries, parts := w.entries(), w.parts
	want := []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Part, certs.Ended}
	if len(entries) != len(want) {
		t.Fatalf("%d records, want %d", len(entries), len(want))
	}
	var event *certs.EventID
	for i, e := range entries {
		rec := verified(t, rig, e)
		if rec.Type != want[i] || rec.Position.N != uint64(i+1) {
			t.Errorf("record %d is %v at %v", i, rec.Type, rec.Position)
		}
		for _, m := range e.Media {
			if bytes.Contains(m, picture) || bytes.Contains(m, final) {
				t.Error("a picture is in clear")
			}
		}
		if rec.Event == nil {
			continue
		}
		if event != nil && *event != *rec.Event {
			t.Error("records of one event name different events")
		}
		event = rec.Event
	}
	last := verified(t, rig, entries[4])
	open := func(b []byte) []byte {
		plain, err := certs.Open(b, certs.MaxPart, rig.Owner.Identity)
		if err != nil {
			t.Fatal(err)
		}
		return plain
	}
	if got := open(entries[4].Media[0]); !bytes.Equal(got, final) {
		t.Errorf("final thumbnail is %q", got)
	}
	facts, err := certs.ParseFacts(open(entries[4].Media[1]))
	if err != nil {
		t.Fatal(err)
	}
	if err := facts.Belong(&last.Record); err != nil {
		t.Error(err)
	}
	if *facts.Score != 700 || facts.Reason != "motion" || facts.Boxes[0].W != 1000 {
		t.Errorf("facts are %+v", facts)
	}
	named := verified(t, rig, entries[3]).Media[0]
	if len(parts) != 1 || parts[0].hash != named.Hash || certs.HashOf(parts[0].sealed) != named.Hash || parts[0].position.N != 4 {
		t.Errorf("the uplink was not handed the part that the record names")
	}
	if !bytes.Equal(open(parts[0].sealed), clip) {
		t.Error("the part does not open to the clip")
	}
}

func TestNobodyOwnsNothingIsRecorded(t *testing.T) {
	w := newWorld(t, ownershiptest.New(t))
	e := moment.Event{N: 1, Start: capture.Now()}
	w.Started(e, moment.Thumbnail{JPEG: []byte("x")})
	w.Part(e, moment.Part{Data: []byte("y"), MIME: "video/mp4"})
	w.Ended(e, moment.Thumbnail{}, moment.Facts{})
	w.Tamper("camera gone")
	w.finish()
	if n := len(w.entries()) + len(w.parts); n != 0 || w.Recording() {
		t.Errorf("%d records and parts of nobody's camera", n)
	}
}

// An event that began while nobody owned the camera is nobody's to its end.
func TestEventOfNobodyStaysNobodys(t *testing.T) {
	rig := ownershiptest.New(t)
	w := newWorld(t, rig)
	e := moment.Event{N: 1, Start: capture.Now()}
	w.Started(e, moment.Thumbnail{JPEG: []byte("x")})
	rig.Claim(t)
	w.Part(e, moment.Part{Data: []byte("y"), MIME: "video/mp4"})
	w.Ended(e, moment.Thumbnail{}, moment.Facts{})
	w.finish()
	if n := len(w.entries()) + len(w.parts); n != 0 {
		t.Errorf("%d records and parts of an event before the claim", n)
	}
}

func TestCameraThatGoesLeavesTamper(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	w.Started(moment.Event{N: 1, Start: capture.Now()}, moment.Thumbnail{})
	w.Tamper("camera gone")
	w.finish()
	entries := w.entries()
	rec := verified(t, rig, entries[3])
	if rec.Type != certs.Tamper || rec.Event == nil {
		t.Errorf("record is %v of event %v", rec.Type, rec.Event)
	}
	if bytes.Contains(entries[3].Record, []byte("camera gone")) {
		t.Error("the reason is in clear")
	}
	if end := verified(t, rig, entries[4]); end.Type != certs.Ended || *end.Event != *rec.Event || w.Recording() {
		t.Errorf("the event that a broken pipeline left is followed by %v", end.Type)
	}
}

func TestStartNamesWhatThePreviousBootHad(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	dir := t.TempDir()
	boot := func() *certs.SignedRecord {
		s, err := spool.Open(dir, spool.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		r := recorder.New(recorder.Config{Device: rig.Device.ID, Terms: rig.State.Terms, Spool: s, Log: slog.New(slog.DiscardHandler)})
		if err := r.Announce(rig.State); err != nil {
			t.Fatal(err)
		}
		e, err := s.Read(s.Last())
		if err != nil {
			t.Fatal(err)
		}
		return verified(t, rig, e)
	}
	first, second := boot(), boot()
	if first.Type != certs.Online || first.Previous != nil {
		t.Errorf("the first start is %v after %v", first.Type, first.Previous)
	}
	if second.Previous == nil || *second.Previous != first.Position || second.Position.Boot != first.Position.Boot+1 {
		t.Errorf("online at %v names %v, the last position was %v", second.Position, second.Previous, first.Position)
	}
}
