package certs_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

func TestClaimCodeRoundTrip(t *testing.T) {
	o := certstest.NewOwner(t)
	code := certs.NewClaimCode(o, time.Now())
	text := ok(code.Text())(t)
	for _, s := range []string{text, text + "\n", "  " + text + "\r\n"} { // as files and terminals give it
		got, err := certs.ParseClaimCode(s)
		if err != nil {
			t.Fatal(err)
		}
		if got.Owner != o.ID || got.Secret != code.Secret || !got.NotAfter.Equal(code.NotAfter) || strings.Join(got.Recipients, " ") != o.Recipient {
			t.Errorf("got %v, want %v", got.Owner, code.Owner)
		}
	}
	if other := certs.NewClaimCode(o, time.Now()); other.Secret == code.Secret {
		t.Error("two codes share a secret")
	}
	if _, err := certs.ParseClaimCode("SIGNET-CLAIM-1:" + strings.Repeat("A", 20000)); err == nil {
		t.Error("took a code that is too large")
	}
	code.Recipients = nil
	if _, err := code.Text(); err == nil {
		t.Error("made a code that cannot be read")
	}
}

func TestOfferMessage(t *testing.T) {
	offer, secret := certstest.New(t).Camera.Offer, [16]byte{1, 2, 3}
	msg := ok(certs.JoinOffer(offer, secret))(t)
	if got := ok(certs.OpenOffer(msg, secret))(t); !bytes.Equal(got, offer) {
		t.Error("opened another offer")
	}
	wrong := secret
	wrong[15] ^= 1
	if _, err := certs.OpenOffer(msg, wrong); err == nil {
		t.Error("opened with another secret")
	}
	if _, err := certs.OpenOffer(msg, [16]byte{}); err == nil {
		t.Error("opened with no secret")
	}
	for i := range msg {
		b := bytes.Clone(msg)
		b[i] ^= 0x80
		if _, err := certs.OpenOffer(b, secret); err == nil {
			t.Errorf("opened with byte %d changed", i)
		}
	}
	if bytes.Contains(msg, secret[:]) {
		t.Error("the message tells the secret")
	}
	large := make([]byte, 256<<10) // the largest offer there is
	if _, err := certs.OpenOffer(ok(certs.JoinOffer(large, secret))(t), secret); err != nil {
		t.Errorf("largest offer: %v", err)
	}
	if _, err := certs.OpenOffer(make([]byte, 1<<20), secret); err == nil {
		t.Error("opened a message that is too large")
	}
	null := list([]byte{0xf6}, bstr(hmacOf(secret[:], nil)))
	if _, err := certs.OpenOffer(null, secret); err == nil {
		t.Error("took null for an offer")
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

func TestOfferMACIsHMAC(t *testing.T) {
	secret, offer := [16]byte{7}, []byte("an offer")
	want := list(bstr(offer), bstr(hmacOf(secret[:], offer)))
	if got := ok(certs.JoinOffer(offer, secret))(t); !bytes.Equal(got, want) {
		t.Errorf("got % x\nwant % x", got, want)
	}
}

func TestOfferSays(t *testing.T) {
	w := certstest.New(t)
	o := ok(certs.ParseOffer(w.Camera.Offer, w.Fleet.Cert))(t)
	if o.Device != w.Camera.ID || o.Owner != w.Owner.ID || o.Epoch != 1 || !o.EventKey.Equal(&w.Camera.EventKey.PublicKey) {
		t.Errorf("offer of %v in epoch %d for %s", o.Device, o.Epoch, o.Owner.Short())
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
	good := certs.Offer{Device: c.ID, Owner: w.Owner.ID, Epoch: 2, CSR: ok(certs.EventRequest(c.ID, certstest.NewKey(t)))(t)}
	if _, err := certs.SignOffer(&good, c.DeviceCert, c.DeviceKey); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*certs.Offer){
		"of another device": func(o *certs.Offer) { o.Device = certs.NewDeviceID() },
		"of no epoch":       func(o *certs.Offer) { o.Epoch = 0 },
		"without a request": func(o *certs.Offer) { o.CSR = nil },
		"too large":         func(o *certs.Offer) { o.View = make([]byte, 256<<10) },
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
	if _, err := certstest.NewOwner(t).Grant(offer, certs.Policy{Recipients: []string{w.Owner.Recipient}}); err == nil {
		t.Error("granted an offer that is for another owner")
	}
	if _, err := w.Owner.Grant(offer, certs.Policy{}); err == nil {
		t.Error("granted with a policy under which nobody opens anything")
	}
}
