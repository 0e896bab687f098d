package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"testing"

	"signet/certs"
	"signet/certs/certstest"
)

// Every parser of outside bytes, under the same property: it never panics, and what it takes encodes to the same
// bytes again, by another encoder or by the one that wrote it. Statements whose signature is verified first are
// fuzzed by their body, signed anew each time: else nothing behind the signature would be reached.
//
//	go test ./certs -run '^$' -fuzz FuzzParsePolicy -fuzztime 15s -fuzzminimizetime 1x

// seed adds the statements of one kind of the golden vectors; with inside, their bodies.
func seed(f *testing.F, kind string, inside bool) {
	f.Helper()
	for _, v := range readVectors(f) {
		if v.Kind != kind || len(v.Statement) > 8192 {
			continue
		}
		b := v.bytes(f, v.Statement)
		if !inside {
			f.Add(b)
		} else if v.Valid {
			f.Add(parts(f, b).Payload)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	seed(f, "record", false)
	key := &certstest.NewKey(f).PublicKey
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := certs.ParseRecord(b)
		if err != nil {
			return
		}
		r.Verify(&certs.EventCert{X5T: r.X5T, Device: r.Device, Epoch: r.Epoch, Key: key})
		_ = r.Type.String()
		sig := parts(t, b).Signature
		again := append([]byte{0xd2}, list(bstr(byX5T(&certs.EventCert{X5T: r.X5T})), []byte{0xa0}, bstr(handRecord(&r.Record).encode()), bstr(sig))...)
		if !bytes.Equal(again, b) || !bytes.Equal(r.Raw, b) {
			t.Errorf("took   % x\nencodes % x", b, again)
		}
	})
}

func FuzzParseSignedRecord(f *testing.F) {
	c := certstest.New(f).Camera
	for _, s := range []*certstest.Signed{c.Claimed(f), c.Online(f), c.Event(f).Ended, c.Sign(f, c.Record(certs.Gap))} {
		p := parts(f, s.Raw)
		f.Add(p.Protected, p.Payload)
	}
	f.Fuzz(func(t *testing.T, protected, payload []byte) {
		b := message{protected: protected, payload: payload, aad: "signet/v1 record", key: c.EventKey}.bytes(t)
		r, err := certs.ParseRecord(b)
		if err != nil || r.Verify(c.Cert) != nil {
			return
		}
		if !bytes.Equal(protected, byX5T(c.Cert)) || !bytes.Equal(handRecord(&r.Record).encode(), payload) {
			t.Errorf("took % x, % x", protected, payload)
		}
	})
}

func FuzzSplitMessage(f *testing.F) {
	c := certstest.New(f).Camera
	f.Add(c.Event(f).Started.Message)
	f.Add(c.Claimed(f).Message)
	f.Add([]byte{0xd2, 0x80, 0x40, 0x41, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		record, media, err := certs.SplitMessage(b)
		if err != nil {
			return
		}
		again, err := certs.JoinMessage(record, media)
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("took   % x\nencodes % x (%v)", b, again, err)
		}
	})
}

func FuzzParseOfferMessage(f *testing.F) {
	seed(f, "offer-message", false)
	f.Add(body{1: bstr([]byte{1}), 2: bstr(make([]byte, 32))}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := certs.ParseOfferMessage(b)
		if err != nil {
			return
		}
		again := body{1: bstr(m.Offer)}
		if m.MAC != nil {
			again[2] = bstr(m.MAC[:])
		}
		if m.View != nil {
			again[3] = bstr(m.View)
		}
		if !bytes.Equal(again.encode(), b) || m.Proves([16]byte{}) == nil {
			t.Errorf("took % x", b)
		}
	})
}

