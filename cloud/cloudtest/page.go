package cloudtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"signet/certs"
)

// Page is an owner's way to the cloud.
type Page struct {
	Owner  *certs.Owner
	Token  string
	Header http.Header // sent with each request

	t     testing.TB
	base  string
	cloud certs.Hash
	http  *http.Client
}

// NewPage makes a page of a cloud at host:port.
func NewPage(t testing.TB, o *certs.Owner, addr string, fleet *x509.Certificate) *Page {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(fleet)
	tr := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &Page{Owner: o, t: t, base: "https://" + addr, cloud: certs.HashOf(fleet.Raw), http: &http.Client{Transport: tr}}
}

// LogIn proves the owner key.
func (p *Page) LogIn() {
	p.t.Helper()
	status, body := p.LogInFor(p.base, func(*certs.Login) {})
	if status != http.StatusOK {
		p.t.Fatalf("log in: %d %s", status, body)
	}
	var s struct{ Token, Owner string }
	if err := json.Unmarshal(body, &s); err != nil || s.Owner != p.Owner.ID.String() {
		p.t.Fatalf("log in: %v, owner %s", err, s.Owner)
	}
	p.Token = s.Token
}

// LogInFor proves the owner key for an origin; change may spoil the log-in before it is signed.
func (p *Page) LogInFor(origin string, change func(*certs.Login)) (int, []byte) {
	p.t.Helper()
	l := &certs.Login{Owner: p.Owner.ID, Nonce: p.Challenge(), Origin: origin, SPKI: p.Owner.SPKI, Cloud: p.cloud}
	change(l)
	b, err := certs.SignLogin(l, p.Owner.Key)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.Do(http.MethodPost, "/api/v1/session", b)
}

// Challenge asks for a nonce.
func (p *Page) Challenge() [32]byte {
	p.t.Helper()
	status, b := p.Do(http.MethodPost, "/api/v1/challenge", nil)
	var c struct{ Nonce string }
	if err := json.Unmarshal(b, &c); status != http.StatusOK || err != nil {
		p.t.Fatalf("challenge: %d %s", status, b)
	}
	n, err := base64.RawURLEncoding.DecodeString(c.Nonce)
	if err != nil || len(n) != 32 {
		p.t.Fatalf("challenge: nonce %q", c.Nonce)
	}
	return [32]byte(n)
}

// Do sends a request with the session's token and returns status and body.
func (p *Page) Do(method, path string, body []byte) (int, []byte) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*Wait)
	defer cancel()
	resp := p.send(ctx, method, path, body)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	if cc := resp.Header.Get("Cache-Control"); strings.HasPrefix(path, "/api/") && cc != "no-store" {
		p.t.Errorf("%s %s: Cache-Control is %q", method, path, cc)
	}
	return resp.StatusCode, b
}

func (p *Page) send(ctx context.Context, method, path string, body []byte) *http.Response {
	p.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for k, v := range p.Header {
		req.Header[k] = v
	}
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// Item is a delivered record.
type Item struct {
	_        struct{} `cbor:",toarray"`
	Seq      uint64
	Record   []byte
	Received uint64
}

// Parsed is the record inside.
func (it Item) Parsed(t testing.TB) *certs.SignedRecord {
	t.Helper()
	r, err := certs.ParseRecord(it.Record)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Records gets a page of records with a query, "after=0&limit=10".
func (p *Page) Records(query string) []Item {
	p.t.Helper()
	status, b := p.Do(http.MethodGet, "/api/v1/records?"+query, nil)
	if status != http.StatusOK {
		p.t.Fatalf("records: %d %s", status, b)
	}
	var out []Item
	for dec := cbor.NewDecoder(bytes.NewReader(b)); ; {
		var it Item
		if err := dec.Decode(&it); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			p.t.Fatalf("records: %v", err)
		}
		out = append(out, it)
	}
}

// Event is one server-sent event.
type Event struct{ Name, ID, Data string }

// Stream follows the owner's stream until the test ends.
func (p *Page) Stream(query string) <-chan Event {
	p.t.Helper()
	events, stop := p.Follow(query)
	p.t.Cleanup(stop)
	return events
}

// Follow follows the owner's stream until stop is called, which must be.
func (p *Page) Follow(query string) (events <-chan Event, stop func()) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	resp := p.send(ctx, http.MethodGet, "/api/v1/stream?"+query, nil)
	if resp.StatusCode != http.StatusOK {
		cancel()
		p.t.Fatalf("stream: %d", resp.StatusCode)
	}
	ch := make(chan Event, 1024)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(ch)
		defer resp.Body.Close()
		var ev Event
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			name, value, _ := strings.Cut(sc.Text(), ": ")
			switch name {
			case "event":
				ev.Name = value
			case "id":
				ev.ID = value
			case "data":
				ev.Data = value
			case "":
				if ev.Name != "" {
					ch <- ev
				}
				ev = Event{}
			}
		}
	}()
	return ch, func() { cancel(); <-done }
}

// OpenStream opens the owner's stream until ctx ends and returns the answer's status. Nothing reads it.
func (p *Page) OpenStream(ctx context.Context, query string) int {
	p.t.Helper()
	resp := p.send(ctx, http.MethodGet, "/api/v1/stream?"+query, nil)
	p.t.Cleanup(func() { resp.Body.Close() })
	return resp.StatusCode
}

// Until reads events until one satisfies want.
func Until(t testing.TB, events <-chan Event, what string, want func(Event) bool) Event {
	t.Helper()
	for timeout := time.After(Wait); ; {
		select {
		case ev, ok := <-events:
			if !ok {
				t.Fatalf("stream ended before %s", what)
			}
			if want(ev) {
				return ev
			}
		case <-timeout:
			t.Fatalf("stream does not bring %s", what)
		}
	}
}

// HTTP returns the camera's client for uploads.
func (c *Camera) HTTP() *http.Client {
	tr := &http.Transport{TLSClientConfig: c.TLS(), ForceAttemptHTTP2: true}
	c.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 2 * Wait}
}

// Upload sends a request about a clip part and returns the answer's status and headers.
func (c *Camera) Upload(cl *http.Client, method, addr string, h certs.Hash, body []byte) (int, http.Header) {
	c.t.Helper()
	req, err := http.NewRequest(method, fmt.Sprintf("https://%s/media/%s", addr, h), bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := cl.Do(req)
	if err != nil {
		c.t.Fatalf("%s media: %v", method, err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header
}
