package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"signet/certs"
	"signet/certs/certstest"
)

func TestRecordRoundTrip(t *testing.T) {
	c := certstest.New(t).Camera
	rapid.Check(t, func(rt *rapid.T) {
		want := drawRecord(rt, c)
		b, err := certs.SignRecord(want, c.Cert, c.EventKey)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := certs.ParseRecord(b)
		if err != nil {
			rt.Fatal(err)
		}
		if err := got.Verify(c.Cert); err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(&got.Record, want) {
			rt.Fatalf("got %+v\nwant %+v", got.Record, *want)
		}
		if byHand := handRecord(want).encode(); !bytes.Equal(parts(t, b).Payload, byHand) {
			rt.Fatalf("body is % x\nby hand % x", parts(t, b).Payload, byHand)
		}
	})
}

func closingOf(t interface{ Fatal(...any) }, c *certstest.Camera, last certs.Position) []byte {
	b, err := certs.SignClosing(c.UnsignedClosing(last, nil), c.DeviceCert, c.DeviceKey)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// drawRecord draws any record of camera c that record.cddl allows.
func drawRecord(rt *rapid.T, c *certstest.Camera) *certs.Record {
	r := c.Record(certs.RecordType(rapid.IntRange(int(certs.Claimed), int(certs.Closed)).Draw(rt, "type")))
	number := rapid.Uint64()
	position := func(name string) certs.Position {
		return certs.Position{Boot: max(number.Draw(rt, name+" boot"), 1), N: number.Draw(rt, name)}
	}
	r.Version = 1
	r.Position, r.MonoMs, r.PolicyVersion = position("position"), number.Draw(rt, "mono"), number.Draw(rt, "policy")
	r.Wall = certs.Wall{UnixMs: rapid.Uint64Range(0, 253402300799999).Draw(rt, "wall"), Quality: certs.WallQuality(rapid.IntRange(0, 2).Draw(rt, "quality"))}
	switch r.Type {
	case certs.Started, certs.Part, certs.Ended:
		id := certs.NewEventID(certstest.Time)
		r.Event = &id
	case certs.Tamper:
		if rapid.Bool().Draw(rt, "within an event") {
			id := certs.NewEventID(certstest.Time)
			r.Event = &id
		}
	case certs.Closed:
		r.Closing = closingOf(rt, c, r.Position)
	case certs.Online:
		if rapid.Bool().Draw(rt, "boot before") {
			p := position("previous")
			r.Previous = &p
		}
	case certs.Gap:
		p, q := position("from"), position("to")
		q.Boot = p.Boot
		if q.Less(p) {
			p, q = q, p
		}
		r.Gap = &certs.GapRange{From: p, To: q, Reason: certs.GapReason(rapid.IntRange(1, 3).Draw(rt, "reason"))}
	}
	for range rapid.IntRange(0, 16).Draw(rt, "pieces") {
		m := certs.Media{Kind: certs.MediaKind(rapid.IntRange(1, 3).Draw(rt, "kind")), MIME: rapid.StringMatching(`[ -~]{1,127}`).Draw(rt, "mime")}
		m.Size = rapid.Uint64Range(0, certs.MaxSmallMedia).Draw(rt, "size")
		if m.Kind == certs.ClipPart {
			n := number.Draw(rt, "index")
			m.Index = &n
		}
		if rapid.Bool().Draw(rt, "span") {
			from := rapid.Int64Range(-86400000, 86400000).Draw(rt, "from")
			m.Span = &certs.Span{From: from, To: rapid.Int64Range(from, 86400000).Draw(rt, "to")}
		}
		r.Media = append(r.Media, m)
	}
	return r
}

// TestEveryBitCounts changes one bit of a record at a time, and cuts it at every length.
func TestEveryBitCounts(t *testing.T) {
	c := certstest.New(t).Camera
	good := c.Event(t).Started.Raw
	verify := func(b []byte) error {
		r, err := certs.ParseRecord(b)
		if err != nil {
			return err
		}
		return r.Verify(c.Cert)
	}
	if err := verify(good); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for bit := range 8 {
			b := bytes.Clone(good)
			b[i] ^= 1 << bit
			if verify(b) == nil {
				t.Errorf("bit %d of byte %d does not count", bit, i)
			}
		}
		if verify(good[:i]) == nil {
			t.Errorf("the first %d bytes verify", i)
		}
	}
}

