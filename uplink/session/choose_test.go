package session

import (
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/spool"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	w := certstest.New(t)
	e := w.Camera.Event(t)
	for _, s := range []*certstest.Signed{w.Camera.Claimed(t), w.Camera.Online(t), e.Started, e.Part, e.Ended} {
		if got := kindOf(s.Raw); got.Type != s.Type || got.Type == 0 || got.Epoch != s.Epoch {
			t.Errorf("%v of epoch %d is taken for %+v", s.Type, s.Epoch, got)
		}
	}
	for _, b := range [][]byte{nil, {0xd2}, {0xd2, 0x84, 0x40}, []byte("garbage")} {
		if got := kindOf(b); got != (body{}) {
			t.Errorf("%x is taken for %+v", b, got)
		}
	}
	if goesFirst(certs.Started) || !goesFirst(certs.Online) {
		t.Error("order of types")
	}
}

func TestRecentsFindTheLastMinute(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	pos := func(n uint64) spool.Position { return spool.Position{Boot: 7, N: n} }
	r := recents{last: spool.Position{Boot: 6, N: 99}}
	r.note(at, pos(1))
	if got := r.mark(at); got != (spool.Position{Boot: 6, N: 99}) {
		t.Errorf("at first %v", got)
	}
	for n := uint64(2); n <= 3600; n++ { // one a second
		r.note(at.Add(time.Duration(n)*time.Second), pos(n))
		if len(r.notes) > 20 {
			t.Fatalf("%d notes", len(r.notes))
		}
	}
	now := at.Add(3600 * time.Second)
	if got := r.mark(now); got.N < 3600-64 || got.N > 3600-56 {
		t.Errorf("a minute ago %v", got)
	}
	if got := r.mark(now.Add(2 * recent)); got != pos(3600) {
		t.Errorf("later %v", got)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	p := pace{least: 10 * time.Second}
	if got := p.after(1); got != 10*time.Second {
		t.Errorf("at first %v", got)
	}
	if got := p.after(3); got != 40*time.Second {
		t.Errorf("third time %v", got)
	}
	if got := p.after(1000); got != maxReceipt {
		t.Errorf("thousandth time %v", got)
	}
	for range 50 {
		p.took(time.Minute)
	}
	if got := p.after(1); got < 119*time.Second || got > 2*time.Minute {
		t.Errorf("with a slow cloud %v", got)
	}
	for range 50 {
		p.took(time.Millisecond)
	}
	if got := p.after(1); got != 10*time.Second {
		t.Errorf("with a fast cloud again %v", got)
	}
}