// fuzzBody signs what the fuzzer makes as the body of a statement. read returns the statement, made again from what
// was read of it, and whether it was read at all.
func fuzzBody(f *testing.F, kind string, m message, good []byte, read func(t *testing.T, b []byte) ([]byte, bool)) {
	f.Add(parts(f, good).Payload)
	seed(f, kind, true)
	f.Fuzz(func(t *testing.T, payload []byte) {
		m := m
		m.payload = payload
		again, taken := read(t, m.bytes(t))
		if taken && !bytes.Equal(parts(t, again).Payload, payload) {
			t.Errorf("took   % x\nencodes % x", payload, parts(t, again).Payload)
		}
	})
}

func FuzzParseOffer(f *testing.F) {
	w := certstest.New(f)
	c := w.Camera
	m := message{protected: byChain(c.DeviceCert), aad: "signet/v1 offer", key: c.DeviceKey}
	fuzzBody(f, "offer", m, c.Offer, func(t *testing.T, b []byte) ([]byte, bool) {
		o, err := certs.ParseOffer(b, w.Fleet.Cert)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignOffer(&o.Offer, c.DeviceCert, c.DeviceKey))(t), true
	})
}

func FuzzParseGrant(f *testing.F) {
	w := certstest.New(f)
	key := w.Owner.Key.(*ecdsa.PrivateKey)
	m := message{protected: byKid(w.Owner.ID), aad: "signet/v1 grant", key: key}
	w.Camera.Renew(f, w.Owner)
	fuzzBody(f, "grant", m, w.Camera.Grant.Raw, func(t *testing.T, b []byte) ([]byte, bool) {
		g, err := certs.ParseGrant(b, w.Owner.ID)
		if err != nil {
			return nil, false
		}
		again := m
		again.payload = grantBody(g).encode()
		return again.bytes(t), true
	})
}

func FuzzParsePolicy(f *testing.F) {
	w, v := certstest.New(f), certstest.NewViewer(f)
	key := w.Owner.Key.(*ecdsa.PrivateKey)
	p := *w.Camera.Grant.Policy
	p.Viewers, p.Settings, p.Renewals = []certs.Viewer{v.Viewing(certs.ScopeClips), certstest.NewViewer(f).Viewing(certs.ScopeLive)}, []byte("sealed"), 7
	m := message{protected: byKid(w.Owner.ID), aad: "signet/v1 policy", key: key}
	fuzzBody(f, "policy", m, ok(certs.SignPolicy(&p, key))(f), func(t *testing.T, b []byte) ([]byte, bool) {
		p, err := certs.ParsePolicy(b, &key.PublicKey)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignPolicy(p, key))(t), true
	})
}

func FuzzParseReceipt(f *testing.F) {
	w := certstest.New(f)
	r := certstest.NewReceipts(f, w.Fleet)
	m := message{protected: byChain(r.Cert), aad: "signet/v1 receipt", key: r.Key}
	fuzzBody(f, "receipt", m, r.Receipt(f, w.Camera.ID, 1, 0, 9), func(t *testing.T, b []byte) ([]byte, bool) {
		c, err := certs.ParseReceipt(b, w.Fleet.Cert)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignReceipt(c, r.Cert, r.Key))(t), true
	})
}

func FuzzParseLogin(f *testing.F) {
	o := certstest.NewOwner(f)
	key := o.Key.(*ecdsa.PrivateKey)
	good := ok(certs.SignLogin(&certs.Login{Owner: o.ID, Origin: "https://cloud.example", SPKI: o.SPKI}, key))(f)
	m := message{protected: byKid(o.ID), aad: "signet/v1 log-in", key: key}
	fuzzBody(f, "log-in", m, good, func(t *testing.T, b []byte) ([]byte, bool) {
		l, err := certs.ParseLogin(b)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignLogin(l, key))(t), true
	})
}