// TestOneSignature takes the low of the two signatures and no other, whichever the key made: half of the time it
// makes the high one.
func TestOneSignature(t *testing.T) {
	c := certstest.New(t).Camera
	half := new(big.Int).Rsh(c.EventKey.Params().N, 1)
	for range 40 {
		b := c.Sign(t, c.Record(certs.Closed)).Raw
		sig := parts(t, b).Signature
		s := new(big.Int).SetBytes(sig[32:])
		if s.Cmp(half) > 0 {
			t.Fatal("signed with s > n/2")
		}
		other := bytes.Clone(b)
		s.Sub(c.EventKey.Params().N, s).FillBytes(other[len(other)-32:])
		if _, err := certs.ParseRecord(other); err == nil {
			t.Fatal("took the other signature of the same record")
		}
	}
}

func TestOpaqueKeysSign(t *testing.T) {
	w := certstest.New(t)
	c := w.Camera
	b := ok(certs.SignRecord(c.Record(certs.Tamper), c.Cert, opaque{c.EventKey}))(t)
	if err := ok(certs.ParseRecord(b))(t).Verify(c.Cert); err != nil {
		t.Errorf("record: %v", err)
	}
	offer := certs.Offer{Device: c.ID, Owner: w.Owner.ID, Epoch: 2, CSR: ok(certs.EventRequest(c.ID, opaque{certstest.NewKey(t)}, certs.KeyInTPM))(t), Settings: [32]byte{9}}
	raw := ok(certs.SignOffer(&offer, c.DeviceCert, opaque{c.DeviceKey}))(t)
	accepted := ok(certs.ParseOffer(raw, w.Fleet.Cert))(t)
	o := *w.Owner
	o.Key = opaque{w.Owner.Key}
	grant := ok(o.Grant(accepted, certs.Policy{Recipients: []string{o.Recipient}}))(t)
	if _, err := certs.ParseGrant(grant, o.ID); err != nil {
		t.Errorf("grant: %v", err)
	}
}

func TestSignRecordRefuses(t *testing.T) {
	w := certstest.New(t)
	c := w.Camera
	sign := func(name string, change func(r *certs.Record), cert *certs.EventCert, key *ecdsa.PrivateKey) {
		t.Helper()
		r := c.Record(certs.Tamper)
		change(r)
		if _, err := certs.SignRecord(r, cert, key); err == nil {
			t.Errorf("signed a record %s", name)
		}
	}
	as := func(*certs.Record) {}
	sign("with another key", as, c.Cert, certstest.NewKey(t))
	sign("of another device", func(r *certs.Record) { r.Device = certs.NewDeviceID() }, c.Cert, c.EventKey)
	sign("of another epoch", func(r *certs.Record) { r.Epoch++ }, c.Cert, c.EventKey)
	sign("of no type", func(r *certs.Record) { r.Type = 0 }, c.Cert, c.EventKey)
	sign("of a claim without an offer", func(r *certs.Record) {
		r.Type, r.Chain, r.Offer = certs.Claimed, [][]byte{c.Cert.Raw, c.Root}, []byte{}
	}, c.Cert, c.EventKey)
	sign("that says too much", func(r *certs.Record) { r.Media = make([]certs.Media, 17) }, c.Cert, c.EventKey)
	big := c.Record(certs.Claimed)
	big.Offer = make([]byte, certs.MaxRecord)
	if _, err := certs.SignRecord(big, c.Cert, c.EventKey); err == nil {
		t.Error("signed a record that is too large")
	}
}

func TestParsedRecordKeepsItsBytes(t *testing.T) {
	b := certstest.New(t).Camera.Online(t).Raw
	r := ok(certs.ParseRecord(b))(t)
	raw := bytes.Clone(r.Raw)
	clear(b)
	if !bytes.Equal(r.Raw, raw) || r.Hash != certs.HashOf(raw) || len(r.Chain[0]) == 0 || r.Chain[0][0] != 0x30 {
		t.Error("a parsed record changes with the buffer that it came in")
	}
}

func TestNamesOfTypesAndKinds(t *testing.T) {
	for typ, want := range map[certs.RecordType]string{0: "type 0", certs.Claimed: "claimed", certs.Closed: "closed", 9: "type 9", math.MaxUint: fmt.Sprint("type ", uint(math.MaxUint))} {
		if typ.String() != want {
			t.Errorf("type %d is called %q", uint(typ), typ)
		}
	}
	for kind, want := range map[certs.MediaKind]string{0: "kind 0", certs.Thumbnail: "thumbnail", certs.FactsMedia: "facts", certs.ClipPart: "part", math.MaxUint: fmt.Sprint("kind ", uint(math.MaxUint))} {
		if kind.String() != want {
			t.Errorf("kind %d is called %q", uint(kind), kind)
		}
	}
}
