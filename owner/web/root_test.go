package web

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"signet/certs"
)

// The page makes owners' roots in the browser. One that it has made is kept in testdata; test/root.test.ts holds what it
// makes now against that one.
func TestRootMadeByThePageIsAsOurs(t *testing.T) {
	b, err := os.ReadFile("testdata/root.json")
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Seed string
		Root []byte
	}
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	var seed [32]byte
	if _, err := hex.Decode(seed[:], []byte(kept.Seed)); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.OwnerFromSeed(seed, kept.Root); err != nil {
		t.Fatalf("the page's root is refused: %v", err)
	}
	ours, err := certs.OwnerFromSeed(seed, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := signedParts(t, kept.Root), signedParts(t, ours.Root)
	if len(got) != len(want) {
		t.Fatalf("%d parts, want %d", len(got), len(want))
	}
	const serial = 1 // random
	for i := range want {
		if i != serial && !bytes.Equal(got[i].FullBytes, want[i].FullBytes) {
			t.Errorf("part %d of what is signed: %x, want %x", i, got[i].FullBytes, want[i].FullBytes)
		}
	}
	other := seed
	other[0]++
	if _, err := certs.OwnerFromSeed(other, kept.Root); err == nil {
		t.Error("the root is taken for another owner's")
	}
}

// signedParts returns the fields of a certificate's TBSCertificate (RFC 5280, section 4.1).
func signedParts(t *testing.T, der []byte) (fields []asn1.RawValue) {
	t.Helper()
	var certificate, tbs []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &certificate); err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(certificate[0].FullBytes, &tbs); err != nil {
		t.Fatal(err)
	}
	return tbs
}
