package certs_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

func TestIDsHaveOneForm(t *testing.T) {
	d := certs.NewDeviceID()
	if got, err := certs.ParseDeviceID(d.String()); err != nil || got != d {
		t.Errorf("device id: %v %v", got, err)
	}
	if d.URN() != "urn:uuid:"+d.String() || d[6]>>4 != 4 || d[8]>>6 != 2 {
		t.Errorf("%s is not a random UUID", d.URN())
	}
	h := certs.HashOf([]byte("abc"))
	if h.String() != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" { // FIPS 180-4
		t.Errorf("hash of abc is %s", h)
	}
	if got, err := certs.ParseHash(h.String()); err != nil || got != h {
		t.Errorf("hash: %v %v", got, err)
	}
	k := certs.KeyID(h)
	if got, err := certs.ParseKeyID(k.String()); err != nil || got != k || k.Short() != "ba7816bf" {
		t.Errorf("key id: %v %s %v", got, k.Short(), err)
	}
	u := d.String()
	for _, s := range []string{"", u[1:], u + "0", " " + u[1:], strings.ToUpper("abcdef00-0000-4000-8000-000000000000"), "{" + u + "}", d.URN(), strings.ReplaceAll(u, "-", ""), u[:35] + "g"} {
		if _, err := certs.ParseDeviceID(s); err == nil {
			t.Errorf("%q is a device id", s)
		}
		if _, err := certs.ParseEventID(s); err == nil {
			t.Errorf("%q is an event id", s)
		}
	}
	x := h.String()
	for _, s := range []string{"", x[1:], x + "0", strings.ToUpper(x), x[:63] + "g", "0x" + x[2:]} {
		if _, err := certs.ParseHash(s); err == nil {
			t.Errorf("%q is a hash", s)
		}
		if _, err := certs.ParseKeyID(s); err == nil {
			t.Errorf("%q is a key id", s)
		}
	}
}

func TestEventIDsSortByTime(t *testing.T) {
	var ids []string
	for i := range 100 {
		id := certs.NewEventID(certstest.Time.Add(time.Duration(i) * time.Millisecond))
		if id[6]>>4 != 7 || id[8]>>6 != 2 {
			t.Fatalf("%s is not a UUID of version 7", id)
		}
		if got, err := certs.ParseEventID(id.String()); err != nil || got != id {
			t.Fatalf("%s: %v %v", id, got, err)
		}
		ids = append(ids, id.String())
	}
	if !slices.IsSorted(ids) {
		t.Error("ids do not sort by time")
	}
	if a, b := certs.NewEventID(certstest.Time), certs.NewEventID(certstest.Time); a == b {
		t.Error("two events of one millisecond share an id")
	}
	if id := certs.NewEventID(time.Time{}); id[0] != 0 || id[5] != 0 { // a camera without a clock
		t.Errorf("id before 1970 is %s", id)
	}
}

func TestPositionsAreOrdered(t *testing.T) {
	sorted := []certs.Position{{}, {N: 1}, {N: math.MaxUint64}, {Boot: 1}, {Boot: 1, N: 2}, {Boot: math.MaxUint64, N: math.MaxUint64}}
	for i, p := range sorted {
		for j, q := range sorted {
			if p.Less(q) != (i < j) {
				t.Errorf("%v < %v is %v", p, q, p.Less(q))
			}
		}
	}
	if s := (certs.Position{Boot: 3, N: 14}).String(); s != "3.14" {
		t.Errorf("position is written %s", s)
	}
}

func TestParseSPKI(t *testing.T) {
	k := certstest.NewKey(t)
	der := certstest.SPKI(t, &k.PublicKey)
	pub, id, err := certs.ParseSPKI(der)
	if err != nil || !pub.Equal(&k.PublicKey) || id != certs.KeyID(certs.HashOf(der)) {
		t.Errorf("%v %v", id, err)
	}
	if got := ok(certs.KeyIDOf(&k.PublicKey))(t); got != id {
		t.Error("the key's id depends on who asks")
	}
	p384 := ok(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)
	off := slices.Clone(der)
	off[len(off)-1] ^= 1
	compressed := append(slices.Clone(der[:23]), elliptic.MarshalCompressed(elliptic.P256(), k.X, k.Y)...)
	compressed[1], compressed[22-1] = byte(len(compressed)-2), 34
	for name, b := range map[string][]byte{
		"nothing": nil, "P-384": ok(x509.MarshalPKIXPublicKey(&p384.PublicKey))(t), "a point off the curve": off, "a byte more": append(slices.Clone(der), 0),
		"a compressed point": compressed, "too much": make([]byte, 10_000),
	} {
		if _, _, err := certs.ParseSPKI(b); err == nil {
			t.Errorf("took %s", name)
		}
	}
}
