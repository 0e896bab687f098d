package drain_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"signet/agent/drain"
	"signet/agent/ownership"
	"signet/agent/ownership/ownershiptest"
	"signet/certs"
	"signet/uplink/spool"
)

// backlog is a real spool, and a media queue as far as its positions.
type backlog struct {
	*spool.Spool
	mu    sync.Mutex
	parts []certs.Position
}

func (b *backlog) Holds(p certs.Position) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.parts) > 0 && !p.Less(b.parts[0])
}

// media is what drain knows of the queue, which has methods of the spool's names.
type media struct{ *backlog }

func (m media) Drop(p certs.Position) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.parts) > 0 && !p.Less(m.parts[0]) {
		m.parts = m.parts[1:]
		n++
	}
	return n
}

// sold is a camera that its owner has let go with three records and a part on flash, and that recorded one more since.
func sold(t *testing.T) (*ownershiptest.Rig, *backlog) {
	t.Helper()
	s, err := spool.Open(t.TempDir(), spool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	rig := ownershiptest.New(t)
	rig.Claim(t)
	var last spool.Position
	add := func() {
		if last, err = s.Append(spool.Urgent, func(spool.Position) (spool.Entry, error) {
			return spool.Entry{Record: []byte("sealed")}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		add()
	}
	rig.Release(t)
	if err := rig.State.Close(certs.Position{Boot: last.Boot, N: last.N}); err != nil {
		t.Fatal(err)
	}
	add()
	return rig, &backlog{Spool: s, parts: []certs.Position{{Boot: 1, N: 2}, {Boot: 1, N: 4}}}
}

// run drains for a time.
func run(t *testing.T, s *ownership.State, b *backlog, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := drain.Run(ctx, drain.Config{State: s, Spool: b.Spool, Media: media{b}, Log: slog.New(slog.DiscardHandler)}); err != context.DeadlineExceeded {
		t.Fatal(err)
	}
}

func pending(b *backlog) int { return len(b.Pending(spool.Position{}, 10)) }

// What is left of a former owner's after seven days of power goes, over restarts, and nothing of the next one's does.
func TestSevenDays(t *testing.T) {
	rig, b := sold(t)
	synctest.Test(t, func(t *testing.T) {
		for day := range 7 {
			if pending(b) != 4 || len(b.parts) != 2 {
				t.Fatalf("on day %d %d records and %d parts are there", day, pending(b), len(b.parts))
			}
			run(t, rig.Restart(t), b, 24*time.Hour-time.Minute)
		}
		run(t, rig.Restart(t), b, time.Hour)
		if pending(b) != 1 || len(b.parts) != 1 {
			t.Errorf("after seven days %d records and %d parts are there", pending(b), len(b.parts))
		}
		if d := rig.Restart(t).Drains(); len(d) > 0 {
			t.Errorf("there is still something to drain: %+v", d)
		}
	})
}

// Attacker: somebody who keeps a camera's power going on and off, so that a former owner gets his records for ever. Defence: time
// is noted ahead (drain.every, State.Spend).
func TestPowerOnAndOff(t *testing.T) {
	rig, b := sold(t)
	synctest.Test(t, func(t *testing.T) {
		starts := 0
		for ; pending(b) == 4; starts++ {
			if starts > 2000 {
				t.Fatal("two thousand starts of a minute, and nothing was dropped")
			}
			run(t, rig.Restart(t), b, time.Minute)
		}
	})
}

// When the uplink has sent everything there is nothing left to wait for.
func TestAllWasSent(t *testing.T) {
	rig, b := sold(t)
	synctest.Test(t, func(t *testing.T) {
		b.Ack(spool.Range{Boot: 1, From: 1, To: 3})
		media{b}.Drop(certs.Position{Boot: 1, N: 3})
		run(t, rig.Restart(t), b, time.Minute)
		if d := rig.Restart(t).Drains(); len(d) > 0 || pending(b) != 1 {
			t.Errorf("%+v is still to drain, %d records are there", d, pending(b))
		}
	})
}

// Time passes also where the flash takes no note of it.
func TestTimePassesOnAFullFlash(t *testing.T) {
	rig, b := sold(t)
	former := filepath.Join(rig.Dir, "former.json")
	was, err := os.ReadFile(former)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := rig.Restart(t)
		damage := time.AfterFunc(time.Hour, func() { _ = os.WriteFile(former, []byte("garbage"), 0o600) })
		defer damage.Stop()
		mend := time.AfterFunc(8*24*time.Hour, func() { _ = os.WriteFile(former, was, 0o600) })
		defer mend.Stop()
		run(t, s, b, 9*24*time.Hour)
		if pending(b) != 1 {
			t.Errorf("%d records are there", pending(b))
		}
	})
}
