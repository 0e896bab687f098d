package ledger

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// sale is a camera in two epochs, of two owners, as its ledger entry will hear of them.
type sale struct {
	alice, bob    *certs.Owner
	first, second *cloudtest.Owned
}

func newSale(t testing.TB, fleet *certs.Fleet) *sale {
	t.Helper()
	cam := cloudtest.NewCamera(t, fleet)
	s := &sale{alice: cloudtest.Owner(t), bob: cloudtest.Owner(t)}
	s.first = cam.Claim(s.alice, 1)
	s.second = cam.Claim(s.bob, 2)
	s.second.Next = 100
	return s
}

func mustRelease(t testing.TB, b *Book, raw []byte, now time.Time) *Book {
	t.Helper()
	next, changed, err := b.Release(raw, now)
	if err != nil || !changed {
		t.Fatalf("release: %v, news %v", err, changed)
	}
	return next
}

func mustLose(t testing.TB, b *Book, raw []byte, now time.Time) *Book {
	t.Helper()
	next, changed, err := b.Lost(raw, now)
	if err != nil || !changed {
		t.Fatalf("lost mark: %v, news %v", err, changed)
	}
	return next
}

// What becomes of the second owner's records, and how the camera stands to both, whatever happened before his claim.
func TestNextClaim(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for name, c := range map[string]struct {
		before      func(*testing.T, *sale, *Book) *Book // from noon on; the claim comes at 10
		again       bool                                 // by the same owner
		want, later Reason                               // at 11, and a day after the claim
		alice, bob  State                                // at 11
		until       int                                  // of the wait
	}{
		"of an owned camera": {
			before: func(t *testing.T, s *sale, b *Book) *Book { return b },
			want:   Waiting, alice: Contested, bob: IsWaiting, until: 34,
		},
		"after a reset": {
			before: func(t *testing.T, s *sale, b *Book) *Book { return closeAt(t, b, s.first, nil, hour(4)) },
			want:   Waiting, alice: Contested, bob: IsWaiting, until: 28,
		},
		"after a reset a day ago": {
			before: func(t *testing.T, s *sale, b *Book) *Book { return closeAt(t, b, s.first, nil, hour(-14)) },
			alice:  Gone, bob: Owned,
		},
		"after a release": {
			before: func(t *testing.T, s *sale, b *Book) *Book {
				return closeAt(t, b, s.first, s.first.Release(nil), hour(4))
			},
			alice: Gone, bob: Owned,
		},
		"after a release without a closing": {
			before: func(t *testing.T, s *sale, b *Book) *Book { return mustRelease(t, b, s.first.Release(nil), hour(4)) },
			alice:  Gone, bob: Owned,
		},
		"after a reset and a release": {
			before: func(t *testing.T, s *sale, b *Book) *Book {
				return mustRelease(t, closeAt(t, b, s.first, nil, hour(4)), s.first.Release(nil), hour(5))
			},
			alice: Gone, bob: Owned,
		},
		"after a release to him": {
			before: func(t *testing.T, s *sale, b *Book) *Book { return mustRelease(t, b, s.first.Release(s.bob), hour(4)) },
			alice:  Gone, bob: Owned,
		},
		"after a release to somebody else": {
			before: func(t *testing.T, s *sale, b *Book) *Book {
				return mustRelease(t, b, s.first.Release(cloudtest.Owner(t)), hour(4))
			},
			want: NotNext, later: NotNext, alice: Released, bob: Refused,
		},
		"of a lost camera": {
			before: func(t *testing.T, s *sale, b *Book) *Book { return mustLose(t, b, s.first.Lost(), hour(4)) },
			want:   Lost, later: Lost, alice: IsLost, bob: Refused,
		},
		"of a lost camera that was released": {
			before: func(t *testing.T, s *sale, b *Book) *Book {
				return mustRelease(t, mustLose(t, b, s.first.Lost(), hour(4)), s.first.Release(nil), hour(5))
			},
			alice: Gone, bob: Owned,
		},
		"by the same owner": {
			before: func(t *testing.T, s *sale, b *Book) *Book { return b },
			again:  true, alice: Owned,
		},
		"by the same owner, of a lost camera after a reset": {
			before: func(t *testing.T, s *sale, b *Book) *Book {
				return mustLose(t, closeAt(t, b, s.first, nil, hour(4)), s.first.Lost(), hour(5))
			},
			again: true, alice: Owned,
		},
	} {
		s := newSale(t, fleet)
		if c.again {
			s.second = s.first.Camera.Claim(s.alice, 2)
			s.second.Next = 100
		}
		b := c.before(t, s, add(t, rules(fleet).New(s.first.ID), s.first, hour(-20)))
		b = add(t, b, s.second, hour(10))
		if got := verdict(b, s.second, hour(11)); got != c.want {
			t.Errorf("%s: %q instead of %q", name, got, c.want)
		}
		if got := verdict(b, s.second, hour(34)); got != c.later {
			t.Errorf("%s: %q instead of %q after a day", name, got, c.later)
		}
		first := *s.first
		first.Next = 1
		if got := verdict(b, &first, hour(34)); got != "" {
			t.Errorf("%s: what is left of the first epoch is refused: %q", name, got)
		}
		o, _ := b.Ownership(s.alice.ID, hour(11))
		if o.State != c.alice || o.Until.IsZero() != (c.alice != Contested) {
			t.Errorf("%s: the first owner is told %q until %v", name, o.State, o.Until)
		}
		if c.again {
			continue
		}
		o, _ = b.Ownership(s.bob.ID, hour(11))
		if o.State != c.bob || c.until != 0 && !o.Until.Equal(hour(c.until)) {
			t.Errorf("%s: the second owner is told %q until %v", name, o.State, o.Until)
		}
	}
}

