package recorder_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/ownership"
	"signet/agent/ownership/ownershiptest"
	"signet/capture"
	"signet/capture/moment"
	"signet/certs"
	"signet/certs/certstest"
)

// parsed returns the records in the spool, of whose epoch ever.
func (w *world) parsed() (all []*certs.SignedRecord) {
	w.t.Helper()
	for _, e := range w.entries() {
		r, err := certs.ParseRecord(e.Record)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// sees lets an event begin before a camera; end ends it.
func (w *world) sees() (end func()) {
	now := capture.Now()
	e := moment.Event{N: 1, Start: now, End: now.Add(time.Second)}
	w.Started(e, moment.Thumbnail{JPEG: []byte("a picture")})
	return func() { w.Ended(e, moment.Thumbnail{JPEG: []byte("the best")}, moment.Facts{Reason: "motion"}) }
}

// The last word of an epoch comes after all others, names its own position, and after it nobody owns the camera.
func TestClosedIsTheLastRecord(t *testing.T) {
	for _, released := range []bool{true, false} {
		rig := ownershiptest.New(t)
		rig.Claim(t)
		w := newWorld(t, rig)
		terms := rig.State.Terms()
		end := w.sees()
		want := certs.Reset
		if released {
			rig.Release(t)
			want = certs.Released
		} else if err := rig.State.Reset(); err != nil {
			t.Fatal(err)
		}
		end() // as a pipeline does that is ended
		w.finish()
		if err := w.End(t.Context(), rig.State); err != nil {
			t.Fatal(err)
		}
		if rig.State.Terms() != nil || rig.State.Ending() != nil {
			t.Fatal("somebody owns the camera still")
		}
		w.sees()()
		w.Tamper("taken down")
		w.Claim()
		w.finish()

		all := w.parsed()
		if got := types(all); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Ended, certs.Closed}) {
			t.Fatalf("records are %v", got)
		}
		last := all[len(all)-1]
		if err := last.Verify(terms.Event); err != nil {
			t.Error(err)
		}
		c, err := certs.ParseClosing(last.Closing, rig.Fleet.Cert)
		if err != nil {
			t.Fatal(err)
		}
		if c.Last != last.Position || c.Cause != want || c.OfferHash != terms.Began || (len(c.Release) > 0) != released {
			t.Errorf("closing %+v at %v", c, last.Position)
		}
		if d := rig.State.Drains(); len(d) != 1 || d[0].Last != last.Position || d[0].Epoch != 1 {
			t.Errorf("what drains is %+v", d)
		}
	}
}

// Attacker: the next owner, of a camera that was claimed anew while somebody walked past it. Defence: what was seen in an epoch
// becomes a record of that one or of none (work, "t.Epoch != j.epoch"), and gaps of former epochs are nobody's (Spool.Former,
// Terms.After).
func TestNextOwnerSeesNothingOfTheLast(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	dropped := w.records()[1].Position
	end := w.sees()
	w.finish()
	rig.Release(t)
	if err := w.End(t.Context(), rig.State); err != nil {
		t.Fatal(err)
	}
	last := rig.State.Former()
	rig.Owner = certstest.NewOwner(t)
	rig.Claim(t)
	if err := w.Announce(rig.State); err != nil {
		t.Fatal(err)
	}
	end() // by a pipeline that nobody told
	told := false
	w.MediaDropped(dropped, func() { told = true })
	if !told {
		t.Error("the media queue will tell of a former owner's part for ever")
	}
	w.sees()()
	w.finish()

	var mine []*certs.SignedRecord
	for _, r := range w.parsed() {
		if last.Less(r.Position) {
			mine = append(mine, r)
		} else if r.Owner == rig.Owner.ID {
			t.Errorf("%v at %v is the next owner's", r.Type, r.Position)
		}
	}
	if got := types(mine); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Ended}) {
		t.Fatalf("the next owner's records are %v", got)
	}
	if *mine[2].Event != *mine[3].Event || mine[3].Epoch != 2 {
		t.Error("an event of the last owner's ends in the next one's epoch")
	}
}

// The first record that a renewed key signs is the one that says so, however much waits; only then the old key is destroyed.
func TestRenewalIsSaidFirst(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	w.flash.full.Store(true)
	w.sees()() // waits for the flash, signed by the old key
	w.finish()
	old := rig.State.Terms()
	rig.Renew(t)
	now := rig.State.Terms()
	w.flash.full.Store(false)
	w.sees()()
	w.finish()

	all := w.parsed()
	want := []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Ended, certs.Claimed, certs.Started, certs.Ended}
	if got := types(all); !slices.Equal(got, want) {
		t.Fatalf("records are %v", got)
	}
	for i, r := range all {
		by := old
		if i >= 4 {
			by = now
		}
		if err := r.Verify(by.Event); err != nil {
			t.Errorf("record %d, %v: %v", i, r.Type, err)
		}
	}
	if !bytes.Equal(all[4].Offer, now.Offer) || bytes.Equal(all[4].Offer, all[0].Offer) {
		t.Error("the second claimed record does not carry the renewal")
	}
	if !rig.State.Announced(now) {
		t.Error("that it was said is not noted")
	}
	w2 := newWorld(t, &ownershiptest.Rig{Device: rig.Device, Owner: rig.Owner, State: rig.Restart(t)})
	if got := types(w2.parsed()); !slices.Equal(got, []certs.RecordType{certs.Online}) {
		t.Errorf("after a restart it says %v", got)
	}
}

// A renewal is said although nothing happens before the camera.
func TestRenewalIsSaidInPeace(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rig)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		policy := rig.AskRenewal(t)
		time.Sleep(time.Minute) // the owner is away
		rig.GrantRenewal(t, policy)
		time.Sleep(3 * time.Second)
		if !rig.State.Announced(rig.State.Terms()) {
			t.Error("nobody was told of the renewal")
		}
		cancel()
		<-done
	})
}

// Whoever holds the button gets rid of the owner, whatever the flash does.
func TestResetOnADeadFlash(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, rig)
		w.flash.full.Store(true)
		if err := rig.State.Reset(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := w.End(t.Context(), rig.State); err == nil {
			t.Error("no word of the record that could not be written")
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		if rig.State.Terms() != nil || rig.Restart(t).Terms() != nil {
			t.Error("the owner is still there")
		}
		w.flash.full.Store(false)
		w.finish()
		if got := types(w.parsed()); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online}) {
			t.Errorf("records are %v", got)
		}
	})
}

// An agent that is told to end while it closes an epoch goes on at its next start.
func TestEndIsTakenUpAfterARestart(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	rig.Release(t)
	w.flash.full.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.End(ctx, rig.State); !errors.Is(err, context.Canceled) {
		t.Fatalf("end: %v", err)
	}
	var s *ownership.State
	if s = rig.Restart(t); s.Ending() == nil || s.Ending().Cause != certs.Released {
		t.Fatalf("after a restart: %+v", s.Ending())
	}
	rig.State = s
	w.flash.full.Store(false)
	if err := w.End(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := types(w.parsed()); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online, certs.Closed}) {
		t.Errorf("records are %v", got)
	}
}
