package certs_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

// hkdf is RFC 5869 over SHA-256, with the salt left out, by hand.
func hkdf(secret []byte, info string, n int) []byte {
	mac := func(key []byte, parts ...[]byte) []byte {
		h := hmac.New(sha256.New, key)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	prk := mac(make([]byte, 32), secret)
	var out, last []byte
	for i := byte(1); len(out) < n; i++ {
		last = mac(prk, last, []byte(info), []byte{i})
		out = append(out, last...)
	}
	return out[:n]
}

func TestHKDFByHand(t *testing.T) { // RFC 5869, test case 3
	want := "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
	if got := hex.EncodeToString(hkdf(bytes.Repeat([]byte{0x0b}, 22), "", 42)); got != want {
		t.Errorf("got %s", got)
	}
}

// TestOwnerFromSeed derives the keys a second time, from other primitives.
func TestOwnerFromSeed(t *testing.T) {
	order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	spkiHead, _ := hex.DecodeString("3059301306072a8648ce3d020106082a8648ce3d030107034200") // RFC 5480, P-256
	for _, seed := range [][32]byte{{}, {1}, {31: 0xff}, sha256.Sum256([]byte("an owner"))} {
		o := ok(certs.OwnerFromSeed(seed, nil))(t)

		d := new(big.Int).SetBytes(hkdf(seed[:], "signet/v1 owner key", 48))
		d.Mod(d, new(big.Int).Sub(order, big.NewInt(1))).Add(d, big.NewInt(1))
		signing := ok(ecdh.P256().NewPrivateKey(d.FillBytes(make([]byte, 32))))(t)
		spki := append(bytes.Clone(spkiHead), signing.PublicKey().Bytes()...)
		if !bytes.Equal(o.SPKI, spki) {
			t.Errorf("seed %x: public key is %x, want %x", seed[:4], o.SPKI, spki)
		}
		if o.ID != sha256.Sum256(spki) {
			t.Errorf("seed %x: owner id is not the hash of the public key", seed[:4])
		}

		picture := ok(ecdh.X25519().NewPrivateKey(hkdf(seed[:], "signet/v1 picture key", 32)))(t)
		if got := unbech32(t, strings.ToLower(o.Identity.String()), "age-secret-key-"); !bytes.Equal(got, picture.Bytes()) {
			t.Errorf("seed %x: identity is another", seed[:4])
		}
		hybrid := ok(o.Hybrid())(t) // age writes such an identity as its 32 bytes
		if got := unbech32(t, strings.ToLower(hybrid.String()), "age-secret-key-pq-"); !bytes.Equal(got, hkdf(seed[:], "signet/v1 hybrid picture key", 32)) {
			t.Errorf("seed %x: hybrid identity is another", seed[:4])
		}
		if got := unbech32(t, o.Recipient, "age"); !bytes.Equal(got, picture.PublicKey().Bytes()) {
			t.Errorf("seed %x: recipient is another", seed[:4])
		}
	}
}

// unbech32 takes the data out of a Bech32 string (BIP 173); age has checked the checksum.
func unbech32(t *testing.T, s, hrp string) []byte {
	t.Helper()
	s, found := strings.CutPrefix(s, hrp+"1")
	if !found {
		t.Fatalf("%.10q does not begin with %s1", s, hrp)
	}
	n := new(big.Int)
	for _, c := range s[:len(s)-6] {
		n.Lsh(n, 5).Or(n, big.NewInt(int64(strings.IndexRune("qpzry9x8gf2tvdw0s3jn54khce6mua7l", c))))
	}
	return n.Rsh(n, uint(len(s)-6)*5-256).FillBytes(make([]byte, 32))
}

func TestSeedsAreFarApart(t *testing.T) {
	a, b := certstest.NewOwner(t), certstest.NewOwner(t)
	if a.ID == b.ID || a.Recipient == b.Recipient || a.Seed() == b.Seed() {
		t.Error("two new owners share a key")
	}
	again := ok(certs.OwnerFromSeed(a.Seed(), nil))(t)
	if again.ID != a.ID || again.Recipient != a.Recipient {
		t.Error("the same seed gave another owner")
	}
	if bytes.Equal(again.Root, a.Root) {
		t.Error("two roots share a serial number")
	}
	w := certstest.New(t) // what one root of a key has certified, another one of the same key opens
	fresh := ok(certs.OwnerFromSeed(w.Owner.Seed(), nil))(t)
	if _, err := certs.VerifyEventCertificate(w.Camera.Cert.Raw, fresh.Root, w.Owner.ID); err != nil {
		t.Errorf("root made anew from the seed: %v", err)
	}
}

func TestOwnerFromSeedRefusesAnothersRoot(t *testing.T) {
	a, b := certstest.NewOwner(t), certstest.NewOwner(t)
	if _, err := certs.OwnerFromSeed(a.Seed(), b.Root); err == nil {
		t.Error("took another owner's root")
	}
}

func TestOwnerKey(t *testing.T) {
	a, b := certstest.NewOwner(t), certstest.NewOwner(t)
	if key := ok(certs.OwnerKey(a.Root, a.ID))(t); !a.Key.Public().(*ecdsa.PublicKey).Equal(key) {
		t.Error("another key")
	}
	if _, err := certs.OwnerKey(a.Root, b.ID); err == nil {
		t.Error("took another owner's root")
	}
}
