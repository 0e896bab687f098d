package certs_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

func TestClaimCodeRoundTrip(t *testing.T) {
	o, f := certstest.NewOwner(t), certstest.NewFleet(t)
	code := certs.NewClaimCode(o, certstest.Time.Add(999*time.Millisecond))
	code.Cloud, code.WiFi = "cloud.example:8883", &certs.WiFi{SSID: []byte("home"), Passphrase: []byte{}}
	code.NameFleet(f.Cert)
	text := ok(code.Text())(t)
	for _, s := range []string{text, text + "\n", "  " + text + "\r\n"} { // as files and terminals give it
		if got := ok(certs.ParseClaimCode(s))(t); !reflect.DeepEqual(got, code) {
			t.Errorf("got %#v, want %#v", *got, *code)
		}
	}
	if !code.NotAfter.Equal(certstest.Time) || code.Recipient() != o.Recipient {
		t.Errorf("good until %v for %s", code.NotAfter, code.Recipient())
	}
	if !code.FitsFleet(f.Cert) || code.FitsFleet(certstest.NewFleet(t).Cert) || code.FitsFleet(nil) {
		t.Error("a code of one fleet fits another, or not its own")
	}
	if code.Fleet = nil; !code.FitsFleet(f.Cert) || !code.FitsFleet(nil) {
		t.Error("a code of no fleet does not fit every one")
	}
	if other := certs.NewClaimCode(o, time.Now()); other.Secret == code.Secret {
		t.Error("two codes share a secret")
	}
	if _, err := certs.ParseClaimCode("SIGNET1:" + strings.Repeat("A", 20000)); err == nil {
		t.Error("took a code that is too large")
	}
	code.Picture = [32]byte{}
	if _, err := code.Text(); err == nil {
		t.Error("made a code that cannot be read")
	}
}

// TestClaimCodeFitsAlphanumericMode: a QR code holds it in 5.5 bits a character (ISO/IEC 18004, 7.4.4).
func TestClaimCodeFitsAlphanumericMode(t *testing.T) {
	code := certs.NewClaimCode(certstest.NewOwner(t), certstest.Time)
	text := ok(code.Text())(t)
	if s := strings.Trim(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"); s != "" {
		t.Errorf("%q is not in the alphanumeric mode", s)
	}
	if len(text) > 178 { // version 7, level M: 178 characters
		t.Errorf("%d characters", len(text))
	}
}

// TestSecretsAreNotPrinted prints everything that holds a secret in every way that a log or an error might.
func TestSecretsAreNotPrinted(t *testing.T) {
	o := certstest.NewOwner(t)
	code := certs.NewClaimCode(o, certstest.Time)
	code.WiFi = &certs.WiFi{SSID: []byte("our home"), Passphrase: []byte("correct horse")}
	seed := o.Seed()
	for i, v := range []any{code, *code, code.WiFi, *code.WiFi, o, *o, struct{ C *certs.ClaimCode }{code}, struct{ O certs.Owner }{*o}, []certs.WiFi{*code.WiFi}} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		if i < 6 { // in JSON slog asks the value itself, not what it holds
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		}
		for what, secret := range map[string][]byte{"secret": code.Secret[:], "passphrase": code.WiFi.Passphrase, "name": code.WiFi.SSID, "seed": seed[:]} {
			numbers := strings.Trim(fmt.Sprint(secret), "[]")
			for _, form := range []string{
				string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)), base64.StdEncoding.EncodeToString(secret),
				numbers, strings.ReplaceAll(numbers, " ", ","),
			} {
				if strings.Contains(out.String(), form) {
					t.Errorf("%T tells its %s: %s", v, what, out.String())
				}
			}
		}
		if strings.Contains(out.String(), o.Identity.String()) {
			t.Errorf("%T tells the identity", v)
		}
	}
}

