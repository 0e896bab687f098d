package cloud_test

import (
	"net/http"
	"testing"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// A page of another origin, at which this owner has a key too, passes on the challenge of this cloud, has the browser sign
// it, and brings the log-in here.
func TestAttackLogInRelayedFromAnotherOrigin(t *testing.T) {
	dir, _ := initDir(t)
	c, _ := run(t, dir)
	own, evil := "https://"+c.HTTPSAddr(), "https://evil.example"
	p := cloudtest.NewPage(t, cloudtest.Owner(t), c.HTTPSAddr(), c.Fleet())
	refused := func(what, origin string, change func(*certs.Login)) {
		t.Helper()
		if status, body := p.LogInFor(origin, change); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	as := func(*certs.Login) {}
	refused("signed by a page of another origin", evil, as)
	refused("signed by one that has ours in its name", own+".evil.example", as)
	refused("signed for another cloud", own, func(l *certs.Login) { l.Cloud = certs.HashOf(nil) })
	p.Header = http.Header{"Origin": {evil}}
	refused("signed for ours, sent by a page of another origin", own, as)
	p.Header = nil
	nonce := p.Challenge()
	once := func(l *certs.Login) { l.Nonce = nonce }
	if status, body := p.LogInFor(own, once); status != http.StatusOK {
		t.Fatalf("our own: %d %s", status, body)
	}
	refused("heard, and said again", own, once)
}
