package deliver

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/VictoriaMetrics/metrics"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/limit"
)

// Whatever is asked without a session: the answer is one of a few, and nobody's bytes.
func FuzzRequest(f *testing.F) {
	fleet := cloudtest.Fleet(f)
	d := &Deliver{
		cfg:      Config{Fleet: fleet.Cert, CRL: func() []byte { return nil }, Metrics: metrics.NewSet()},
		log:      slog.New(slog.DiscardHandler),
		joins:    newJoins(),
		sessions: newSessions(certs.HashOf(fleet.Cert.Raw), []string{"https://cloud.example"}),
		logins:   limit.New[string](1e9, 1e9, 16),
		requests: limit.New[*session](1e9, 1e9, 16),
		posts:    limit.New[certs.KeyID](1e9, 1e9, 16),
	}
	h := d.Handler()
	f.Add("POST", "/api/v1/challenge", "", []byte(nil))
	f.Add("POST", "/api/v1/session", "", []byte{0xd2, 0x84})
	f.Add("GET", "/api/v1/records?after=0&limit=1", "Bearer "+strings.Repeat("A", 43), []byte(nil))
	f.Add("GET", "/api/v1/join/"+strings.Repeat("0", 64), "", []byte(nil))
	f.Add("PUT", "/api/v1/join/"+strings.Repeat("0", 64), "", []byte("x"))
	f.Add("GET", "/api/v1/records/1/media/"+strings.Repeat("a", 64), "", []byte(nil))
	f.Add("GET", "/api/v1/../fleet", "", []byte(nil))
	f.Fuzz(func(t *testing.T, method, target, auth string, body []byte) {
		u, err := url.ParseRequestURI(target)
		if err != nil || u.Host != "" {
			return
		}
		r := &http.Request{
			Method: method, URL: u, Header: http.Header{"Authorization": {auth}}, Body: http.NoBody, Host: "cloud.example", RemoteAddr: "192.0.2.1:1",
		}
		if len(body) > 0 {
			r.Body = http.MaxBytesReader(nil, readCloser{bytes.NewReader(body)}, 1<<20)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(t.Context()))
		switch w.Code {
		case 200:
			if p := u.Path; p != "/api/v1/challenge" && p != "/api/v1/fleet" {
				t.Errorf("%s %s: 200", method, target)
			}
		case 301, 307, 308, 400, 401, 403, 404, 405, 413:
		default:
			t.Errorf("%s %s: %d", method, target, w.Code)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s may be cached", method, target)
		}
	})
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// An origin that is not the cloud's own is one of this machine, and nothing but an origin.
func FuzzOrigin(f *testing.F) {
	s := newSessions(certs.Hash{}, []string{"https://cloud.example"})
	for _, o := range []string{"http://localhost:8480", "http://127.0.0.1", "https://cloud.example", "http://localhost.evil.example", "http://a@localhost"} {
		f.Add(o)
	}
	f.Fuzz(func(t *testing.T, origin string) {
		if !s.allowed(origin) || origin == "https://cloud.example" {
			return
		}
		host, port, hasPort := strings.Cut(strings.TrimPrefix(origin, "http://"), ":")
		if host != "localhost" && host != "127.0.0.1" || hasPort && strings.Trim(port, "0123456789") != "" {
			t.Errorf("%q is allowed", origin)
		}
	})
}

// Askers are counted by an address or a network, whatever the transport says of them.
func FuzzNetwork(f *testing.F) {
	for _, a := range []string{"192.0.2.1", "2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.1", "@"} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, addr string) {
		n := network(addr)
		if n == addr {
			return
		}
		a, err := netip.ParseAddr(addr)
		if err != nil {
			t.Fatalf("%q becomes %q", addr, n)
		}
		if p, err := netip.ParsePrefix(n); err == nil && !p.Contains(a.WithZone("")) {
			t.Errorf("%q is counted as of %s", addr, n)
		}
	})
}