func TestOfferMessage(t *testing.T) {
	w := certstest.New(t)
	c, code := w.Camera, certs.NewClaimCode(w.Owner, certstest.Time)
	for name, view := range map[string][]byte{"without a view": nil, "with one": []byte("sealed"), "with the largest": make([]byte, certs.MaxView)} {
		p := c.MakeOffer(t, code, view)
		m := ok(certs.ParseOfferMessage(p.Message))(t)
		if !bytes.Equal(m.Offer, p.Raw) || !bytes.Equal(m.View, view) {
			t.Errorf("%s: another offer or view", name)
		}
		if o := ok(m.ParseOffer(w.Fleet.Cert))(t); o.Hash != certs.HashOf(p.Raw) || (o.View == nil) != (view == nil) {
			t.Errorf("%s: another offer", name)
		}
		if err := m.Proves(code.Secret); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wrong := code.Secret
		wrong[15] ^= 1
		for _, secret := range [][16]byte{wrong, {}} {
			if m.Proves(secret) == nil {
				t.Errorf("%s: proves another secret", name)
			}
		}
		if bytes.Contains(p.Message, code.Secret[:]) {
			t.Errorf("%s: the message tells the secret", name)
		}
	}
	if _, err := certs.ParseOfferMessage(make([]byte, certs.MaxOfferMessage+1)); err == nil {
		t.Error("took a message that is too large")
	}
	if m := ok(certs.ParseOfferMessage(c.MakeRenewal(t).Message))(t); m.Proves(code.Secret) == nil || m.Proves([16]byte{}) == nil {
		t.Error("a renewal proves a secret")
	}
}

// TestEveryBitOfAnOfferMessageCounts: whatever is changed on the way, the owner notices.
func TestEveryBitOfAnOfferMessageCounts(t *testing.T) {
	w := certstest.New(t)
	code := certs.NewClaimCode(w.Owner, certstest.Time)
	good := w.Camera.MakeOffer(t, code, []byte("sealed")).Message
	for i := range good {
		b := bytes.Clone(good)
		b[i] ^= 1 << (i % 8)
		m, err := certs.ParseOfferMessage(b)
		if err == nil {
			err = m.Proves(code.Secret)
		}
		if err == nil {
			_, err = m.ParseOffer(w.Fleet.Cert)
		}
		if err == nil {
			t.Errorf("byte %d does not count", i)
		}
	}
}

func TestJoinOfferRefuses(t *testing.T) {
	for name, m := range map[string]struct{ offer, view []byte }{
		"no offer": {}, "too large an offer": {offer: make([]byte, certs.MaxOffer+1)}, "too large a view": {[]byte{1}, make([]byte, certs.MaxView+1)},
	} {
		if _, err := certs.JoinOffer(m.offer, [16]byte{}, m.view); err == nil {
			t.Errorf("joined %s", name)
		}
	}
	if _, err := certs.ParseOfferMessage(body{1: bstr([]byte{1}), 3: bstr([]byte{1})}.encode()); err == nil {
		t.Error("took a view without a proof, before the offer is read")
	}
	if _, err := certs.JoinRenewal(nil); err == nil {
		t.Error("joined a renewal of nothing")
	}
}

func hmacOf(key, b []byte) []byte {
	// HMAC-SHA-256 of RFC 2104, by hand.
	pad := func(x byte) []byte {
		p := bytes.Repeat([]byte{x}, 64)
		for i, k := range key {
			p[i] ^= k
		}
		return p
	}
	inner := certs.HashOf(append(pad(0x36), b...))
	outer := certs.HashOf(append(pad(0x5c), inner[:]...))
	return outer[:]
}

func TestOfferMessageByHand(t *testing.T) {
	secret, offer, view := [16]byte{7}, []byte("an offer"), []byte("a view")
	want := body{1: bstr(offer), 2: bstr(hmacOf(secret[:], offer)), 3: bstr(view)}.encode()
	if got := ok(certs.JoinOffer(offer, secret, view))(t); !bytes.Equal(got, want) {
		t.Errorf("got % x\nwant % x", got, want)
	}
	if got, want := ok(certs.JoinRenewal(offer))(t), (body{1: bstr(offer)}).encode(); !bytes.Equal(got, want) {
		t.Errorf("got % x\nwant % x", got, want)
	}
}

