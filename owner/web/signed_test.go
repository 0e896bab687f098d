package web

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"filippo.io/age"

	"signet/certs"
)

// signed is what test/signed.test.ts has made: what the page signs for the owner of testdata/root.json, of a camera in
// epoch 7.
type signed struct {
	Fleet, Offer, RenewalOffer            []byte
	Friend, Next, Secret                  []byte
	Grant, Policy, Renewal, Release, Lost []byte
	SettingsIdentity                      string
	Code, ViewerCard, OwnerCard, JoinCard string
}

func readJSON(t *testing.T, path string, to any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, to); err != nil {
		t.Fatal(path, err)
	}
}

// must is for what has to work: must(f())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func readSigned(t *testing.T) (s signed, owner *certs.Owner, fleet *x509.Certificate) {
	t.Helper()
	readJSON(t, "testdata/signed.json", &s)
	var kept struct {
		Seed string
		Root []byte
	}
	readJSON(t, "testdata/root.json", &kept)
	seed := [32]byte(must(hex.DecodeString(kept.Seed))(t))
	return s, must(certs.OwnerFromSeed(seed, kept.Root))(t), must(x509.ParseCertificate(s.Fleet))(t)
}

func TestGrantsMadeByThePageAreAsOurs(t *testing.T) {
	s, owner, fleet := readSigned(t)
	claim := must(certs.ParseOffer(s.Offer, fleet))(t)
	renewal := must(certs.ParseOffer(s.RenewalOffer, fleet))(t)
	policy := must(certs.ParsePolicy(s.Policy, must(certs.OwnerKey(owner.Root, owner.ID))(t)))(t)

	g := must(certs.ParseGrant(s.Grant, owner.ID))(t)
	if g.OfferHash != claim.Hash || g.Epoch != 7 || g.Event.KeyID != claim.EventKeyID || g.Event.Level != certs.KeyInTPM || g.Policy.Version != 1 || g.Renews != nil {
		t.Errorf("the grant says something else: %+v", g)
	}
	ours := must(certs.ParseGrant(must(owner.Grant(claim, certs.Policy{Recipients: []string{owner.Recipient}}))(t), owner.ID))(t)
	sameCertificate(t, g.Event.Raw, ours.Event.Raw)

	r := must(certs.ParseGrant(s.Renewal, owner.ID))(t)
	if r.OfferHash != renewal.Hash || r.Renews == nil || *r.Renews != claim.Hash || !bytes.Equal(r.RawPolicy, s.Policy) || r.Event.Level != certs.KeyInFile {
		t.Errorf("the renewal says something else: %+v", r)
	}
	ours = must(certs.ParseGrant(must(owner.GrantRenewal(renewal, s.Policy))(t), owner.ID))(t)
	sameCertificate(t, r.Event.Raw, ours.Event.Raw)

	if policy.Version != 2 || policy.Renewals != 1 || policy.OfferHash != claim.Hash || len(policy.Viewers) != 2 {
		t.Fatalf("the policy says something else: %+v", policy)
	}
	friend, self := policy.Viewers[0], policy.Viewers[1]
	if !bytes.Equal(friend.SPKI, s.Friend) || friend.Scope != certs.ScopeClips|certs.ScopeLive || friend.Ends() || friend.Since != 2 {
		t.Errorf("the viewer is %+v", friend)
	}
	if end := time.Date(2031, 2, 2, 0, 0, 0, 0, time.UTC); self.Scope != certs.ScopeLive || !self.NotAfter.Equal(end) || self.Recipient != "" {
		t.Errorf("the second viewer is %+v", self)
	}
	if _, err := policy.Sealer(time.Now(), true); err != nil {
		t.Error("nothing can be sealed under the policy:", err)
	}
}

// sameCertificate compares what is signed, but for the serial number.
func sameCertificate(t *testing.T, got, want []byte) {
	t.Helper()
	g, w := signedParts(t, got), signedParts(t, want)
	if len(g) != len(w) {
		t.Fatalf("%d parts, want %d", len(g), len(w))
	}
	const serial = 1
	for i := range w {
		if i != serial && !bytes.Equal(g[i].FullBytes, w[i].FullBytes) {
			t.Errorf("part %d of what is signed: %x, want %x", i, g[i].FullBytes, w[i].FullBytes)
		}
	}
}

func TestSettingsSealedByThePageOpen(t *testing.T) {
	s, owner, _ := readSigned(t)
	no, yes := false, true
	want := &certs.Settings{
		Name:    "Haus am See",
		Cameras: map[uint8]certs.CameraSettings{0: {Records: &no}, 1: {Name: "Yard", Clips: &yes, Live: &no}},
		Viewers: map[certs.KeyID]string{owner.ID: "Ada"},
	}
	sealed := must(certs.ParseGrant(s.Grant, owner.ID))(t).Policy.Settings
	camera := must(age.ParseX25519Identity(s.SettingsIdentity))(t)
	for name, id := range map[string]age.Identity{"camera": camera, "owner": owner.Identity} {
		if got := must(certs.OpenSettings(sealed, id))(t); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestEndsSignedByThePageAreTaken(t *testing.T) {
	s, owner, fleet := readSigned(t)
	claim := must(certs.ParseOffer(s.Offer, fleet))(t)
	key := must(certs.OwnerKey(owner.Root, owner.ID))(t)
	r := must(certs.ParseRelease(s.Release, key))(t)
	if r.Device != claim.Device || r.Owner != owner.ID || r.Epoch != 7 || r.OfferHash != claim.Hash || r.Next == nil || !bytes.Equal(r.Next[:], s.Next) {
		t.Errorf("the release says something else: %+v", r)
	}
	l := must(certs.ParseLost(s.Lost, key))(t)
	if l.Device != claim.Device || l.Epoch != 7 || l.OfferHash != claim.Hash || l.At.UnixMilli() != 1772366400000 {
		t.Errorf("the mark says something else: %+v", l)
	}
}

func TestCodesAndCardsShownByThePageAreRead(t *testing.T) {
	s, owner, fleet := readSigned(t)
	c := must(certs.ParseClaimCode(s.Code))(t)
	if c.Owner != owner.ID || !bytes.Equal(c.Secret[:], s.Secret) || c.Recipient() != owner.Recipient || c.Cloud != "cloud.example:8883" || !c.FitsFleet(fleet) {
		t.Errorf("the code says something else: %v", c)
	}
	if c.WiFi == nil || string(c.WiFi.SSID) != "attic" || string(c.WiFi.Passphrase) != "correct horse" {
		t.Error("the Wi-Fi in the code is another")
	}
	if v := must(certs.ParseViewerCard(s.ViewerCard))(t); v.Key() != owner.ID || v.Recipient() != owner.Recipient || v.Name != "Ada" {
		t.Errorf("the viewer's card says something else: %+v", v)
	}
	if o := must(certs.ParseOwnerCard(s.OwnerCard))(t); o.Owner != owner.ID || o.Name != "" {
		t.Errorf("the owner's card says something else: %+v", o)
	}
	if j := must(certs.ParseJoinCard(s.JoinCard))(t); certs.X25519Recipient(j.Key) != owner.Recipient {
		t.Errorf("the join card says something else: %+v", j)
	}
}
