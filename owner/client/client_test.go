package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"signet/certs"
	"signet/owner/ownertest"
)

func setup(t *testing.T) (*ownertest.Cloud, *certs.Owner, *Client) {
	t.Helper()
	cloud := ownertest.NewCloud(t)
	o, err := certs.NewOwner()
	if err != nil {
		t.Fatal(err)
	}
	c := New(cloud.URL, cloud.CA, o)
	t.Cleanup(c.Close)
	return cloud, o, c
}

func TestLogsInWhenItHasTo(t *testing.T) {
	cloud, _, c := setup(t)
	for range 3 {
		if _, err := c.Before(t.Context(), 0, 10); err != nil {
			t.Fatal(err)
		}
	}
	if n := cloud.Logins(); n != 1 {
		t.Fatalf("%d log-ins for three requests", n)
	}
	cloud.Forget()
	if _, err := c.Before(t.Context(), 0, 10); err != nil {
		t.Fatalf("after the session ended: %v", err)
	}
	if n := cloud.Logins(); n != 2 {
		t.Fatalf("%d log-ins", n)
	}
}

func TestRefusesASessionOfAnotherOwner(t *testing.T) {
	cloud, _, c := setup(t)
	cloud.Handle("/api/v1/session", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"token":"x","owner":"`+strings.Repeat("0", 64)+`"}`)
	})
	if err := c.LogIn(t.Context()); err == nil || !strings.Contains(err.Error(), "another owner") {
		t.Fatalf("%v", err)
	}
}

func TestErrorsOfTheCloud(t *testing.T) {
	cloud, _, c := setup(t)
	if _, err := c.Media(t.Context(), 9, certs.Media{Kind: certs.ClipPart, Size: 10}); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing media: %v", err)
	}
	if b, err := c.Certificate(t.Context(), certs.Hash{}); b != nil || err != nil {
		t.Errorf("missing certificate: %v, %v", b, err)
	}
	cloud.Handle("/api/v1/status", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(503)
		io.WriteString(w, `{"error":"full\u001b[2J\nof it","hint":"wait"}`)
	})
	_, err := c.Status(t.Context())
	s, ok := errors.AsType[*StatusError](err)
	if !ok || s.Message != "full[2Jof it" || s.Hint != "wait" {
		t.Errorf("%v", err)
	}
	cloud.Handle("/api/v1/records", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/api/v1/elsewhere", http.StatusTemporaryRedirect)
	})
	if _, err := c.Before(t.Context(), 0, 1); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("redirect: %v", err)
	}
}

func TestMediaIsBounded(t *testing.T) {
	cloud, _, c := setup(t)
	m := certs.Media{Kind: certs.Thumbnail, Size: 3}
	cloud.Handle("/api/v1/records/1/media/"+m.Hash.String(), func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "more") })
	if _, err := c.Media(t.Context(), 1, m); err == nil {
		t.Fatal("took more bytes than the record names")
	}
}

func TestTrustsThePinnedAuthorityOnly(t *testing.T) {
	cloud, o, _ := setup(t)
	other := ownertest.NewCloud(t)
	c := New(cloud.URL, other.CA, o)
	defer c.Close()
	if err := c.LogIn(t.Context()); !errors.Is(err, ErrForeignTLS) {
		t.Errorf("%v", err)
	}
	if n := len(cloud.Seen()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	gone := *cloud.URL
	gone.Host = "127.0.0.1:1"
	c = New(&gone, cloud.CA, o)
	if err := c.LogIn(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Errorf("%v", err)
	}
}

// A failure says once which cloud it is and what is wrong with it, without what Go says of the same.
func TestFailuresSayOnceWhatIsWrong(t *testing.T) {
	cloud, o, _ := setup(t)
	other := ownertest.NewCloud(t)
	served := func(ip net.IP, until time.Time) string {
		key, err := certs.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(1), NotAfter: until, IPAddresses: []net.IP{ip},
		}, cloud.CA, &key.PublicKey, cloud.Fleet.Key)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	here, soon := net.IPv4(127, 0, 0, 1), time.Now().Add(time.Hour)
	for _, x := range []struct {
		host string
		ca   *x509.Certificate
		is   error
		more string
	}{
		{cloud.URL.Host, other.CA, ErrForeignTLS, ""},
		{served(net.IPv4(192, 0, 2, 1), soon), cloud.CA, ErrOtherName, ""},
		{served(here, time.Now().Add(-time.Hour)), cloud.CA, ErrExpired, ""},
		{"127.0.0.1:1", cloud.CA, ErrUnreachable, ": connection refused"},
	} {
		c := New(&url.URL{Scheme: "https", Host: x.host}, x.ca, o)
		defer c.Close()
		want := "log in: " + x.host + ": " + x.is.Error() + x.more
		if err := c.LogIn(t.Context()); !errors.Is(err, x.is) || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func TestPages(t *testing.T) {
	cloud, o, c := setup(t)
	cam := ownertest.NewCamera(t, cloud.Fleet, o, "door")
	for range 5 {
		cloud.Put(cam.Claimed(o.ID))
	}
	items, err := c.Before(t.Context(), 0, 2)
	if err != nil || len(items) != 2 || items[0].Seq != 4 || items[1].Seq != 5 {
		t.Fatalf("newest: %v, %v", items, err)
	}
	if items, err = c.Before(t.Context(), 4, 500); err != nil || len(items) != 3 || items[2].Seq != 3 {
		t.Fatalf("before 4: %v, %v", items, err)
	}
	if items, err = c.After(t.Context(), 3, 500); err != nil || len(items) != 2 || items[0].Seq != 4 {
		t.Fatalf("after 3: %v, %v", items, err)
	}
	if _, err := certs.ParseRecord(items[0].Record); err != nil || time.Since(items[0].Received) > time.Minute {
		t.Fatalf("item: %v, %v", items[0].Received, err)
	}
}

func TestStream(t *testing.T) {
	cloud, o, c := setup(t)
	cam := ownertest.NewCamera(t, cloud.Fleet, o, "door")
	cloud.Put(cam.Claimed(o.ID), cam.Claimed(o.ID))
	_, ds := cam.Happen(o.ID, time.Now(), time.Second, "x", 1, []byte("t"), []byte("part"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var seqs []uint64
	media := 0
	stop := errors.New("enough")
	err := c.Stream(ctx, 1, func(ev Event) error {
		switch {
		case ev.Item != nil:
			seqs = append(seqs, ev.Item.Seq)
			if ev.Item.Seq == 2 {
				cloud.Put(ds[1]) // comes while the stream runs
			}
		case ev.Media != nil:
			media++
			if ev.Media.Seq == 3 && ds[1].Media[ev.Media.SHA256] != nil {
				return stop
			}
		}
		return nil
	})
	if !errors.Is(err, stop) || len(seqs) != 2 || seqs[0] != 2 || seqs[1] != 3 || media != 1 {
		t.Fatalf("%v: records %v, %d media", err, seqs, media)
	}
}

func TestReadStream(t *testing.T) {
	for _, c := range []struct {
		name, in string
		events   int
		ok       bool
	}{
		{"comments and unknown events", ": hi\n\nevent: other\ndata: x\n\n", 0, true},
		{"status", "event: status\ndata: {\"device\":\"4f9d2f4e-62ac-4b49-b1f5-0d3c7a1b2c3d\",\ndata: \"online\":true,\"since\":5}\n\n", 1, true},
		{"cut off before its end", "event: status\ndata: {}\n", 0, true},
		{"record is not base64", "event: record\ndata: !\n\n", 0, false},
		{"record is not an item", "event: record\ndata: AAAA\n\n", 0, false},
		{"media without hash", "event: media\ndata: {\"seq\":1}\n\n", 0, false},
		{"foreign device", "event: status\ndata: {\"device\":\"x\"}\n\n", 0, false},
		{"an endless line", "data: " + strings.Repeat("a", maxLine+1), 0, false},
		{"an endless event", strings.Repeat("data: "+strings.Repeat("a", maxLine/2)+"\n", 3), 0, false},
	} {
		n := 0
		err := readStream(strings.NewReader(c.in), func(Event) error { n++; return nil })
		if n != c.events || (err == nil) != c.ok {
			t.Errorf("%s: %d events, %v", c.name, n, err)
		}
	}
}

func TestParseItems(t *testing.T) {
	seq := func(items ...any) []byte {
		var b bytes.Buffer
		for _, it := range items {
			m, err := cbor.Marshal(it)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(m)
		}
		return b.Bytes()
	}
	it := func(n int) any { return []any{n, []byte("r"), 5} }
	if items, err := parseItems(seq(it(1), it(3))); err != nil || len(items) != 2 || items[1].Seq != 3 {
		t.Errorf("good: %v, %v", items, err)
	}
	many := make([]any, PageSize+1)
	for i := range many {
		many[i] = it(i + 1)
	}
	for name, b := range map[string][]byte{
		"descending": seq(it(2), it(1)), "twice": seq(it(2), it(2)), "too many": seq(many...),
		"large record": seq([]any{1, make([]byte, certs.MaxRecord+1), 5}), "cut off": seq(it(1))[:3],
		"negative": seq([]any{-1, []byte("r"), 5}), "map": seq(map[int]int{1: 2}),
	} {
		if _, err := parseItems(b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzParseItems(f *testing.F) {
	b, _ := cbor.Marshal([]any{1, []byte("record"), 5})
	f.Add(b)
	f.Add([]byte{0x83, 0x01, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		items, err := parseItems(b)
		if err == nil {
			for i, it := range items {
				if len(it.Record) > certs.MaxRecord || i > 0 && it.Seq <= items[i-1].Seq {
					t.Fatalf("item %d: %+v", i, it)
				}
			}
		}
	})
}

func FuzzReadStream(f *testing.F) {
	f.Add([]byte("event: record\nid: 1\ndata: gwFBcgU=\n\n"))
	f.Add([]byte("event: media\ndata: {\"seq\": 1, \"sha256\": \"00\"}\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		readStream(bytes.NewReader(b), func(ev Event) error {
			if ev == (Event{}) {
				t.Fatal("an empty event")
			}
			return nil
		})
	})
}
