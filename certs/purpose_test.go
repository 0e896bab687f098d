package certs_test

import (
	"crypto/ecdsa"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

// spoken is a good statement, what it takes to make others like it, and who reads it.
type spoken struct {
	raw    []byte
	key    *ecdsa.PrivateKey // that signed it
	header []byte
	parse  func([]byte) error
}

// everyStatement makes one of each kind, by the last word of its purpose.
func everyStatement(t *testing.T) map[string]spoken {
	t.Helper()
	w := certstest.New(t)
	c, o, key := w.Camera, w.Owner, w.Owner.Key.(*ecdsa.PrivateKey)
	pub, receipts := &key.PublicKey, certstest.NewReceipts(t, w.Fleet)
	request := certs.ViewerRequest{Device: c.ID, Epoch: 1, At: certstest.Time, SDP: "v=0\r\n", SPKI: o.SPKI}
	answer := certs.ViewerAnswer{Device: c.ID, Epoch: 1, Refusal: "no"}
	login := certs.Login{Owner: o.ID, Origin: "https://cloud.example", SPKI: o.SPKI}
	all := map[string]spoken{
		"record": {c.Online(t).Raw, c.EventKey, byX5T(c.Cert), func(b []byte) error {
			r, err := certs.ParseRecord(b)
			if err != nil {
				return err
			}
			return r.Verify(c.Cert)
		}},
		"offer":   {c.Offer, c.DeviceKey, byChain(c.DeviceCert), func(b []byte) error { return second(certs.ParseOffer(b, w.Fleet.Cert)) }},
		"grant":   {c.Grant.Raw, key, byKid(o.ID), func(b []byte) error { return second(certs.ParseGrant(b, o.ID)) }},
		"policy":  {c.Grant.RawPolicy, key, byKid(o.ID), func(b []byte) error { return second(certs.ParsePolicy(b, pub)) }},
		"release": {c.Release(t, o), key, byKid(o.ID), func(b []byte) error { return second(certs.ParseRelease(b, pub)) }},
		"lost":    {c.Lost(t, o), key, byKid(o.ID), func(b []byte) error { return second(certs.ParseLost(b, pub)) }},
		"closing": {c.Closing(t, c.Next, nil), c.DeviceKey, byChain(c.DeviceCert), func(b []byte) error { return second(certs.ParseClosing(b, w.Fleet.Cert)) }},
		"receipt": {receipts.Receipt(t, c.ID, 1, 0, 9), receipts.Key, byChain(receipts.Cert), func(b []byte) error { return second(certs.ParseReceipt(b, w.Fleet.Cert)) }},
		"log-in":  {ok(certs.SignLogin(&login, key))(t), key, byKid(o.ID), func(b []byte) error { return second(certs.ParseLogin(b)) }},
		"viewer-request": {ok(certs.SignViewerRequest(&request, key))(t), key, byKid(o.ID), func(b []byte) error {
			return second(certs.ParseViewerRequest(b))
		}},
		"viewer-answer": {ok(certs.SignViewerAnswer(&answer, c.Cert, c.EventKey))(t), c.EventKey, byX5T(c.Cert), func(b []byte) error {
			return second(certs.ParseViewerAnswer(b, c.Cert))
		}},
	}
	for kind, s := range all {
		if err := s.parse(s.raw); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if err := s.parse(s.message(t, kind).bytes(t)); err != nil {
			t.Fatalf("%s, made by hand: %v", kind, err)
		}
	}
	return all
}

// message is the statement in its parts, to be spoiled.
func (s spoken) message(t *testing.T, kind string) message {
	t.Helper()
	return message{protected: s.header, payload: parts(t, s.raw).Payload, key: s.key, aad: "signet/v1 " + kind}
}

// TestPurposes signs every kind of statement for the purpose of every other: the same key, the same header, the same bytes.
// It stands or falls with external_aad alone.
//
// Attacker: somebody who carries what a camera or an owner has signed to where another statement is expected: a log-in that
// is a policy, a receipt that is a release.
func TestPurposes(t *testing.T) {
	statements := everyStatement(t)
	for kind, s := range statements {
		for purpose := range statements {
			m := s.message(t, purpose)
			if err := s.parse(m.bytes(t)); (err == nil) != (purpose == kind) {
				t.Errorf("%s signed as %s: %v", kind, purpose, err)
			}
		}
		for other, p := range statements {
			if other != kind && p.parse(s.raw) == nil {
				t.Errorf("a %s is taken for a %s", kind, other)
			}
		}
	}
}
