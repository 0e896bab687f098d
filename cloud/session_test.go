package cloud_test

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
)

// A session is the proof of an owner key, for this cloud's origin or the owner's own machine, by a challenge that is good
// once.
func TestLogIn(t *testing.T) {
	dir, _ := initDir(t)
	c, _ := run(t, dir)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	p := cloudtest.NewPage(t, alice, c.HTTPSAddr(), c.Fleet())
	own := "https://" + c.HTTPSAddr()
	same := func(*certs.Login) {}

	for _, origin := range []string{own, strings.Replace(own, "127.0.0.1", "localhost", 1), "http://localhost", "http://localhost:8480", "http://127.0.0.1:1"} {
		if status, b := p.LogInFor(origin, same); status != 200 {
			t.Errorf("origin %s: %d %s", origin, status, b)
		}
	}
	for _, origin := range []string{
		"null", "https://evil.example", own + ".evil.example", "http://localhost.evil.example", "http://localhost:1/x",
		"http://user@localhost", "https://localhost", "http://127.0.0.2", "file://localhost",
	} {
		if status, _ := p.LogInFor(origin, same); status == 200 {
			t.Errorf("log-in for origin %q was taken", origin)
		}
	}

	nonce := p.Challenge()
	for i, want := range []int{200, 403} {
		if status, _ := p.LogInFor(own, func(l *certs.Login) { l.Nonce = nonce }); status != want {
			t.Errorf("use %d of a challenge: %d", i+1, status)
		}
	}
	if status, _ := p.LogInFor(own, func(l *certs.Login) { l.Nonce = [32]byte{1} }); status != 403 {
		t.Errorf("a challenge that was never made: %d", status)
	}

	// Somebody else's key does not open this owner's session.
	forged, err := certs.SignLogin(&certs.Login{Owner: alice.ID, Nonce: p.Challenge(), Origin: own, SPKI: alice.SPKI, Cloud: certs.HashOf(c.Fleet().Raw)}, bob.Key)
	if err == nil {
		if status, _ := p.Do("POST", "/api/v1/session", forged); status == 200 {
			t.Error("a log-in that another key signed was taken")
		}
	}
	for _, junk := range [][]byte{nil, []byte("x"), make([]byte, 4096)} {
		if status, _ := p.Do("POST", "/api/v1/session", junk); status != 403 {
			t.Errorf("junk: %d", status)
		}
	}
	if status, _ := p.Do("POST", "/api/v1/session", make([]byte, 5000)); status != 413 {
		t.Errorf("too large: %d", status)
	}
}

// A page on the owner's own machine has the same origin whichever cloud is behind it: a cloud that has it sign another
// one's challenge gets nothing for that.
func TestLogInIsForOneCloud(t *testing.T) {
	dirA, _ := initDir(t)
	dirB, _ := initDir(t)
	a, _ := run(t, dirA)
	b, _ := run(t, dirB)
	alice := cloudtest.Owner(t)
	atA, atB := cloudtest.NewPage(t, alice, a.HTTPSAddr(), a.Fleet()), cloudtest.NewPage(t, alice, b.HTTPSAddr(), b.Fleet())
	const local = "http://localhost:8480"
	relay := certs.Login{Owner: alice.ID, Nonce: atB.Challenge(), Origin: local, SPKI: alice.SPKI, Cloud: certs.HashOf(a.Fleet().Raw)}
	login, err := certs.SignLogin(&relay, alice.Key)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := atB.Do("POST", "/api/v1/session", login); status != 403 || !strings.Contains(string(body), "another cloud") {
		t.Errorf("a log-in for another cloud: %d %s", status, body)
	}
	for _, p := range []*cloudtest.Page{atA, atB} {
		if status, body := p.LogInFor(local, func(*certs.Login) {}); status != 200 {
			t.Errorf("a log-in for this cloud: %d %s", status, body)
		}
	}
}