func TestOfferSays(t *testing.T) {
	w := certstest.New(t)
	o := ok(certs.ParseOffer(w.Camera.Offer, w.Fleet.Cert))(t)
	if o.Device != w.Camera.ID || o.Owner != w.Owner.ID || o.Epoch != 1 || !o.EventKey.Equal(&w.Camera.EventKey.PublicKey) {
		t.Errorf("offer of %v in epoch %d for %s", o.Device, o.Epoch, o.Owner.Short())
	}
	if o.EventLevel != certs.KeyInFile || o.DeviceLevel != certs.KeyInFile || o.Renews != nil || certs.X25519Recipient(o.Settings) != w.Camera.Settings.Recipient().String() {
		t.Errorf("levels %q and %q", o.EventLevel, o.DeviceLevel)
	}
	if id := ok(certs.KeyIDOf(&w.Camera.EventKey.PublicKey))(t); o.EventKeyID != id {
		t.Error("key id is another")
	}
	if o.Hash != certs.HashOf(w.Camera.Offer) || !bytes.Equal(o.Raw, w.Camera.Offer) || !bytes.Equal(o.DeviceCert, w.Camera.DeviceCert) {
		t.Error("hash, bytes or certificate are not the offer's")
	}
	if _, err := certs.ParseOffer(w.Camera.Offer, certstest.NewFleet(t).Cert); err == nil {
		t.Error("an offer of one fleet is one of another")
	}
}

func TestSignOfferRefuses(t *testing.T) {
	w := certstest.New(t)
	c := w.Camera
	good := certs.Offer{Device: c.ID, Owner: w.Owner.ID, Epoch: 2, CSR: ok(certs.EventRequest(c.ID, certstest.NewKey(t), certs.KeyInFile))(t), Settings: w.Owner.Picture}
	if _, err := certs.SignOffer(&good, c.DeviceCert, c.DeviceKey); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*certs.Offer){
		"of another device":                func(o *certs.Offer) { o.Device = certs.NewDeviceID() },
		"of no epoch":                      func(o *certs.Offer) { o.Epoch = 0 },
		"without a request":                func(o *certs.Offer) { o.CSR = nil },
		"with a settings key of low order": func(o *certs.Offer) { o.Settings = [32]byte{1} },
		"of a renewal with a view":         func(o *certs.Offer) { o.View, o.Renews = &certs.Hash{}, &certs.Hash{} },
	} {
		o := good
		change(&o)
		if _, err := certs.SignOffer(&o, c.DeviceCert, c.DeviceKey); err == nil {
			t.Errorf("signed an offer %s", name)
		}
	}
	if _, err := certs.SignOffer(&good, c.DeviceCert, certstest.NewKey(t)); err == nil {
		t.Error("signed with a key that is not the certificate's")
	}
}

func TestGrantSays(t *testing.T) {
	w := certstest.New(t)
	offer := ok(certs.ParseOffer(w.Camera.Offer, w.Fleet.Cert))(t)
	g := w.Camera.Grant
	if g.Device != w.Camera.ID || g.Owner != w.Owner.ID || g.Epoch != 1 || g.OfferHash != offer.Hash || g.Event.KeyID != offer.EventKeyID {
		t.Errorf("grant of %v in epoch %d by %s", g.Device, g.Epoch, g.Owner.Short())
	}
	if g.Policy.Version != 1 || g.Policy.OfferHash != offer.Hash || g.Policy.Device != w.Camera.ID {
		t.Errorf("first policy: %+v", g.Policy)
	}
	if _, err := certs.ParsePolicy(g.RawPolicy, ok(certs.OwnerKey(g.Root, g.Owner))(t)); err != nil {
		t.Errorf("raw policy: %v", err)
	}
	if _, err := certs.ParseGrant(g.Raw, certstest.NewOwner(t).ID); err == nil {
		t.Error("a grant of one owner is one of another")
	}
}

