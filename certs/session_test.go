package certs_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"reflect"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
)

func TestReceiptRoundTrip(t *testing.T) {
	w := certstest.New(t)
	keys := certstest.NewReceipts(t, w.Fleet)
	want := certs.Receipt{
		Device: w.Camera.ID, Bound: []certs.Range{{Boot: 1, From: 0, To: 7}}, Refused: []certs.Refusal{{Boot: 1, N: 8, Reason: "closed"}},
		At: certstest.Time, Spread: 90 * time.Second,
	}
	b := ok(certs.SignReceipt(&want, keys.Cert, keys.Key))(t)
	want.Serial = ok(x509.ParseCertificate(keys.Cert))(t).SerialNumber
	if got := ok(certs.ParseReceipt(b, w.Fleet.Cert))(t); !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v\nwant %+v", *got, want)
	}
	if _, err := certs.ParseReceipt(b, certstest.NewFleet(t).Cert); err == nil {
		t.Error("a receipt of one fleet is one of another")
	}
}

// TestReasonsAreMadeToFit: a receipt is worth more than the words in it, which may quote a hostile record.
func TestReasonsAreMadeToFit(t *testing.T) {
	w := certstest.New(t)
	keys := certstest.NewReceipts(t, w.Fleet)
	for reason, want := range map[string]string{
		"plain":                        "plain",
		"\x1b[2Jgone\n":                "\uFFFD[2Jgone\uFFFD",
		"not \xff UTF-8":               "not \uFFFD UTF-8",
		strings.Repeat("ä", 200):       strings.Repeat("ä", 128),
		"x" + strings.Repeat("ä", 200): "x" + strings.Repeat("ä", 127), // no half of a letter
	} {
		r := certs.Receipt{Device: w.Camera.ID, Refused: []certs.Refusal{{Boot: 1, Reason: reason}}, At: certstest.Time}
		got := ok(certs.ParseReceipt(ok(certs.SignReceipt(&r, keys.Cert, keys.Key))(t), w.Fleet.Cert))(t)
		if got.Refused[0].Reason != want {
			t.Errorf("%q became %q, want %q", reason, got.Refused[0].Reason, want)
		}
		if r.Refused[0].Reason != reason {
			t.Errorf("%q was changed in the caller's receipt", reason)
		}
	}
}

func TestSignReceiptRefuses(t *testing.T) {
	w := certstest.New(t)
	keys := certstest.NewReceipts(t, w.Fleet)
	for name, r := range map[string]certs.Receipt{
		"a range backwards": {Bound: []certs.Range{{Boot: 1, From: 1}}},
		"boot 0":            {Bound: []certs.Range{{}}},
		"too many ranges":   {Bound: make([]certs.Range, certs.MaxReceiptEntries+1)},
		"too long a spread": {Spread: 2 * time.Hour},
		"a negative spread": {Spread: -time.Second},
		"a time beyond":     {At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if _, err := certs.SignReceipt(&r, keys.Cert, keys.Key); err == nil {
			t.Errorf("signed %s", name)
		}
	}
	if _, err := certs.SignReceipt(&certs.Receipt{}, keys.Cert, certstest.NewKey(t)); err == nil {
		t.Error("signed with a key that is not the certificate's")
	}
}

func TestLoginRoundTrip(t *testing.T) {
	o := certstest.NewOwner(t)
	want := certs.Login{Owner: o.ID, Nonce: [32]byte{1}, Origin: "https://cloud.example", SPKI: o.SPKI, Cloud: certs.Hash{2}}
	b := ok(certs.SignLogin(&want, o.Key))(t)
	if got := ok(certs.ParseLogin(b))(t); !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v\nwant %+v", *got, want)
	}
	if _, err := certs.SignLogin(&want, certstest.NewKey(t)); err == nil {
		t.Error("signed with a key that is not the owner's")
	}
	want.Owner = certstest.NewOwner(t).ID
	if _, err := certs.SignLogin(&want, o.Key); err == nil {
		t.Error("signed in the name of another owner")
	}
}

