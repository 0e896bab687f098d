package recorder_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"signet/agent/ownership/ownershiptest"
	"signet/agent/recorder"
	"signet/certs"
	"signet/uplink/spool"
)

// lossy is a spool that had to drop a record.
type lossy struct {
	*flash
	gaps []spool.Gap
}

func (l *lossy) Gaps(int) []spool.Gap { return l.gaps }
func (l *lossy) Told(...spool.Gap)    { l.gaps = nil }

// Whatever fails on the way, and however often Announce is called until it succeeds, each record is written once.
func TestAnnounceGoesOnWhereItCameTo(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := &world{t: t, rig: rig, flash: flash{Spool: s}}
	r := recorder.New(recorder.Config{
		Device: rig.Device.ID, Terms: rig.State.Terms, Log: slog.New(slog.DiscardHandler),
		Spool: &lossy{&w.flash, []spool.Gap{{Range: spool.Range{Boot: 1, From: 1, To: 1}}}},
	})
	inVain := func() {
		t.Helper()
		for range 3 {
			if err := r.Announce(rig.State); err == nil {
				t.Error("no error")
			}
		}
	}
	epoch := filepath.Join(rig.Dir, "epoch")
	if err := os.WriteFile(epoch, []byte("garbage"), 0o600); err != nil { // that it was announced cannot be noted
		t.Fatal(err)
	}
	inVain()
	if err := os.WriteFile(epoch, []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.flash.fail = func(seal func(spool.Position) (spool.Entry, error)) error {
		e, err := seal(spool.Position{Boot: 1, N: 1})
		if err != nil {
			return err
		}
		if rec, err := certs.ParseRecord(e.Record); err != nil || rec.Type == certs.Gap {
			return syscall.EIO
		}
		return nil
	}
	inVain()
	w.flash.fail = nil
	if err := r.Announce(rig.State); err != nil {
		t.Fatal(err)
	}
	if got := types(w.records()); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online, certs.Gap}) {
		t.Errorf("records are %v", got)
	}
}

func TestClaimIsWrittenOnceMore(t *testing.T) {
	rig := ownershiptest.New(t)
	rig.Claim(t)
	w := newWorld(t, rig)
	w.Claim()
	w.finish()
	records := w.records()
	if got := types(records); !slices.Equal(got, []certs.RecordType{certs.Claimed, certs.Online, certs.Claimed}) {
		t.Fatalf("records are %v", got)
	}
	if first, again := records[0], records[2]; !bytes.Equal(first.Offer, again.Offer) || len(again.Chain) != 2 {
		t.Error("the claim is another one")
	}
}