// The wait ends to the millisecond, and then the owner before has no say any more.
func TestWaitIsOver(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	s := newSale(t, fleet)
	b := add(t, claimed(t, fleet, s.first), s.second, noon)
	end := noon.Add(DefaultWait)
	for at, want := range map[time.Time]Reason{end.Add(-time.Millisecond): Waiting, end: ""} {
		if got := verdict(b, s.second, at); got != want {
			t.Errorf("at %v: %q", at, got)
		}
	}
	if _, _, err := b.Lost(s.first.Lost(), end); !errors.Is(err, ErrLate) {
		t.Errorf("lost mark: %v", err)
	}
	if _, _, err := b.Release(s.first.Release(nil), end); !errors.Is(err, ErrLate) {
		t.Errorf("release: %v", err)
	}
	lost := mustLose(t, b, s.first.Lost(), end.Add(-time.Millisecond))
	if got := verdict(lost, s.second, end); got != Lost {
		t.Errorf("marked in time: %q", got)
	}
	// A release to somebody else comes too late for what is bound, even if nobody has written that down.
	if got := verdict(closeAt(t, b, s.first, s.first.Release(cloudtest.Owner(t)), end), s.second, end); got != "" {
		t.Errorf("what was bound is undone: %q", got)
	}
	if o, _ := b.Ownership(s.alice.ID, end); o.State != Gone || !o.Since.Equal(end) {
		t.Errorf("the first owner is told %q since %v", o.State, o.Since)
	}
}

// A release ends the wait, also of a claim that was refused before; what waits never was a claim for those after it.
func TestClaimsThatWait(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	s := newSale(t, fleet)
	carol := cloudtest.Owner(t)
	third := s.first.Camera.Claim(carol, 3)
	third.Next = 200
	b := add(t, claimed(t, fleet, s.first), s.second, noon.Add(time.Hour))
	lost := mustLose(t, b, s.first.Lost(), noon.Add(2*time.Hour))
	if got := verdict(mustRelease(t, lost, s.first.Release(nil), noon.Add(3*time.Hour)), s.second, noon.Add(3*time.Hour)); got != "" {
		t.Errorf("released after it was lost: %q", got)
	}
	b = add(t, b, third, noon.Add(20*time.Hour))
	if got := verdict(b, third, noon.Add(21*time.Hour)); got != Waiting {
		t.Errorf("third claim: %q", got)
	}
	// The second one is bound first, and its owner has a day too, from when the third one was heard of.
	for hours, want := range map[int][2]Reason{24: {Waiting, Waiting}, 26: {"", Waiting}, 43: {"", Waiting}, 44: {"", ""}} {
		at := noon.Add(time.Duration(hours) * time.Hour)
		if got := [2]Reason{verdict(b, s.second, at), verdict(b, third, at)}; got != want {
			t.Errorf("after %d hours: %q", hours, got)
		}
	}
	// The first owner comes back: what waited is over.
	back := s.first.Camera.Claim(s.alice, 4)
	back.Next = 300
	b = add(t, b, back, noon.Add(22*time.Hour))
	for _, c := range []struct {
		w    *cloudtest.Owned
		want Reason
	}{{back, ""}, {third, OldEpoch}, {s.second, OldEpoch}} {
		if got := verdict(b, c.w, noon.Add(100*time.Hour)); got != c.want {
			t.Errorf("epoch %d after the first owner came back: %q", c.w.Epoch, got)
		}
	}
	if o, _ := b.Ownership(carol.ID, noon.Add(100*time.Hour)); o.State != Refused {
		t.Errorf("the third owner is told %q", o.State)
	}
}

