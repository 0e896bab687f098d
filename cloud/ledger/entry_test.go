package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// written encodes a book, whose token does not matter.
func written(t testing.TB, b *Book) []byte {
	t.Helper()
	raw, err := b.encode("t")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// eventful returns a book in which everything stands that can, and the camera in its epochs.
func eventful(t testing.TB, fleet *certs.Fleet) (*Book, []*cloudtest.Owned) {
	t.Helper()
	cam := cloudtest.NewCamera(t, fleet)
	alice, bob, carol := cloudtest.Owner(t), cloudtest.Owner(t), cloudtest.Owner(t)
	first := cam.Claim(alice, 1)
	b := claimed(t, fleet, first)
	renewed := first.Renew()
	b = add(t, b, renewed, noon)
	b = closeAt(t, b, renewed, first.Release(bob), noon.Add(time.Hour))
	second := cam.Claim(bob, 2)
	second.Next = renewed.Next + 1
	b = add(t, b, second, noon.Add(2*time.Hour))
	b = closeAt(t, b, second, nil, noon.Add(3*time.Hour))
	b, _, err := b.Release(second.Release(nil), noon.Add(4*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	third := cam.Claim(carol, 4)
	third.Next = second.Next + 1
	b = add(t, b, third, noon.Add(5*time.Hour))
	if b, _, err = b.Lost(third.Lost(), noon.Add(6*time.Hour)); err != nil {
		t.Fatal(err)
	}
	fourth := cam.Claim(alice, 5)
	fourth.Next = third.Next + 1
	return add(t, b, fourth, noon.Add(7*time.Hour)), []*cloudtest.Owned{first, renewed, second, third, fourth}
}

func TestEntryRoundTrip(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	b, epochs := eventful(t, fleet)
	raw := written(t, b)
	again, err := rules(fleet).Parse(b.device, raw)
	if err != nil {
		t.Fatal(err)
	}
	if two := written(t, again); !bytes.Equal(raw, two) {
		t.Error("entry does not come back as it was")
	}
	for _, w := range epochs {
		for _, at := range []time.Time{noon.Add(8 * time.Hour), noon.Add(100 * time.Hour)} {
			x, _ := b.Ownership(w.Owner.ID, at)
			y, _ := again.Ownership(w.Owner.ID, at)
			if verdict(b, w, at) != verdict(again, w, at) || x.State != y.State || !x.Since.Equal(y.Since) || !bytes.Equal(x.Evidence, y.Evidence) {
				t.Errorf("epoch %d: %v was %v", w.Epoch, y, x)
			}
		}
	}
	if size := b.size(); size < len(raw) || size > 2*len(raw) {
		t.Errorf("an entry of %d bytes is said to have %d", len(raw), size)
	}
}

// Whatever is done to an entry, it never lets a record pass that names another owner than the device's own offer does; and
// a byte of it that changed lets nothing pass.
func TestDamagedEntryOnlyRefuses(t *testing.T) {
	fleet, strangers := cloudtest.Fleet(t), cloudtest.Fleet(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam, other := cloudtest.NewCamera(t, fleet), cloudtest.NewCamera(t, fleet)
	w, x := cam.Claim(alice, 1), other.Claim(bob, 1)
	good := written(t, claimed(t, fleet, w))
	swapped := written(t, claimed(t, fleet, x))
	// An offer for Bob that this very device id signed, with a certificate of another fleet.
	fake := *cam
	key := cloudtest.Key(t)
	fake.Key, fake.Fleet = key, strangers.Cert
	var err error
	if fake.Cert, err = strangers.IssueDevice(&key.PublicKey, cam.ID, certs.KeyInFile); err != nil {
		t.Fatal(err)
	}
	forged := written(t, claimed(t, strangers, fake.Claim(bob, 1)))
	for name, raw := range map[string][]byte{
		"empty": {}, "null": summed("null"), "no epochs": summed(`{"token":"t","epochs":[]}`), "no claims": summed(`{"token":"t","epochs":[{"claims":[],"heard":1}]}`),
		"swapped": swapped, "forged": forged, "twice": append(bytes.Clone(good), good...), "half": good[:len(good)/2],
	} {
		if _, err := rules(fleet).Parse(cam.ID, raw); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full, _ := eventful(t, fleet)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, whole := range [][]byte{good, written(t, full)} {
		for range 500 {
			bad := bytes.Clone(whole)
			for range 1 + rng.IntN(3) {
				bad[rng.IntN(len(bad))] ^= byte(1 + rng.IntN(255))
			}
			if _, err := rules(fleet).Parse(cam.ID, bad); !bytes.Equal(bad, whole) && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("a damaged entry is read: %s", bad)
			}
		}
	}
}

// summed adds the sum that belongs to a text.
func summed(text string) []byte { return []byte(sumOf([]byte(text)) + "\n" + text) }

// Statements of an entry that are true, each, but not of this epoch, or not in this order, make it corrupt.
func TestEntryOfForeignParts(t *testing.T) {
	fleet := cloudtest.Fleet(t)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	cam := cloudtest.NewCamera(t, fleet)
	w, later, foreign := cam.Claim(alice, 1), cam.Claim(bob, 2), cloudtest.NewCamera(t, fleet).Claim(alice, 1)
	renewed := w.Renew()
	raw := func(w *cloudtest.Owned) string { return quoted(w.Record(certs.Claimed).Raw) }
	begin, again := raw(w), raw(renewed)
	at := certs.Position{Boot: 1, N: 9}
	entry := func(epochs string) []byte { return summed(`{"token":"t","epochs":[` + epochs + `]}`) }
	said := func(what string, b []byte) string {
		return `{"claims":[` + begin + `],"heard":1,"bound":1,"` + what + `":{"statement":` + quoted(b) + `,"at":2}}`
	}
	for name, c := range map[string]struct {
		raw  []byte
		good bool
	}{
		"one claim":                     {entry(`{"claims":[` + begin + `],"heard":1}`), true},
		"a renewal":                     {entry(`{"claims":[` + begin + `,` + again + `],"heard":1}`), true},
		"its closing":                   {entry(said("closing", w.Closing(at, nil))), true},
		"its release":                   {entry(said("release", w.Release(nil))), true},
		"its mark":                      {entry(said("lost", w.Lost())), true},
		"never heard":                   {entry(`{"claims":[` + begin + `]}`), false},
		"a renewal alone":               {entry(`{"claims":[` + again + `],"heard":1}`), false},
		"a claim for a renewal":         {entry(`{"claims":[` + begin + `,` + begin + `],"heard":1}`), false},
		"a renewal twice":               {entry(`{"claims":[` + begin + `,` + again + `,` + again + `],"heard":1}`), false},
		"epochs that do not ascend":     {entry(`{"claims":[` + raw(later) + `],"heard":1},{"claims":[` + begin + `],"heard":1}`), false},
		"another device's claim":        {entry(`{"claims":[` + raw(foreign) + `],"heard":1}`), false},
		"another device's renewal":      {entry(`{"claims":[` + begin + `,` + raw(foreign.Renew()) + `],"heard":1}`), false},
		"another epoch's renewal":       {entry(`{"claims":[` + begin + `,` + raw(later.Renew()) + `],"heard":1}`), false},
		"another claim's renewal":       {entry(`{"claims":[` + begin + `,` + raw(cam.Claim(alice, 1).Renew()) + `],"heard":1}`), false},
		"another record":                {entry(`{"claims":[` + quoted(w.Record(certs.Tamper).Raw) + `],"heard":1}`), false},
		"another epoch's closing":       {entry(said("closing", later.Closing(at, nil))), false},
		"another device's closing":      {entry(said("closing", foreign.Closing(at, nil))), false},
		"another epoch's release":       {entry(said("release", later.Release(nil))), false},
		"another device's release":      {entry(said("release", foreign.Release(nil))), false},
		"a lost mark for a release":     {entry(said("release", w.Lost())), false},
		"another owner's mark":          {entry(said("lost", later.Lost())), false},
		"another device's mark":         {entry(said("lost", foreign.Lost())), false},
		"a closing with such a release": {entry(said("closing", swapRelease(t, w, later, at))), false},
	} {
		if _, err := rules(fleet).Parse(cam.ID, c.raw); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func quoted(b []byte) string { return `"` + base64.StdEncoding.EncodeToString(b) + `"` }

// swapRelease makes a closing whose release names the epoch's owner, but was signed by another.
func swapRelease(t *testing.T, w, other *cloudtest.Owned, at certs.Position) []byte {
	t.Helper()
	mine, theirs := w.Release(nil), other.Release(nil)
	return w.Closing(at, append(mine[:len(mine)-64:len(mine)-64], theirs[len(theirs)-64:]...))
}

// FuzzRead reads what stands behind the sum, which no fuzzer would guess.
func FuzzRead(f *testing.F) {
	fleet := cloudtest.Fleet(f)
	b, _ := eventful(f, fleet)
	_, good, _ := bytes.Cut(written(f, b), []byte("\n"))
	f.Add(good)
	f.Add([]byte(`{"token":"","epochs":[{"claims":["AA=="],"heard":1,"closing":{"statement":"AA==","at":1}}]}`))
	signed := map[string]bool{}
	for _, e := range b.epochs {
		for _, c := range append(e.renewals, e.begin) {
			signed[string(c.raw)] = true
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bk, _, err := rules(fleet).read(b.device, text)
		if err != nil {
			return
		}
		for _, e := range bk.epochs {
			for _, c := range append(e.renewals, e.begin) {
				if !signed[string(c.raw)] {
					t.Error("a claim that the device never signed")
				}
			}
		}
		if _, err := bk.encode("t"); err != nil {
			t.Error(err)
		}
		bk, _ = bk.Settle(noon.Add(1000 * time.Hour))
		for _, e := range bk.epochs {
			bk.Ownership(e.begin.offer.Owner, noon)
		}
	})
}
