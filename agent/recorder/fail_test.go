package recorder_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"signet/certs"
	"signet/uplink/spool"
)

// reason returns what the last record, which is a tamper record, says.
func (w *world) reason() string {
	w.t.Helper()
	entries := w.entries()
	last := entries[len(entries)-1]
	if rec := verified(w.t, w.rig, last); rec.Type != certs.Tamper {
		w.t.Fatalf("the last record is %v", rec.Type)
	}
	b, err := certs.Open(last.Media[0], certs.MaxPart, w.rig.Owner.Identity)
	if err != nil {
		w.t.Fatal(err)
	}
	facts, err := certs.ParseFacts(b)
	if err != nil {
		w.t.Fatal(err)
	}
	return facts.Reason
}

// A flash that fails for a minute costs nothing.
func TestFailingFlashIsTriedAgain(t *testing.T) {
	running(t, func(t *testing.T, w *world) {
		until := time.Now().Add(time.Minute)
		w.flash.fail = func(func(spool.Position) (spool.Entry, error)) error {
			if time.Now().Before(until) {
				return syscall.EIO
			}
			return nil
		}
		w.happen(1)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if c := w.Counters(); c.Waiting != 3 || c.Failed != 0 {
			t.Errorf("while the flash fails: %+v", c)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		want := []certs.RecordType{certs.Claimed, certs.Online, certs.Started, certs.Part, certs.Gap, certs.Ended}
		if got := types(w.records()); !slices.Equal(got, want) {
			t.Errorf("records are %v, want %v", got, want)
		}
	})
}

// What cannot be written for any other reason is told, signed, and does not keep the others waiting for ever.
func TestFailedRecordsAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		soon bool // without trying again
	}{"I/O error": {syscall.EIO, false}, "too large": {spool.ErrTooLarge, true}} {
		t.Run(name, func(t *testing.T) {
			running(t, func(t *testing.T, w *world) {
				w.flash.fail = func(seal func(spool.Position) (spool.Entry, error)) error {
					e, err := seal(spool.Position{Boot: 1, N: 1})
					if err != nil {
						return err
					}
					if r, err := certs.ParseRecord(e.Record); err != nil || r.Type == certs.Started {
						return c.err
					}
					return nil
				}
				w.happen(0)
				time.Sleep(15 * time.Second)
				synctest.Wait()
				if failed := w.Counters().Failed == 1; failed != c.soon {
					t.Errorf("after 15 s: %+v", w.Counters())
				}
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				want := []certs.RecordType{certs.Claimed, certs.Online, certs.Ended, certs.Tamper}
				if got := types(w.records()); !slices.Equal(got, want) {
					t.Fatalf("records are %v, want %v", got, want)
				}
				if s := w.reason(); !strings.HasPrefix(s, "1 records or clip parts were not kept") {
					t.Errorf("told is: %s", s)
				}
				if n := w.Counters().Failed; n != 1 {
					t.Errorf("%d failed", n)
				}
			})
		})
	}
}