// However often a camera is claimed while its owner has a say, his epoch is not forgotten.
func TestManyClaimsDoNotPushTheOwnerOut(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	s := newSale(t, fleet)
	b := claimed(t, fleet, s.first)
	for n := range uint64(3 * maxEpochs) {
		w := s.first.Camera.Claim(s.bob, 2+n)
		w.Next = 100 + n
		b = add(t, b, w, noon)
		if got := verdict(b, w, noon.Add(time.Hour)); got != Waiting {
			t.Fatalf("claim %d: %q", n, got)
		}
	}
	if len(b.epochs) != maxEpochs {
		t.Errorf("%d epochs", len(b.epochs))
	}
	if o, _ := b.Ownership(s.alice.ID, noon); o.State != Contested {
		t.Errorf("the owner is told %q", o.State)
	}
}

func TestRenewals(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	cam := cloudtest.NewCamera(t, fleet)
	w := cam.Claim(cloudtest.Owner(t), 1)
	b := claimed(t, fleet, w)
	at := func(w *cloudtest.Owned, n uint64) *cloudtest.Owned {
		x := *w
		x.Next = n
		return &x
	}
	second, third := at(w.Renew(), 10), at(w.Renew(), 20)
	if v := b.Veto(&certs.Record{Device: w.ID, Owner: w.Owner.ID, Epoch: 1, Position: certs.Position{Boot: 1, N: 11}}, second.Event.Key); reasonOf(v) != OtherClaim || !v.Early {
		t.Errorf("a record before its key's claim does not wait for it: %v", v)
	}
	b = add(t, b, at(third, 20), noon)
	b = add(t, b, at(second, 10), noon) // overtaken
	for _, c := range []struct {
		w    *cloudtest.Owned
		n    uint64
		want Reason
	}{
		{w, 9, ""},
		{w, 10, OtherClaim},
		{w, 25, OtherClaim},
		{second, 10, ""},
		{second, 19, ""},
		{second, 20, OtherClaim},
		{third, 20, ""},
		{third, 1000, ""},
	} {
		if got := verdict(b, at(c.w, c.n), noon); got != c.want {
			t.Errorf("position %d: %q instead of %q", c.n, got, c.want)
		}
	}
	// Told again further on, nothing changes; told again further back, that counts.
	if _, changed, v := b.Claim(claim(t, at(second, 15), fleet.Cert), noon); changed || v != nil {
		t.Errorf("told again: %v, changed %v", v, changed)
	}
	back := add(t, b, at(second, 5), noon)
	if got := verdict(back, at(w, 5), noon); got != OtherClaim {
		t.Errorf("told again further back: %q", got)
	}
	// Not of another claim, and not after the end.
	other := cam.Claim(w.Owner, 1)
	if _, _, v := b.Claim(claim(t, at(other.Renew(), 30), fleet.Cert), noon); reasonOf(v) != OtherClaim {
		t.Errorf("renewal of another claim: %v", v)
	}
	if _, _, v := rules(fleet).New(w.ID).Claim(claim(t, second, fleet.Cert), noon); reasonOf(v) != NotClaimed || !v.Early {
		t.Errorf("renewal before its claim: %v", v)
	}
	closed := closeAt(t, b, at(third, 40), nil, noon)
	if _, _, v := closed.Claim(claim(t, at(w.Renew(), 41), fleet.Cert), noon); reasonOf(v) != Closed {
		t.Errorf("renewal after the end: %v", v)
	}
	if !b.Renewed(w.Owner.ID, 1, w.Began, second.Offer.Hash) || b.Renewed(w.Owner.ID, 1, w.Began, w.Offer.Hash) {
		t.Error("Renewed is wrong")
	}
	// Of many the newest are remembered, and the first key's time is over for good.
	newest := third
	for n := range uint64(maxRenewals + 3) {
		newest = at(newest.Renew(), 50+n)
		b = add(t, b, newest, noon)
	}
	if e := b.epochs[0]; len(e.renewals) != maxRenewals || !e.forgot {
		t.Errorf("%d renewals, forgot %v", len(e.renewals), e.forgot)
	}
	for _, c := range []struct {
		w    *cloudtest.Owned
		n    uint64
		want Reason
	}{{newest, 1000, ""}, {w, 9, OtherClaim}, {second, 10, OtherClaim}} {
		if got := verdict(b, at(c.w, c.n), noon); got != c.want {
			t.Errorf("position %d after many: %q instead of %q", c.n, got, c.want)
		}
	}
	if _, _, v := b.Claim(claim(t, second, fleet.Cert), noon); reasonOf(v) != OtherClaim {
		t.Errorf("a renewal that was forgotten: %v", v)
	}
}

