package ledger

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// open starts an engine with a ledger whose clock stands.
func open(t *testing.T, fleet *certs.Fleet) (*Store, *engine.Engine, *atomic.Int64) {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Config{
		Dir: t.TempDir(), Addr: "127.0.0.1:0", Cert: cloudtest.ServerCert(t, fleet), Fleet: fleet.Cert, Log: cloudtest.Log(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	now := &atomic.Int64{}
	now.Store(noon.UnixMilli())
	s, err := NewStore(t.Context(), Config{
		JetStream: e.JetStream(), Fleet: fleet.Cert, Now: func() time.Time { return time.UnixMilli(now.Load()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, e, now
}

func TestStore(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	s, e, now := open(t, fleet)
	ctx := t.Context()
	x := newSale(t, fleet)
	id := x.first.ID
	news := make(chan *nats.Msg, 64)
	if _, err := e.Conn().ChanSubscribe(engine.AllOwnership, news); err != nil {
		t.Fatal(err)
	}
	told := func(what string, want ...certs.OwnerID) {
		t.Helper()
		var got []certs.OwnerID
		for range want {
			select {
			case m := <-news:
				o, d, err := engine.OwnershipOf(m.Subject)
				if err != nil || d != id {
					t.Fatalf("%s: told on %s", what, m.Subject)
				}
				got = append(got, o)
			case <-time.After(cloudtest.Wait):
				t.Fatalf("%s: nobody is told", what)
			}
		}
		for _, o := range want {
			if !slices.Contains(got, o) {
				t.Errorf("%s: %s is not told", what, o.Short())
			}
		}
	}
	state := func(o *certs.Owner) State {
		t.Helper()
		got, _, err := s.Ownership(ctx, id, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.State
	}

	b, rev, err := s.Load(ctx, id)
	if err != nil || rev != 0 {
		t.Fatalf("nothing yet: %v, revision %d", err, rev)
	}
	if b, rev, err = s.Save(ctx, add(t, b, x.first, s.Now()), rev); err != nil {
		t.Fatal(err)
	}
	told("claim", x.alice.ID)
	stale := rev
	if b, rev, err = s.Save(ctx, add(t, b, x.second, s.Now()), rev); err != nil {
		t.Fatal(err)
	}
	told("second claim", x.alice.ID, x.bob.ID)
	if _, _, err := s.Save(ctx, b, stale); !errors.Is(err, ErrConflict) {
		t.Errorf("saved on an old revision: %v", err)
	}
	if same, r, err := s.Reload(ctx, id, b, rev); err != nil || same != b || r != rev {
		t.Errorf("what is known is read again: %v", err)
	}
	if state(x.alice) != Contested || state(x.bob) != IsWaiting {
		t.Errorf("states %q, %q", state(x.alice), state(x.bob))
	}
	for _, o := range []*certs.Owner{x.alice, x.bob} {
		if got, err := s.Devices(ctx, o.ID); err != nil || !slices.Equal(got, []certs.DeviceID{id}) {
			t.Errorf("devices: %v, %v", got, err)
		}
	}
	if got, err := s.Devices(ctx, cloudtest.Owner(t).ID); err != nil || len(got) != 0 {
		t.Errorf("a stranger's devices: %v, %v", got, err)
	}

	if err := s.Lost(ctx, id, x.first.Lost()); err != nil || state(x.alice) != IsLost || state(x.bob) != Refused {
		t.Errorf("lost: %v, states %q, %q", err, state(x.alice), state(x.bob))
	}
	told("lost", x.alice.ID, x.bob.ID)
	if err := s.Release(ctx, id, x.first.Release(nil)); err != nil || state(x.alice) != Gone || state(x.bob) != Owned {
		t.Errorf("release: %v, states %q, %q", err, state(x.alice), state(x.bob))
	}
	told("release", x.alice.ID, x.bob.ID)
	now.Add(time.Hour.Milliseconds())
	if err := s.Lost(ctx, id, x.first.Lost()); !errors.Is(err, ErrLate) {
		t.Errorf("lost too late: %v", err)
	}
	if err := s.Release(ctx, certs.NewDeviceID(), x.first.Release(nil)); !errors.Is(err, ErrForeign) {
		t.Errorf("release of a device that nobody claimed: %v", err)
	}

	// Many at once: one of them is news, none is lost.
	results := make(chan error)
	mark := x.second.Lost()
	for range 4 {
		go func() { results <- s.Lost(ctx, id, mark) }()
	}
	for range 4 {
		if err := <-results; err != nil {
			t.Errorf("at once: %v", err)
		}
	}
	if state(x.bob) != IsLost {
		t.Errorf("state %q", state(x.bob))
	}

	if _, err := e.JetStream().Publish(ctx, engine.LedgerSubject(id), []byte("damaged")); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(ctx, id, x.second.Release(nil)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("release in a damaged entry: %v", err)
	}
}

// An entry never outgrows what the engine takes, and forgets the oldest for it.
func TestLargestEntry(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	s, e, _ := open(t, fleet)
	o := cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, fleet)
	// Records as large as they can be: what is said of a picture is of any length.
	large := func(w *cloudtest.Owned) *Claim {
		r := w.Record(certs.Claimed, func(r *certs.Record) {
			for range 16 {
				r.Media = append(r.Media, certs.Media{Kind: certs.Thumbnail, MIME: strings.Repeat("x", 127)})
			}
		})
		c, err := ParseClaim(r, fleet.Cert)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	b, rev, err := s.Load(t.Context(), cam.ID)
	if err != nil {
		t.Fatal(err)
	}
	first := cam.Claim(o, 1)
	for n := range uint64(3) {
		w := cam.Claim(o, 1+n)
		if n == 0 {
			w = first
		}
		w.Next = 1000 * n
		for range 1 + maxRenewals {
			next, _, v := b.Claim(large(w), noon)
			if v != nil {
				t.Fatal(v)
			}
			b = next
			w = w.Renew()
		}
		if b, rev, err = s.Save(t.Context(), b, rev); err != nil {
			t.Fatal(err)
		}
		raw, err := e.JetStream().Stream(t.Context(), engine.Bind)
		if err != nil {
			t.Fatal(err)
		}
		m, err := raw.GetLastMsgForSubject(t.Context(), engine.LedgerSubject(cam.ID))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d epochs, %d bytes", len(b.epochs), len(m.Data))
	}
	if got := verdict(b, first, noon); got != OldEpoch {
		t.Errorf("the oldest epoch: %q", got)
	}
	if len(b.epochs[len(b.epochs)-1].renewals) != maxRenewals {
		t.Error("the newest epoch has lost renewals")
	}
}