func TestGrantRefuses(t *testing.T) {
	w := certstest.New(t)
	offer := ok(certs.ParseOffer(w.Camera.Offer, w.Fleet.Cert))(t)
	policy := w.Camera.Policy(t, w.Owner, func(p *certs.Policy) { p.Renewals++ })
	renewal := ok(certs.ParseOffer(w.Camera.MakeRenewal(t).Raw, w.Fleet.Cert))(t)
	alone := certs.Policy{Recipients: []string{w.Owner.Recipient}}
	if _, err := certstest.NewOwner(t).Grant(offer, alone); err == nil {
		t.Error("granted an offer that is for another owner")
	}
	if _, err := w.Owner.Grant(offer, certs.Policy{}); err == nil {
		t.Error("granted with a policy under which nobody opens anything")
	}
	if _, err := w.Owner.Grant(renewal, alone); err == nil {
		t.Error("granted a renewal as a claim")
	}
	if _, err := w.Owner.GrantRenewal(renewal, policy); err != nil {
		t.Fatal(err)
	}
	other := certstest.NewCamera(t, w.Fleet)
	other.Claim(t, w.Owner)
	for name, err := range map[string]error{
		"a claim as a renewal":                       second(w.Owner.GrantRenewal(offer, policy)),
		"a renewal that no policy asks for":          second(w.Owner.GrantRenewal(renewal, w.Camera.Policy(t, w.Owner, func(p *certs.Policy) { p.Renewals = 0 }))),
		"a renewal with another camera's policy":     second(w.Owner.GrantRenewal(renewal, other.Policy(t, w.Owner, func(p *certs.Policy) { p.Renewals++ }))),
		"a renewal with a policy of another epoch":   second(w.Owner.GrantRenewal(renewal, policyOf(t, w, func(p *certs.Policy) { p.Epoch++ }))),
		"a renewal with a policy of another offer":   second(w.Owner.GrantRenewal(renewal, policyOf(t, w, func(p *certs.Policy) { p.OfferHash[0] ^= 1 }))),
		"another owner's renewal":                    second(certstest.NewOwner(t).GrantRenewal(renewal, policy)),
		"a renewal with a policy that nobody signed": second(w.Owner.GrantRenewal(renewal, nil)),
	} {
		if err == nil {
			t.Errorf("granted %s", name)
		}
	}
}

// policyOf signs a policy of the world's camera that asks for a renewal, changed.
func policyOf(t *testing.T, w *certstest.World, change func(*certs.Policy)) []byte {
	t.Helper()
	p := *w.Camera.Grant.Policy
	p.Renewals = 1
	change(&p)
	return ok(certs.SignPolicy(&p, w.Owner.Key))(t)
}

func TestRenewal(t *testing.T) {
	w := certstest.New(t)
	c := w.Camera
	before, began := *c, c.Grant
	c.Renew(t, w.Owner)
	g := c.Grant
	if g.Renews == nil || *g.Renews != began.OfferHash || g.OfferHash != certs.HashOf(c.Offer) || g.Policy.OfferHash != began.OfferHash || g.Policy.Renewals != 1 {
		t.Errorf("grant of %v", g.OfferHash)
	}
	if c.Epoch != before.Epoch || c.Cert.Epoch != before.Epoch || c.Cert.KeyID == before.Cert.KeyID {
		t.Errorf("epoch %d, was %d; key %v, was %v", c.Epoch, before.Epoch, c.Cert.KeyID, before.Cert.KeyID)
	}
	if began.Renews != nil {
		t.Error("a claim renews")
	}
	for _, s := range []*certstest.Signed{before.Claimed(t), c.Claimed(t), c.Online(t)} { // old key, then new: the same owner
		cert := ok(certs.VerifyEventCertificate(s.Chain[0], w.Owner.Root, w.Owner.ID))(t)
		if err := s.Verify(cert); err != nil {
			t.Error(err)
		}
	}
	c.Renew(t, w.Owner)
	if *c.Grant.Renews != began.OfferHash || c.Grant.Policy.Renewals != 2 {
		t.Error("the second renewal is not of the offer that began the epoch")
	}
}