// In whatever order the news of a sale arrives, and however often, the entry says the same in the end. Only claims keep
// their order: one that comes after a higher one is refused.
func TestOrderOfArrival(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	seed := [2]uint64{rand.Uint64(), rand.Uint64()}
	rng := rand.New(rand.NewPCG(seed[0], seed[1]))
	for round := range 60 {
		s := newSale(t, fleet)
		renewed := s.first.Renew()
		renewed.Next = 40
		begin, renewal, next := claim(t, s.first, fleet.Cert), claim(t, renewed, fleet.Cert), claim(t, s.second, fleet.Cert)
		last := certs.Position{Boot: 1, N: 90}
		release := s.first.Release(s.bob)
		if round%3 == 1 {
			release = nil // it comes by itself
		}
		raw := s.first.Closing(last, release)
		end, err := ParseEnd(raw, fleet.Cert, begin.owner)
		if err != nil {
			t.Fatal(err)
		}
		alone := s.first.Release(nil)
		if release != nil {
			alone = release
		}
		// Each says whether it was taken: what is not comes again.
		news := []func(*Book, time.Time) (*Book, bool){
			func(b *Book, now time.Time) (*Book, bool) { n, _, v := b.Claim(begin, now); return n, v == nil },
			func(b *Book, now time.Time) (*Book, bool) {
				if b.highest() == 0 {
					return nil, false // claims keep their order
				}
				n, _, v := b.Claim(next, now)
				return n, v == nil
			},
			func(b *Book, now time.Time) (*Book, bool) { n, _, v := b.Claim(renewal, now); return n, v == nil },
			func(b *Book, now time.Time) (*Book, bool) { n, _, v := b.Close(end, now); return n, v == nil },
			func(b *Book, now time.Time) (*Book, bool) {
				n, _, err := b.Release(alone, now)
				return n, err == nil
			},
		}
		order := append(rng.Perm(len(news)), rng.Perm(len(news))...)
		b, now := rules(fleet).New(s.first.ID), noon
		for todo := order; len(todo) > 0; {
			now = now.Add(time.Minute)
			n := todo[0]
			todo = todo[1:]
			if after, ok := news[n](b, now); ok {
				b = after
			} else if todo = append(todo, n); len(todo) > 100 {
				t.Fatal("never taken")
			}
		}
		at := func(w *cloudtest.Owned, n uint64) Reason {
			x := *w
			x.Next = n
			return verdict(b, &x, now)
		}
		got := []Reason{at(s.first, 39), at(s.first, 40), at(renewed, 40), at(renewed, 90), at(renewed, 91), at(s.second, 100), at(s.second, 5000)}
		if want := []Reason{"", OtherClaim, "", "", Closed, "", ""}; !slices.Equal(got, want) {
			t.Fatalf("order %v of seed %v: %q instead of %q", order, seed, got, want)
		}
		x, _ := b.Ownership(s.alice.ID, now)
		y, _ := b.Ownership(s.bob.ID, now)
		if x.State != Gone || y.State != Owned || !bytes.Equal(x.Evidence, raw) {
			t.Fatalf("order %v of seed %v: %q and %q", order, seed, x.State, y.State)
		}
		if _, err := rules(fleet).Parse(b.device, written(t, b)); err != nil {
			t.Fatal(err)
		}
	}
}

