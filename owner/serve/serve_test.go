package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/certs"
	"signet/owner/ownertest"
)

// start runs a server on any port and returns it, its origin, and what it logs.
func start(t *testing.T, cloud *ownertest.Cloud, owner *certs.Owner) (*Server, string, *bytes.Buffer) {
	t.Helper()
	var logged bytes.Buffer
	s, err := New(Config{
		Listen: "localhost:0", Cloud: cloud.URL, CA: cloud.CA, Owner: owner, Handover: owner != nil,
		Page: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page "+r.URL.Path) }),
		Log:  slog.New(slog.NewTextHandler(&logged, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	origin, _, _ := strings.Cut(s.Link(), "/#")
	return s, strings.TrimSuffix(origin, "/"), &logged
}

func newOwner(t *testing.T) *certs.Owner {
	t.Helper()
	o, err := certs.NewOwner()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// ask sends a request whose Host and headers may lie, and returns the answer.
func ask(t *testing.T, method, url, host, origin string, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func code(t *testing.T, s *Server) string {
	t.Helper()
	_, c, ok := strings.Cut(s.Link(), "/#code=")
	if !ok || len(c) != 22 {
		t.Fatalf("link %q has no code", s.Link())
	}
	return `{"code":"` + c + `"}`
}

func TestHandoverGivesTheSeedOnce(t *testing.T) {
	o := newOwner(t)
	s, origin, logged := start(t, ownertest.NewCloud(t), o)
	status, body := ask(t, "POST", origin+"/handover", "", origin, code(t, s))
	var got struct{ Seed, Root string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != 200 {
		t.Fatalf("handover: %d %s", status, body)
	}
	seed, _ := base64.RawURLEncoding.DecodeString(got.Seed)
	root, _ := base64.RawURLEncoding.DecodeString(got.Root)
	again, err := certs.OwnerFromSeed([32]byte(seed), root)
	if err != nil || again.ID != o.ID {
		t.Fatalf("the seed is not the owner's: %v", err)
	}
	if status, body = ask(t, "POST", origin+"/handover", "", origin, code(t, s)); status != http.StatusGone || strings.Contains(body, "seed") {
		t.Fatalf("second use: %d %s", status, body)
	}
	if l := logged.String(); strings.Contains(l, got.Seed) || strings.Contains(l, strings.Trim(code(t, s), `{}`)[8:]) {
		t.Fatalf("log tells a secret: %s", l)
	}
}

func TestHandoverRefuses(t *testing.T) {
	o := newOwner(t)
	s, origin, _ := start(t, ownertest.NewCloud(t), o)
	port := origin[strings.LastIndex(origin, ":"):]
	for _, c := range []struct {
		name, method, host, origin, body string
		want                             int
	}{
		{"GET", "GET", "", "", "", 405},
		{"a foreign host (DNS rebinding)", "POST", "evil.example" + port, "http://evil.example" + port, code(t, s), 421},
		{"a host that may not log in", "POST", "127.0.0.2" + port, "http://127.0.0.2" + port, code(t, s), 421},
		{"another port", "POST", "localhost:1", "http://localhost:1", code(t, s), 421},
		{"a foreign origin", "POST", "", "http://evil.example", code(t, s), 403},
		{"another service on localhost", "POST", "", "http://localhost:1", code(t, s), 403},
		{"no origin", "POST", "", "", code(t, s), 403},
		{"origin null", "POST", "", "null", code(t, s), 403},
		{"no code", "POST", "", origin, "", 400},
		{"an endless body", "POST", "", origin, `{"code":"` + strings.Repeat("a", 4096) + `"}`, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, body := ask(t, c.method, origin+"/handover", c.host, c.origin, c.body); status != c.want || strings.Contains(body, "seed") {
				t.Fatalf("%d %s, want %d", status, body, c.want)
			}
		})
	}
	// None of them used the code up.
	if status, body := ask(t, "POST", origin+"/handover", "", origin, code(t, s)); status != 200 {
		t.Fatalf("handover: %d %s", status, body)
	}
}

func TestFiveWrongCodesEndTheHandover(t *testing.T) {
	s, origin, _ := start(t, ownertest.NewCloud(t), newOwner(t))
	for range handoverTries {
		if status, _ := ask(t, "POST", origin+"/handover", "", origin, `{"code":"wrong"}`); status != 403 {
			t.Fatalf("wrong code: %d", status)
		}
	}
	if status, body := ask(t, "POST", origin+"/handover", "", origin, code(t, s)); status != http.StatusGone {
		t.Fatalf("right code after %d wrong ones: %d %s", handoverTries, status, body)
	}
}

func TestHandoverCodeExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, code := newHandover(newOwner(t), slog.New(slog.DiscardHandler))
		time.Sleep(HandoverLife + time.Second)
		if err := h.redeem(code); !errors.Is(err, errNoCode) {
			t.Fatalf("after its time: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h, code := newHandover(newOwner(t), slog.New(slog.DiscardHandler))
		time.Sleep(HandoverLife - time.Second)
		if err := h.redeem(code); err != nil {
			t.Fatalf("before its time: %v", err)
		}
	})
}

func TestNoHandoverUnlessAsked(t *testing.T) {
	s, origin, _ := start(t, ownertest.NewCloud(t), nil)
	if strings.Contains(s.Link(), "#") {
		t.Fatalf("link %s", s.Link())
	}
	if status, body := ask(t, "POST", origin+"/handover", "", origin, `{"code":""}`); status != 200 || body != "page /handover" {
		t.Fatalf("%d %s: not the page's own answer", status, body)
	}
}

func TestPage(t *testing.T) {
	_, origin, _ := start(t, ownertest.NewCloud(t), nil)
	if _, body := ask(t, "GET", origin+"/x.js", "", "", ""); body != "page /x.js" {
		t.Errorf("page: %q", body)
	}
}

func TestProxyKeepsCookiesAndDocumentsApart(t *testing.T) {
	cloud := ownertest.NewCloud(t)
	cloud.Handle("/api/evil", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Service-Worker-Allowed", "/")
		w.Header().Set("Clear-Site-Data", "*")
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<script>steal()</script>")
	})
	cloud.Handle("/api/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://evil.example/", http.StatusFound)
	})
	_, origin, _ := start(t, cloud, nil)

	req, _ := http.NewRequestWithContext(t.Context(), "GET", origin+"/api/evil", nil)
	req.Header.Set("Cookie", "other=service")
	req.Header.Set("Authorization", "Bearer x")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for name, want := range map[string]string{
		"Set-Cookie": "", "Service-Worker-Allowed": "", "Clear-Site-Data": "", "Content-Type": "application/octet-stream",
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	seen := cloud.Seen()[0]
	if seen.Get("Cookie") != "" || seen.Get("Authorization") != "Bearer x" || seen.Get("X-Forwarded-For") != "" {
		t.Errorf("the cloud was sent %v", seen)
	}
	if status, body := ask(t, "GET", origin+"/api/away", "", "", ""); status != 502 || !strings.Contains(body, `"hint"`) {
		t.Errorf("redirect: %d %s", status, body)
	}
}

func TestProxyStreamsWithoutBuffering(t *testing.T) {
	cloud := ownertest.NewCloud(t)
	next := make(chan string)
	cloud.Handle("/api/v1/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case s := <-next:
				io.WriteString(w, s)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	_, origin, _ := start(t, cloud, nil)
	go func() { next <- ": one\n" }()
	resp, err := http.Get(origin + "/api/v1/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	for _, want := range []string{": one\n", ": two\n", ": three\n"} {
		if want != ": one\n" {
			next <- want // only now: had the line before been kept back, the read below would never end
		}
		if got, err := r.ReadString('\n'); err != nil || got != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
}

func TestProxyTrustsThePinnedAuthorityOnly(t *testing.T) {
	cloud, other := ownertest.NewCloud(t), ownertest.NewCloud(t)
	cloud.CA = other.CA
	_, origin, _ := start(t, cloud, nil)
	status, body := ask(t, "GET", origin+"/api/v1/status", "", "", "")
	if status != 502 || len(cloud.Seen()) != 0 {
		t.Fatalf("%d %s, %d requests arrived", status, body, len(cloud.Seen()))
	}
}

func TestListensLocallyOnly(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.org:0", "[::1]:0", "127.0.0.2:0"} {
		if ls, _, err := listen(addr); !errors.Is(err, ErrNotLocal) {
			t.Errorf("%s: %v", addr, err)
			for _, l := range ls {
				l.Close()
			}
		}
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_, _, err = listen("localhost:" + port)
	if err == nil || strings.Count(err.Error(), port) != 1 || !strings.Contains(err.Error(), "address already in use") {
		t.Fatalf("%v", err)
	}
}

func TestRunEndsWithStreamsOpen(t *testing.T) {
	cloud := ownertest.NewCloud(t)
	cloud.Handle("/api/v1/stream", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	s, err := New(Config{Listen: "127.0.0.1:0", Cloud: cloud.URL, CA: cloud.CA, Page: http.NotFoundHandler(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	resp, err := http.Get(s.Link() + "api/v1/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Run does not end")
	}
}
