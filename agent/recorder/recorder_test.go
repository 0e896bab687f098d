package recorder_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
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

// run lets do report to a recorder of a claimed camera, and returns what came of it.
func run(t *testing.T, rig *ownershiptest.Rig, do func(*recorder.Recorder)) (entries []spool.Entry, parts []part) {
	t.Helper()
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := recorder.New(recorder.Config{
		Device: rig.Device.ID, Terms: rig.State.Terms, Spool: s, BootID: [16]byte{1}, Firmware: certs.HashOf([]byte("firmware")),
		Log:  slog.New(slog.DiscardHandler),
		Part: func(p certs.Position, h certs.Hash, b []byte) { parts = append(parts, part{p, h, b}) },
	})
	if rig.State.Terms() != nil {
		if err := r.Announce(rig.State); err != nil {
			t.Fatal(err)
		}
	}
	do(r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is queued is done all the same
	if err := r.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if c := r.Counters(); c.Failed+c.Dropped != 0 {
		t.Fatalf("%+v", c)
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	for _, item := range s.Pending(spool.Position{}, 100) {
		e, err := s.Read(item.Position)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries, parts
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
	entries, parts := run(t, rig, func(r *recorder.Recorder) {
		now := capture.Now()
		e := moment.Event{N: 1, Start: now.Add(-time.Second), End: now}
		r.Frame(&capture.Frame{Mono: now})
		r.Started(e, moment.Thumbnail{JPEG: picture})
		r.Part(e, moment.Part{Data: clip, MIME: "video/mp4", Start: -5 * time.Second, End: time.Second})
		r.Ended(e, moment.Thumbnail{JPEG: final}, moment.Facts{Score: 0.7, Reason: "motion", Boxes: []moment.Box{{X: 9000, Y: 1, W: 5000, H: 2}}})
	})
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
	entries, parts := run(t, ownershiptest.New(t), func(r *recorder.Recorder) {
		e := moment.Event{N: 1, Start: capture.Now()}
		r.Started(e, moment.Thumbnail{JPEG: []byte("x")})
		r.Part(e, moment.Part{Data: []byte("y"), MIME: "video/mp4"})
		r.Ended(e, moment.Thumbnail{}, moment.Facts{})
		r.Tamper("camera gone")
	})
	if len(entries)+len(parts) != 0 {
		t.Errorf("%d records and %d parts of nobody's camera", len(entries), len(parts))
	}
}

func TestCameraThatGoesLeavesTamper(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	entries, _ := run(t, rig, func(r *recorder.Recorder) {
		r.Started(moment.Event{N: 1, Start: capture.Now()}, moment.Thumbnail{})
		r.Tamper("camera gone")
	})
	rec := verified(t, rig, entries[3])
	if rec.Type != certs.Tamper || rec.Event == nil {
		t.Errorf("record is %v of event %v", rec.Type, rec.Event)
	}
	if bytes.Contains(entries[3].Record, []byte("camera gone")) {
		t.Error("the reason is in clear")
	}
}
