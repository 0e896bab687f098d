package ledger

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// claimed returns the book of a camera with one claim.
func claimed(t testing.TB, w *cloudtest.Owned) *Book {
	t.Helper()
	b, added, v := (&Book{device: w.ID}).Claim(w.Offer)
	if v != nil || !added {
		t.Fatalf("claim: %v, added %v", v, added)
	}
	return b
}

func eventKey(w *cloudtest.Owned) *ecdsa.PublicKey { return w.Event.Key }

func TestVeto(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, fleet)
	w := cam.Claim(alice, 3)
	b := claimed(t, w)
	rec := func(change func(*certs.Record)) *certs.Record {
		r := &certs.Record{Device: w.ID, Owner: alice.ID, Epoch: 3, Position: certs.Position{Boot: 2, N: 5}}
		change(r)
		return r
	}
	closed, _ := b.Close(3, certs.Position{Boot: 2, N: 5})
	for _, c := range []struct {
		name string
		book *Book
		rec  *certs.Record
		key  *ecdsa.PublicKey
		want Reason
	}{
		{"as claimed", b, rec(func(r *certs.Record) {}), eventKey(w), ""},
		{"another device", b, rec(func(r *certs.Record) { r.Device = certs.NewDeviceID() }), eventKey(w), OtherClaim},
		{"another owner", b, rec(func(r *certs.Record) { r.Owner = bob.ID }), eventKey(w), OtherClaim},
		{"another key", b, rec(func(r *certs.Record) {}), eventKey(cam.Claim(alice, 3)), OtherClaim},
		{"an epoch to come", b, rec(func(r *certs.Record) { r.Epoch = 4 }), eventKey(w), NotClaimed},
		{"an epoch that was never claimed", b, rec(func(r *certs.Record) { r.Epoch = 2 }), eventKey(w), OldEpoch},
		{"the last of a closed epoch", closed, rec(func(r *certs.Record) {}), eventKey(w), ""},
		{"after a closed epoch", closed, rec(func(r *certs.Record) { r.Position.N = 6 }), eventKey(w), Closed},
		{"after a closed epoch, in a later boot", closed, rec(func(r *certs.Record) { r.Position = certs.Position{Boot: 3} }), eventKey(w), Closed},
		{"nothing was ever claimed", &Book{device: w.ID}, rec(func(r *certs.Record) {}), eventKey(w), NotClaimed},
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

func reasonOf(v *Veto) Reason {
	if v == nil {
		return ""
	}
	return v.Reason
}

func TestClaimsAscend(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	o := cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, fleet)
	five := cam.Claim(o, 5)
	b := claimed(t, five)
	if same, added, v := b.Claim(five.Offer); v != nil || added || same != b {
		t.Errorf("the same claim again: %v, added %v", v, added)
	}
	again := five.OfferAgain()
	if same, added, v := b.Claim(again); v != nil || added || same != b || again.Hash == five.Offer.Hash {
		t.Errorf("the same claim, signed again: %v, added %v", v, added)
	}
	if _, _, v := b.Claim(cam.Claim(o, 5).Offer); reasonOf(v) != OtherClaim {
		t.Errorf("another claim of the epoch: %v", v)
	}
	if _, _, v := b.Claim(cam.Claim(o, 4).Offer); reasonOf(v) != OldEpoch {
		t.Errorf("a lower epoch: %v", v)
	}
	if _, _, v := b.Claim(cloudtest.NewCamera(t, fleet).Claim(o, 6).Offer); reasonOf(v) != OtherClaim {
		t.Errorf("another device: %v", v)
	}
	// Only so many are remembered; what is forgotten is refused.
	for e := uint64(6); e < 6+maxClaims; e++ {
		var v *Veto
		if b, _, v = b.Claim(cam.Claim(o, e).Offer); v != nil {
			t.Fatal(v)
		}
	}
	if len(b.claims) != maxClaims {
		t.Errorf("%d claims are remembered", len(b.claims))
	}
	if v := b.Veto(&five.Record(certs.Tamper).Record, eventKey(five)); reasonOf(v) != OldEpoch {
		t.Errorf("forgotten epoch: %v", v)
	}
}

func TestEntryRoundTrip(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	b, _ := claimed(t, w).Close(1, certs.Position{Boot: 4, N: 9})
	raw, err := b.encode("token")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(w.ID, raw, fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := again.encode("token"); err != nil || !bytes.Equal(raw, two) {
		t.Errorf("entry does not come back as it was: %v", err)
	}
}

// Whatever is done to an entry, it never lets a record pass that names another owner than the device's own offer does.
func TestDamagedEntryOnlyRefuses(t *testing.T) {
	fleet, strangers := cloudtest.Fleet(t), cloudtest.Fleet(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam, other := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
	w, x := cam.Claim(alice, 1), other.Claim(bob, 1)
	good, err := claimed(t, w).encode("t")
	if err != nil {
		t.Fatal(err)
	}
	swapped, err := claimed(t, x).encode("t")
	if err != nil {
		t.Fatal(err)
	}
	// An offer for Bob that this very device id signed, with a certificate of another fleet.
	fake := *cam
	key := cloudtest.Key(t)
	fake.Key, fake.Fleet = key, strangers.Cert
	if fake.Cert, err = strangers.IssueDevice(&key.PublicKey, cam.ID, certs.KeyInFile); err != nil {
		t.Fatal(err)
	}
	forged, err := claimed(t, fake.Claim(bob, 1)).encode("t")
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"empty": {}, "null": []byte("null"), "no claims": []byte(`{"token":"t","claims":[]}`), "swapped": swapped, "forged": forged,
		"twice": append(bytes.Clone(good), good...), "half": good[:len(good)/2],
	} {
		if _, err := Parse(cam.ID, raw, fleet.Cert); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rec := &certs.Record{Device: cam.ID, Owner: bob.ID, Epoch: 1}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		bad := bytes.Clone(good)
		for range 1 + rng.IntN(3) {
			bad[rng.IntN(len(bad))] = byte(rng.IntN(256))
		}
		b, err := Parse(cam.ID, bad, fleet.Cert)
		if err == nil && b.Veto(rec, eventKey(w)) == nil {
			t.Fatalf("a damaged entry lets another owner's record pass: %s", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	fleet := cloudtest.Fleet(f)
	w := cloudtest.NewCamera(f, fleet).Claim(cloudtest.Owner(f), 1)
	good, err := claimed(f, w).encode("t")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"token":"","claims":[{"offer":"AA==","closed":[1,2]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		bk, err := Parse(w.ID, b, fleet.Cert)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("error is not ErrCorrupt: %v", err)
			}
			return
		}
		for _, c := range bk.claims {
			if c.offer.Hash != w.Offer.Hash {
				t.Error("a claim that the device never signed")
			}
		}
		if !json.Valid(b) {
			t.Error("not JSON")
		}
	})
}
