package deliver

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"signet/certs"
	"signet/cloud/bind"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
	"signet/cloud/ledger"
	"signet/cloud/mail"
)

// desk is what takes statements, with a real engine, ledger and mail, and a disk that can be full.
type desk struct {
	*Deliver
	fleet *certs.Fleet
	full  atomic.Bool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	k := &desk{fleet: cloudtest.Fleet(t)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := engine.Open(t.Context(), engine.Config{
		Dir: t.TempDir(), Addr: "127.0.0.1:0", Cert: cloudtest.ServerCert(t, k.fleet), Fleet: k.fleet.Cert, Log: cloudtest.Log(t),
		Free: func(string) (uint64, error) {
			if k.full.Load() {
				return 1, nil
			}
			return 1 << 40, nil
		},
	})
	must(err)
	t.Cleanup(e.Close)
	claims, err := ledger.NewStore(t.Context(), ledger.Config{JetStream: e.JetStream(), Fleet: k.fleet.Cert})
	must(err)
	post, err := mail.New(t.Context(), mail.Config{Engine: e, Fleet: k.fleet.Cert, Ledger: claims, Metrics: metrics.NewSet(), Log: cloudtest.Log(t)})
	must(err)
	chains, err := bind.NewChains(t.Context(), e.JetStream())
	must(err)
	k.Deliver, err = New(t.Context(), Config{
		Engine: e, Fleet: k.fleet.Cert, Chains: chains, Ledger: claims, Mail: post, Metrics: metrics.NewSet(), Log: cloudtest.Log(t),
	})
	must(err)
	return k
}

// enter opens a session without the ceremony, and returns its token.
func (k *desk) enter(t *testing.T, o *certs.Owner) (token string) {
	t.Helper()
	now := time.Now()
	login, err := certs.SignLogin(&certs.Login{
		Owner: o.ID, Nonce: k.sessions.challenge(now), Origin: "http://localhost", SPKI: o.SPKI, Cloud: certs.HashOf(k.fleet.Cert.Raw),
	}, o.Key)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err = k.sessions.open(login, nil, "192.0.2.1", now)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (k *desk) post(token, what string, b []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/v1/"+what, bytes.NewReader(b))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	k.Handler().ServeHTTP(w, r)
	return w
}

// Attacker: somebody with a key, which costs nothing, who keeps the cloud busy with statements. It is bounded by key, not by
// session, and does not hold up others.
func TestAttackFloodOfStatements(t *testing.T) {
	k := newDesk(t)
	mallory, alice := cloudtest.Owner(t), cloudtest.Owner(t)
	tokens := []string{k.enter(t, mallory), k.enter(t, mallory), k.enter(t, mallory)}
	taken := 0
	for i := range 300 {
		w := k.post(tokens[i%len(tokens)], []string{"grants", "policies", "releases", "lost"}[i%4], []byte("junk"))
		if w.Code == http.StatusTooManyRequests {
			if w.Header().Get("Retry-After") == "" {
				t.Error("he is not told when to come again")
			}
			break
		}
		if taken++; w.Code != http.StatusForbidden {
			t.Fatalf("junk: %d", w.Code)
		}
	}
	if taken > 70 {
		t.Errorf("%d statements are looked at", taken)
	}
	if w := k.post(k.enter(t, alice), "policies", []byte("junk")); w.Code != http.StatusForbidden {
		t.Errorf("somebody else: %d", w.Code)
	}
	if w := k.post(k.enter(t, alice), "policies", make([]byte, mail.MaxStatement+1)); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", w.Code)
	}
}

// With a full disk no statement is taken, also not by the ledger; with room again, each is.
func TestStatementsNeedRoom(t *testing.T) {
	k := newDesk(t)
	alice := cloudtest.Owner(t)
	w := cloudtest.NewCamera(t, k.fleet).Claim(alice, 1)
	c, err := ledger.ParseClaim(w.Record(certs.Claimed), k.fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	b, revision, err := k.cfg.Ledger.Load(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	b, _, _ = b.Claim(c, time.Now())
	if _, _, err := k.cfg.Ledger.Save(t.Context(), b, revision); err != nil {
		t.Fatal(err)
	}
	token := k.enter(t, alice)
	statements := []struct {
		what string
		b    []byte
	}{{"policies", w.Policy(2)}, {"lost", w.Lost()}, {"releases", w.Release(nil)}}
	k.full.Store(true)
	for _, s := range statements {
		if got := k.post(token, s.what, s.b); got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" {
			t.Errorf("full disk: %s: %d", s.what, got.Code)
		}
	}
	if o, _, err := k.cfg.Ledger.Ownership(t.Context(), w.ID, alice.ID); err != nil || o.State != ledger.Owned {
		t.Errorf("with a full disk it becomes %s, %v", o.State, err)
	}
	k.full.Store(false)
	for _, s := range statements {
		if got := k.post(token, s.what, s.b); got.Code != http.StatusAccepted {
			t.Errorf("%s: %d %s", s.what, got.Code, got.Body)
		}
	}
}

// The ledger has a release, and the cloud was killed before it was kept for the camera. The owner signs another, as the page
// and the command do.
func TestReleaseAgainAfterACrash(t *testing.T) {
	k := newDesk(t)
	w := cloudtest.NewCamera(t, k.fleet).Claim(cloudtest.Owner(t), 1)
	c, err := ledger.ParseClaim(w.Record(certs.Claimed), k.fleet.Cert)
	if err != nil {
		t.Fatal(err)
	}
	b, revision, err := k.cfg.Ledger.Load(t.Context(), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	b, _, no := b.Claim(c, time.Now())
	if no != nil {
		t.Fatal(no)
	}
	if _, _, err := k.cfg.Ledger.Save(t.Context(), b, revision); err != nil {
		t.Fatal(err)
	}
	if err := k.cfg.Ledger.Release(t.Context(), w.ID, w.Release(nil)); err != nil {
		t.Fatal(err)
	}
	sent, err := k.cfg.Engine.Conn().SubscribeSync(engine.DeviceSubject(w.ID, engine.Release))
	if err != nil {
		t.Fatal(err)
	}
	token := k.enter(t, w.Owner)
	for range 2 {
		again := w.Release(nil)
		if a := k.post(token, "releases", again); a.Code != http.StatusAccepted {
			t.Fatalf("the release again: %d %s", a.Code, a.Body)
		}
		if m, err := sent.NextMsg(cloudtest.Wait); err != nil || !bytes.Equal(m.Data, again) {
			t.Errorf("the camera is not told: %v", err)
		}
	}
	if a := k.post(token, "releases", w.Release(cloudtest.Owner(t))); a.Code != http.StatusConflict {
		t.Errorf("another release: %d %s", a.Code, a.Body)
	}
}