// Who owns nothing of a camera is told nothing of it; who does, how it stands.
func TestStanding(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	b, epochs := eventful(t, fleet)
	if o, ok := b.Ownership(cloudtest.Owner(t).ID, noon); ok {
		t.Errorf("told %v", o)
	}
	for _, c := range []struct {
		n    int
		hash certs.Hash
		want Standing
	}{{0, epochs[0].Began, Over}, {3, epochs[3].Began, Open}, {4, epochs[4].Began, Over}, {4, epochs[3].Began, Unknown}} {
		w := epochs[c.n]
		if got := b.Standing(w.Owner.ID, w.Epoch, c.hash); got != c.want {
			t.Errorf("standing of epoch %d: %d", w.Epoch, got)
		}
		if got := b.Standing(cloudtest.Owner(t).ID, w.Epoch, c.hash); got != Unknown {
			t.Errorf("standing of a stranger: %d", got)
		}
	}
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	if got := claimed(t, fleet, w).Standing(w.Owner.ID, 1, w.Began); got != Open {
		t.Errorf("standing of an epoch that runs: %d", got)
	}
	if n, offer := b.Highest(); n != 5 || !bytes.Equal(offer, epochs[4].Offer.Raw) {
		t.Errorf("highest epoch: %d", n)
	}
	if n, offer := b.Newest(); n != 4 || !bytes.Equal(offer, epochs[3].Offer.Raw) {
		t.Errorf("newest epoch that was not refused: %d", n)
	}
}

// A claim that the owner before refuses does not end his epoch; one that waits does, and one that he lets pass later.
func TestRefusedClaimEndsNothing(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	for name, c := range map[string]struct {
		before func(*testing.T, *sale, *Book) *Book
		ends   bool
	}{
		"contested": {func(_ *testing.T, _ *sale, b *Book) *Book { return b }, true},
		"lost":      {func(t *testing.T, s *sale, b *Book) *Book { return mustLose(t, b, s.first.Lost(), noon) }, false},
		"released to somebody else": {func(t *testing.T, s *sale, b *Book) *Book {
			return mustRelease(t, b, s.first.Release(cloudtest.Owner(t)), noon)
		}, false},
		"lost, then released": {func(t *testing.T, s *sale, b *Book) *Book {
			return mustRelease(t, mustLose(t, b, s.first.Lost(), noon), s.first.Release(nil), noon)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSale(t, fleet)
			b := add(t, c.before(t, s, claimed(t, fleet, s.first)), s.second, noon.Add(time.Hour))
			first, second, newest := Open, Over, uint64(1)
			if c.ends {
				first, second, newest = Over, Open, 2
			}
			if got := b.Standing(s.alice.ID, 1, s.first.Began); got != first {
				t.Errorf("the first epoch: %d", got)
			}
			if got := b.Standing(s.bob.ID, 2, s.second.Began); got != second {
				t.Errorf("the second epoch: %d", got)
			}
			if b.Runs(s.alice.ID) == c.ends || b.Runs(s.bob.ID) != c.ends {
				t.Errorf("runs for alice %v, for bob %v", b.Runs(s.alice.ID), b.Runs(s.bob.ID))
			}
			if n, _ := b.Newest(); n != newest {
				t.Errorf("newest: %d", n)
			}
		})
	}
}

// Who is not sure that his release was heard signs another: that is no news. One that says something else is too late.
func TestReleaseSignedAnew(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	s := newSale(t, fleet)
	for _, next := range []*certs.Owner{nil, s.bob} {
		b := mustRelease(t, claimed(t, fleet, s.first), s.first.Release(next), noon)
		other := s.bob
		if next != nil {
			other = nil
		}
		for when, b := range map[string]*Book{"at once": b, "after the next claim": add(t, b, s.second, noon)} {
			if _, news, err := b.Release(s.first.Release(next), noon.Add(time.Hour)); news || err != nil {
				t.Errorf("%s: news %v, %v", when, news, err)
			}
			if _, _, err := b.Release(s.first.Release(other), noon.Add(time.Hour)); !errors.Is(err, ErrLate) {
				t.Errorf("another one, %s: %v", when, err)
			}
		}
	}
}
