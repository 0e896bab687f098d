package daemon

import (
	"testing"

	"signet/certs"
	"signet/uplink/spool"
)

// The parts of a record wait for its receipt, and for that of no other record.
func TestPending(t *testing.T) {
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var at []spool.Position
	for range 3 {
		p, err := s.Append(spool.Urgent, func(spool.Position) (spool.Entry, error) { return spool.Entry{Record: []byte("x")}, nil })
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, p)
	}
	s.Ack(spool.Range{Boot: at[1].Boot, From: at[1].N, To: at[1].N})
	d := &Daemon{spool: s}
	for i, want := range []bool{true, false, true} {
		if got := d.pending(certs.Position{Boot: at[i].Boot, N: at[i].N}); got != want {
			t.Errorf("record %d: %v", i, got)
		}
	}
}
