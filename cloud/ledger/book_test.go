package ledger

import (
	"crypto/ecdsa"
	"crypto/x509"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// noon is when the tests begin.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func rules(f *certs.Fleet) Rules { return Rules{f.Cert, DefaultWait} }

// claim verifies what the camera says when it was claimed, or renewed.
func claim(t testing.TB, w *cloudtest.Owned, fleet *x509.Certificate) *Claim {
	t.Helper()
	c, err := ParseClaim(w.Record(certs.Claimed), fleet)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// add notes a claim or renewal that nothing is against.
func add(t testing.TB, b *Book, w *cloudtest.Owned, now time.Time) *Book {
	t.Helper()
	next, _, v := b.Claim(claim(t, w, b.rules.Fleet), now)
	if v != nil {
		t.Fatalf("claim: %v", v)
	}
	return next
}

// claimed returns the book of a camera with one claim.
func claimed(t testing.TB, f *certs.Fleet, w *cloudtest.Owned) *Book {
	t.Helper()
	return add(t, rules(f).New(w.ID), w, noon)
}

// closeAt ends an epoch with a record at the camera's next position.
func closeAt(t testing.TB, b *Book, w *cloudtest.Owned, release []byte, now time.Time) *Book {
	t.Helper()
	last := certs.Position{Boot: w.Boot, N: w.Next}
	end, err := ParseEnd(w.Closing(last, release), b.rules.Fleet, b.epochs[b.find(w.Epoch)].begin.owner)
	if err != nil {
		t.Fatal(err)
	}
	next, _, v := b.Close(end, now)
	if v != nil {
		t.Fatalf("close: %v", v)
	}
	return next
}

// verdict is what becomes of a record of a claim at a time: "" when nothing is against it.
func verdict(b *Book, w *cloudtest.Owned, now time.Time) Reason {
	b, _ = b.Settle(now)
	r := &certs.Record{Device: w.ID, Owner: w.Owner.ID, Epoch: w.Epoch, Position: certs.Position{Boot: w.Boot, N: w.Next}}
	return reasonOf(b.Veto(r, w.Event.Key))
}

func reasonOf(v *Veto) Reason {
	if v == nil {
		return ""
	}
	return v.Reason
}

func TestVeto(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, fleet)
	w := cam.Claim(alice, 3)
	w.Boot, w.Next = 2, 4
	b := claimed(t, fleet, w)
	rec := func(change func(*certs.Record)) *certs.Record {
		r := &certs.Record{Device: w.ID, Owner: alice.ID, Epoch: 3, Position: certs.Position{Boot: 2, N: 5}}
		change(r)
		return r
	}
	w.Next = 5
	closed := closeAt(t, b, w, nil, noon)
	key := w.Event.Key
	for _, c := range []struct {
		name string
		book *Book
		rec  *certs.Record
		key  *ecdsa.PublicKey
		want Reason
	}{
		{"as claimed", b, rec(func(r *certs.Record) {}), key, ""},
		{"another device", b, rec(func(r *certs.Record) { r.Device = certs.NewDeviceID() }), key, OtherClaim},
		{"another owner", b, rec(func(r *certs.Record) { r.Owner = bob.ID }), key, OtherClaim},
		{"another key", b, rec(func(r *certs.Record) {}), cam.Claim(alice, 3).Event.Key, OtherClaim},
		{"an epoch to come", b, rec(func(r *certs.Record) { r.Epoch = 4 }), key, NotClaimed},
		{"an epoch that was never claimed", b, rec(func(r *certs.Record) { r.Epoch = 2 }), key, OldEpoch},
		{"the last of a closed epoch", closed, rec(func(r *certs.Record) {}), key, ""},
		{"after a closed epoch", closed, rec(func(r *certs.Record) { r.Position.N = 6 }), key, Closed},
		{"after a closed epoch, in a later boot", closed, rec(func(r *certs.Record) { r.Position = certs.Position{Boot: 3} }), key, Closed},
		{"nothing was ever claimed", rules(fleet).New(w.ID), rec(func(r *certs.Record) {}), key, NotClaimed},
	} {
		v := c.book.Veto(c.rec, c.key)
		if got := reasonOf(v); got != c.want {
			t.Errorf("%s: %q instead of %q", c.name, got, c.want)
		}
	}
	if !b.Current(alice.ID) || b.Current(bob.ID) || closed.Current(alice.ID) {
		t.Error("current owner is not asked of the newest open claim")
	}
}

func TestClaimsAscend(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	o := cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, fleet)
	five := cam.Claim(o, 5)
	b := claimed(t, fleet, five)
	if same, added, v := b.Claim(claim(t, five, fleet.Cert), noon); v != nil || added || same != b {
		t.Errorf("the same claim again: %v, added %v", v, added)
	}
	again := *five
	again.Offer = five.OfferAgain()
	if same, added, v := b.Claim(claim(t, &again, fleet.Cert), noon); v != nil || added || same != b || again.Offer.Hash == five.Offer.Hash {
		t.Errorf("the same claim, signed again: %v, added %v", v, added)
	}
	for _, c := range []struct {
		name string
		w    *cloudtest.Owned
		want Reason
	}{
		{"another claim of the epoch", cam.Claim(o, 5), OtherClaim},
		{"a lower epoch", cam.Claim(o, 4), OldEpoch},
		{"another device", cloudtest.NewCamera(t, fleet).Claim(o, 6), OtherClaim},
	} {
		if _, _, v := b.Claim(claim(t, c.w, fleet.Cert), noon); reasonOf(v) != c.want {
			t.Errorf("%s: %v", c.name, v)
		}
	}
	// Only so many are remembered; what is forgotten is refused.
	for e := uint64(6); e < 6+maxEpochs; e++ {
		b = add(t, b, cam.Claim(o, e), noon)
	}
	if len(b.epochs) != maxEpochs {
		t.Errorf("%d epochs are remembered", len(b.epochs))
	}
	if got := verdict(b, five, noon); got != OldEpoch {
		t.Errorf("forgotten epoch: %q", got)
	}
}
