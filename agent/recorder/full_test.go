package recorder_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/agent/recorder"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
)

// running runs do beside a recorder of a claimed camera, in a bubble where time flies.
func running(t *testing.T, do func(t *testing.T, w *world)) {
	t.Helper()
	rig := ownershiptest.New(t)
	rig.Claim(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rig)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}()
		do(t, w)
	})
}

// happen reports an event with n parts.
func (w *world) happen(n int) {
	now := capture.Now()
	e := moment.Event{N: 1, Start: now, End: now.Add(time.Second)}
	w.Started(e, moment.Thumbnail{JPEG: []byte("picture")})
	for i := range n {
		w.Part(e, moment.Part{Index: i, Data: []byte("clip"), MIME: "video/mp4"})
	}
	w.Ended(e, moment.Thumbnail{JPEG: []byte("better")}, moment.Facts{})
}

func TestFullFlashKeepsEventsAndTellsOfClips(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.flash.full.Store(true)
		w.happen(2)
		w.Tamper("camera gone")
		time.Sleep(time.Hour)
		synctest.Wait()
		if c := w.Counters(); c.Waiting != 5 || c.LetGo != 2 || c.Records != 2 || c.Failed != 0 {
			t.Errorf("while the flash is full: %+v", c)
		}
		w.flash.full.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		records := w.records()
		want := []certs.RecordType{
			certs.Claimed, certs.Online, certs.Started, certs.Part, certs.Gap, certs.Part, certs.Gap, certs.Ended, certs.Tamper,
		}
		if got := types(records); !slices.Equal(got, want) {
			t.Fatalf("records are %v, want %v", got, want)
		}
		for _, i := range []int{4, 6} {
			g, of := records[i].Gap, records[i-1].Position
			if g.From != of || g.To != of || g.Reason != certs.GapMediaDropped {
				t.Errorf("after the part at %v: %+v", of, g)
			}
		}
		if len(w.parts) != 0 {
			t.Error("the uplink was handed parts that had been let go")
		}
		if c := w.Counters(); c.Waiting != 0 {
			t.Errorf("afterwards: %+v", c)
		}
	})
}

func TestWhatComesWhileRecordsWaitComesAfterThem(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.flash.full.Store(true)
		w.happen(0)
		synctest.Wait()
		w.flash.full.Store(false)
		w.happen(1)
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Ended, certs.Started, certs.Part, certs.Ended}
		if got := types(w.records()); !slices.Equal(got, want) {
			t.Errorf("records are %v, want %v", got, want)
		}
		if len(w.parts) != 1 {
			t.Errorf("%d parts for the uplink", len(w.parts))
		}
	})
}

// What does not fit into memory while the flash is full never has a position. A record says how much it was.
func TestFullFlashForLong(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		w.flash.full.Store(true)
		for range 150 { // 450 records
			w.happen(1)
			synctest.Wait()
		}
		c := w.Counters()
		if c.Waiting != 256 {
			t.Fatalf("%d records wait", c.Waiting)
		}
		w.flash.full.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		entries := w.entries()
		last := entries[len(entries)-1]
		rec := verified(t, w.rig, last)
		facts, err := certs.Open(last.Media[0], certs.MaxPart, w.rig.Owner.Identity)
		if err != nil {
			t.Fatal(err)
		}
		f, err := certs.ParseFacts(facts)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Type != certs.Tamper || !strings.HasPrefix(f.Reason, "194 records or clip parts were not kept") {
			t.Errorf("the last record is %v: %s", rec.Type, f.Reason)
		}
		starts, ends := 0, 0
		for _, typ := range types(w.records()) {
			switch typ {
			case certs.Started:
				starts++
			case certs.Ended:
				ends++
			case certs.Part:
				t.Error("a part's record was kept rather than an event's")
			}
		}
		if starts != 128 || ends != 128 {
			t.Errorf("%d starts and %d ends were kept", starts, ends)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(w.entries()); n != len(entries) {
			t.Errorf("it was told %d times", n-len(entries)+1)
		}
	})
}

// At its end a recorder writes what the flash takes, and does not wait for it.
func TestEndWhileTheFlashIsFull(t *testing.T) {
	var w *world
	running(t, func(t *testing.T, running *world) {
		w = running
		w.flash.full.Store(true)
		w.happen(1)
	})
	if c := w.Counters(); c != (recorder.Counters{Records: 2, Waiting: 3, LetGo: 1}) {
		t.Errorf("%+v", c)
	}
}

// That a part was dropped counts as told when a gap is in the spool, not before.
func TestMediaDroppedIsToldWhenItIsWritten(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		var told atomic.Bool
		p := certs.Position{Boot: 1, N: 2}
		w.flash.full.Store(true)
		w.MediaDropped(p, func() { told.Store(true) })
		time.Sleep(time.Minute)
		synctest.Wait()
		if told.Load() {
			t.Error("told before it is written")
		}
		w.flash.full.Store(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		records := w.records()
		if g := records[len(records)-1].Gap; g == nil || g.From != p || g.To != p || !told.Load() {
			t.Errorf("told: %v, gap: %v", told.Load(), g)
		}
	})
}