func TestViewerRequestAndAnswer(t *testing.T) {
	w, v := certstest.New(t), certstest.NewViewer(t)
	c := w.Camera
	want := certs.ViewerRequest{Device: c.ID, Epoch: 1, Nonce: [16]byte{1}, At: certstest.Time, SDP: "v=0\r\n", Fingerprint: certs.Hash{2}, SPKI: v.SPKI, Camera: 2}
	raw := ok(certs.SignViewerRequest(&want, v.Key))(t)
	r := ok(certs.ParseViewerRequest(raw))(t)
	if !reflect.DeepEqual(r.ViewerRequest, want) || r.Viewer != v.ID || r.Hash != certs.HashOf(raw) {
		t.Errorf("got %+v\nwant %+v", r.ViewerRequest, want)
	}

	a := r.AnswerTo()
	a.SDP, a.Fingerprint = "v=0\r\n", &certs.Hash{3}
	answer := ok(certs.SignViewerAnswer(&a, c.Cert, c.EventKey))(t)
	got := ok(certs.ParseViewerAnswer(answer, c.Cert))(t)
	if !reflect.DeepEqual(*got, a) {
		t.Errorf("got %+v\nwant %+v", *got, a)
	}
	if !got.Answers(r) {
		t.Error("the answer does not answer its request")
	}
	again := want
	again.Nonce[0]++
	other := ok(certs.ParseViewerRequest(ok(certs.SignViewerRequest(&again, v.Key))(t)))(t)
	if got.Answers(other) {
		t.Error("the answer answers another request")
	}
	twice := ok(certs.ParseViewerRequest(ok(certs.SignViewerRequest(&want, v.Key))(t)))(t)
	if got.Answers(twice) {
		t.Error("the answer answers a second signature of the same request")
	}
}

func TestSignViewerStatementsRefuse(t *testing.T) {
	w, v := certstest.New(t), certstest.NewViewer(t)
	c := w.Camera
	good := certs.ViewerRequest{Device: c.ID, Epoch: 1, At: certstest.Time, SDP: "v=0\r\n", SPKI: v.SPKI}
	for name, change := range map[string]func(*certs.ViewerRequest){
		"without a key":           func(r *certs.ViewerRequest) { r.SPKI = nil },
		"with another key":        func(r *certs.ViewerRequest) { r.SPKI = w.Owner.SPKI },
		"of epoch 0":              func(r *certs.ViewerRequest) { r.Epoch = 0 },
		"without an SDP":          func(r *certs.ViewerRequest) { r.SDP = "" },
		"with an SDP too long":    func(r *certs.ViewerRequest) { r.SDP = strings.Repeat("x", certs.MaxSDP+1) },
		"with an SDP not UTF-8":   func(r *certs.ViewerRequest) { r.SDP = "\xff" },
		"for a camera too many":   func(r *certs.ViewerRequest) { r.Camera = certs.MaxCameras },
		"with a time beyond 9999": func(r *certs.ViewerRequest) { r.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		r := good
		change(&r)
		if _, err := certs.SignViewerRequest(&r, v.Key); err == nil {
			t.Errorf("signed a request %s", name)
		}
	}
	r := ok(certs.ParseViewerRequest(ok(certs.SignViewerRequest(&good, v.Key))(t)))(t)
	answer := func(name string, change func(*certs.ViewerAnswer), key *ecdsa.PrivateKey) {
		t.Helper()
		a := r.AnswerTo()
		a.Refusal = "no"
		change(&a)
		if _, err := certs.SignViewerAnswer(&a, c.Cert, key); err == nil {
			t.Errorf("signed an answer %s", name)
		}
	}
	answer("with another key", func(*certs.ViewerAnswer) {}, c.DeviceKey)
	answer("of another device", func(a *certs.ViewerAnswer) { a.Device = certs.NewDeviceID() }, c.EventKey)
	answer("of another epoch", func(a *certs.ViewerAnswer) { a.Epoch++ }, c.EventKey)
	answer("that says yes and no", func(a *certs.ViewerAnswer) { a.SDP, a.Fingerprint = "v=0", &certs.Hash{} }, c.EventKey)
	answer("that says nothing", func(a *certs.ViewerAnswer) { a.Refusal = "" }, c.EventKey)
	answer("without a fingerprint", func(a *certs.ViewerAnswer) { a.Refusal, a.SDP = "", "v=0" }, c.EventKey)
	a := r.AnswerTo()
	a.Refusal = "\x1b" + strings.Repeat("long ", 100)
	if _, err := certs.ParseViewerAnswer(ok(certs.SignViewerAnswer(&a, c.Cert, c.EventKey))(t), c.Cert); err != nil {
		t.Errorf("a refusal was not made to fit: %v", err)
	}
}