// Without a session there is nothing, and after its end neither.
func TestSessionIsNeeded(t *testing.T) {
	dir, _ := initDir(t)
	c, _ := run(t, dir)
	p := cloudtest.NewPage(t, cloudtest.Owner(t), c.HTTPSAddr(), c.Fleet())
	all := func(want func(int) bool, when string) {
		t.Helper()
		for _, path := range []string{"records", "stream", "status", "records/1/media/" + strings.Repeat("a", 64), "certificates/" + strings.Repeat("a", 64)} {
			if path == "stream" && want(200) {
				continue
			}
			if status, _ := p.Do("GET", "/api/v1/"+path, nil); !want(status) {
				t.Errorf("%s: %s: %d", when, path, status)
			}
		}
		if status, _ := p.Do("POST", "/api/v1/live", nil); !want(status) {
			t.Errorf("%s: live: %d", when, status)
		}
	}
	is401 := func(s int) bool { return s == 401 }
	all(is401, "without")
	p.Token = strings.Repeat("A", 43)
	all(is401, "made up")
	p.LogIn()
	all(func(s int) bool { return s == 200 || s == 404 || s == 400 }, "with")
	ended := p.Stream("")
	if status, _ := p.Do("DELETE", "/api/v1/session", nil); status != 204 {
		t.Errorf("log out: %d", status)
	}
	all(is401, "after log-out")
	for range ended { // ends with the session
	}
	if status, _ := p.Do("GET", "/api/v2/x", nil); status != 404 {
		t.Errorf("unknown path: %d", status)
	}
}

// A request of another page's origin opens nothing, even with a log-in for ours.
func TestOriginHeader(t *testing.T) {
	dir, _ := initDir(t)
	c, _ := run(t, dir)
	alice := cloudtest.Owner(t)
	p := cloudtest.NewPage(t, alice, c.HTTPSAddr(), c.Fleet())
	own := "https://" + c.HTTPSAddr()
	p.Header = http.Header{"Origin": {"https://evil.example"}}
	if status, _ := p.LogInFor(own, func(*certs.Login) {}); status != 403 {
		t.Errorf("another page's request: %d", status)
	}
	p.Header = http.Header{"Origin": {own}}
	if status, _ := p.LogInFor(own, func(*certs.Login) {}); status != 200 {
		t.Errorf("own page's request: %d", status)
	}
}

// One address cannot guess or flood without end.
func TestLogInsAreLimited(t *testing.T) {
	dir, _ := initDir(t)
	c, _ := run(t, dir)
	p := cloudtest.NewPage(t, cloudtest.Owner(t), c.HTTPSAddr(), c.Fleet())
	for range 200 {
		if status, _ := p.Do("POST", "/api/v1/challenge", nil); status == 429 {
			return
		}
	}
	t.Error("200 challenges in a row are not too many")
}

// The page and the API set what browsers need to keep strangers out; origins can be set.
func TestPageAndOrigins(t *testing.T) {
	dir, _ := initDir(t)
	c, _ := run(t, dir, func(cfg *cloud.Config) {
		cfg.Origins = []string{"https://cloud.example"}
		cfg.Page = func(fleet *x509.Certificate) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "page %s of %s", r.URL.Path, fleet.Subject.CommonName)
			})
		}
	})
	p := cloudtest.NewPage(t, cloudtest.Owner(t), c.HTTPSAddr(), c.Fleet())
	if status, b := p.Do("GET", "/app.js", nil); status != 200 || string(b) != "page /app.js of "+c.Fleet().Subject.CommonName {
		t.Errorf("page: %d %s", status, b)
	}
	if status, _ := p.LogInFor("https://cloud.example", func(*certs.Login) {}); status != 200 {
		t.Errorf("set origin: %d", status)
	}
	if status, _ := p.LogInFor("https://"+c.HTTPSAddr(), func(*certs.Login) {}); status != 403 {
		t.Errorf("origin that is not set: %d", status)
	}
}