func FuzzParseViewerRequest(f *testing.F) {
	v := certstest.NewViewer(f)
	good := ok(certs.SignViewerRequest(&certs.ViewerRequest{Epoch: 1, At: certstest.Time, SDP: "v=0\r\n", SPKI: v.SPKI}, v.Key))(f)
	m := message{protected: byKid(v.ID), aad: "signet/v1 viewer-request", key: v.Key}
	fuzzBody(f, "viewer-request", m, good, func(t *testing.T, b []byte) ([]byte, bool) {
		r, err := certs.ParseViewerRequest(b)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignViewerRequest(&r.ViewerRequest, v.Key))(t), true
	})
}

func FuzzParseViewerAnswer(f *testing.F) {
	c := certstest.New(f).Camera
	good := ok(certs.SignViewerAnswer(&certs.ViewerAnswer{Device: c.ID, Epoch: 1, SDP: "v=0\r\n", Fingerprint: &certs.Hash{}}, c.Cert, c.EventKey))(f)
	m := message{protected: byX5T(c.Cert), aad: "signet/v1 viewer-answer", key: c.EventKey}
	fuzzBody(f, "viewer-answer", m, good, func(t *testing.T, b []byte) ([]byte, bool) {
		a, err := certs.ParseViewerAnswer(b, c.Cert)
		if err != nil {
			return nil, false
		}
		return ok(certs.SignViewerAnswer(a, c.Cert, c.EventKey))(t), true
	})
}

// FuzzParseStatement gives every parser the same bytes, unsigned by anyone that it trusts: none may take them.
func FuzzParseStatement(f *testing.F) {
	w := certstest.New(f)
	key := &w.Owner.Key.(*ecdsa.PrivateKey).PublicKey
	for _, kind := range []string{"offer", "grant", "policy", "receipt", "viewer-answer", "release", "lost", "closing"} {
		seed(f, kind, false)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, err := range map[string]error{
			"offer": second(certs.ParseOffer(b, w.Fleet.Cert)), "grant": second(certs.ParseGrant(b, w.Owner.ID)),
			"policy": second(certs.ParsePolicy(b, key)), "receipt": second(certs.ParseReceipt(b, w.Fleet.Cert)),
			"viewer answer": second(certs.ParseViewerAnswer(b, w.Camera.Cert)), "release": second(certs.ParseRelease(b, key)),
			"lost": second(certs.ParseLost(b, key)), "closing": second(certs.ParseClosing(b, w.Fleet.Cert)),
		} {
			if err == nil {
				t.Errorf("took a %s of nobody", name)
			}
		}
		certs.ParseLogin(b)         // these two carry their key: anyone can make one
		certs.ParseViewerRequest(b) // whose it is, is for the caller to compare
	})
}

func second[T any](_ T, err error) error { return err }

func FuzzParseFacts(f *testing.F) {
	seed(f, "facts", false)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := certs.ParseFacts(b)
		if err != nil {
			return
		}
		if again := ok(p.Marshal())(t); !bytes.Equal(again, b) {
			t.Errorf("took   % x\nencodes % x", b, again)
		}
	})
}

func FuzzParseEventCertificate(f *testing.F) {
	seed(f, "event-certificate", false)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := certs.ParseEventCertificate(b)
		if err != nil {
			return
		}
		if !bytes.Equal(c.Raw, b) || c.X5T != certs.HashOf(b) || c.Epoch == 0 {
			t.Errorf("took % x", b)
		}
		if !bytes.Contains(b, []byte(c.Device.URN())) {
			t.Errorf("the certificate does not say %s", c.Device.URN())
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	id := certs.NewDeviceID()
	f.Add(ok(certs.EventRequest(id, certstest.NewKey(f), certs.KeyInFile))(f))
	f.Add(ok(certs.DeviceRequest(id, certstest.NewKey(f), certs.KeyInFile))(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := certs.ParseRequest(b)
		if err != nil {
			return
		}
		if !bytes.Contains(b, []byte(r.Device.URN())) || !bytes.Contains(b, certstest.SPKI(t, r.Key)) || !bytes.Contains(b, []byte(r.Level)) {
			t.Errorf("the request does not say %s, %s", r.Device.URN(), r.Level)
		}
	})
}
