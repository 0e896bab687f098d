package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"math/big"
	"strings"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

// fuzzText seeds a parser of text with the vectors of a kind and checks that what it takes is the one encoding.
func fuzzText(f *testing.F, kind string, read func(string) (interface{ Text() (string, error) }, error)) {
	for _, v := range readVectors(f) {
		if v.Kind == kind {
			f.Add(string(v.bytes(f, v.Statement)))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := read(s)
		if err != nil {
			return
		}
		if again := ok(c.Text())(t); again != strings.TrimSpace(s) {
			t.Errorf("took   %q\nencodes %q", s, again)
		}
	})
}

type text = interface{ Text() (string, error) }

func FuzzParseClaimCode(f *testing.F) {
	fuzzText(f, "claim-code", func(s string) (text, error) { return certs.ParseClaimCode(s) })
}

func FuzzParseViewerCard(f *testing.F) {
	fuzzText(f, "viewer-card", func(s string) (text, error) { return certs.ParseViewerCard(s) })
}

func FuzzParseOwnerCard(f *testing.F) {
	fuzzText(f, "owner-card", func(s string) (text, error) { return certs.ParseOwnerCard(s) })
}

func FuzzParseJoinCard(f *testing.F) {
	fuzzText(f, "join-card", func(s string) (text, error) { return certs.ParseJoinCard(s) })
}

func FuzzParseSeed(f *testing.F) {
	f.Add(certs.SeedText([32]byte{1}))
	f.Add("SIGNET-SEED-1:")
	f.Fuzz(func(t *testing.T, s string) {
		seed, err := certs.ParseSeed(s)
		if err == nil && certs.SeedText(seed) != strings.TrimSpace(s) {
			t.Errorf("took %q", s)
		}
	})
}

func FuzzX25519Public(f *testing.F) {
	f.Add(certstest.NewOwner(f).Recipient)
	f.Fuzz(func(t *testing.T, s string) {
		key, err := certs.X25519Public(s)
		if err == nil && certs.X25519Recipient(key) != s {
			t.Errorf("took %q", s)
		}
	})
}

func FuzzParseRelease(f *testing.F) {
	w := certstest.New(f)
	key := w.Owner.Key.(*ecdsa.PrivateKey)
	m := message{protected: byKid(w.Owner.ID), aad: "signet/v1 release", key: key}
	fuzzBody(f, "release", m, w.Camera.Release(f, w.Owner), func(t *testing.T, b []byte) ([]byte, bool) {
		r, err := certs.ParseRelease(b, &key.PublicKey)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignRelease(r, key))(t), true
	})
}

func FuzzParseLost(f *testing.F) {
	w := certstest.New(f)
	key := w.Owner.Key.(*ecdsa.PrivateKey)
	m := message{protected: byKid(w.Owner.ID), aad: "signet/v1 lost", key: key}
	fuzzBody(f, "lost", m, w.Camera.Lost(f, w.Owner), func(t *testing.T, b []byte) ([]byte, bool) {
		l, err := certs.ParseLost(b, &key.PublicKey)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignLost(l, key))(t), true
	})
}

func FuzzParseClosing(f *testing.F) {
	w := certstest.New(f)
	c := w.Camera
	m := message{protected: byChain(c.DeviceCert), aad: "signet/v1 closing", key: c.DeviceKey}
	fuzzBody(f, "closing", m, c.Closing(f, c.Next, c.Release(f, w.Owner)), func(t *testing.T, b []byte) ([]byte, bool) {
		e, err := certs.ParseClosing(b, w.Fleet.Cert)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignClosing(e, c.DeviceCert, c.DeviceKey))(t), true
	})
}

// FuzzOpenSettings seals what the fuzzer makes, and what was read of it again.
func FuzzOpenSettings(f *testing.F) {
	seed(f, "settings", false)
	o := certstest.NewOwner(f)
	sealer := ok(certs.NewSealer([]string{o.Recipient}))(f)
	f.Fuzz(func(t *testing.T, plain []byte) {
		s, err := certs.OpenSettings(ok(sealer.Seal(plain))(t), o.Identity)
		if err != nil {
			return
		}
		again := ok(certs.Open(ok(s.Seal(o.Picture, o.Recipient))(t), certs.MaxSettings, o.Identity))(t)
		if !bytes.Equal(again, plain) {
			t.Errorf("took   % x\nencodes % x", plain, again)
		}
	})
}

func FuzzParseCRL(f *testing.F) {
	fleet := certstest.NewFleet(f)
	first := ok(fleet.Revoke(nil, []*big.Int{big.NewInt(1), big.NewInt(1 << 40)}, certstest.Time))(f)
	f.Add(first)
	f.Add(ok(fleet.Revoke(ok(certs.ParseCRL(first, fleet.Cert))(f), nil, certstest.Time))(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := certs.ParseCRL(b, fleet.Cert)
		if err == nil && (!bytes.Equal(l.Raw, b) || l.Number == 0) {
			t.Errorf("took % x", b)
		}
	})
}
