package session_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"signet/certs"
	"signet/certs/certstest"
	"signet/uplink/dial"
	"signet/uplink/session"
	"signet/uplink/spool"
)

// patience bounds every wait; nothing waits that long.
const patience = 20 * time.Second

// world is a claimed camera with a spool, and what a cloud of its fleet needs.
type world struct {
	t        testing.TB
	fleet    *certs.Fleet
	camera   *certstest.Camera
	receipts *certstest.Receipts
	server   *tls.Config // of the cloud
	spool    *spool.Spool
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := certstest.New(t)
	out := &world{
		t:        t,
		fleet:    w.Fleet,
		camera:   w.Camera,
		receipts: certstest.NewReceipts(t, w.Fleet),
		server:   serverTLS(t, w.Fleet, w.Fleet.Cert),
	}
	var err error
	if out.spool, err = spool.Open(t.TempDir(), spool.Options{SyncEvery: 10 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.spool.Close() })
	return out
}

// serverTLS is the cloud's side: a certificate from one fleet, cameras of another.
func serverTLS(t testing.TB, issuer *certs.Fleet, cameras *x509.Certificate) *tls.Config {
	t.Helper()
	k := certstest.NewKey(t)
	der, err := issuer.IssueServer(&k.PublicKey, []string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cameras)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: k}},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
	}
}

func (w *world) dial() dial.Config {
	return dial.Config{
		Certificate: tls.Certificate{Certificate: [][]byte{w.camera.DeviceCert}, PrivateKey: w.camera.DeviceKey},
		CA:          w.fleet.Cert,
	}
}

// record puts a record into the spool.
func (w *world) record(typ certs.RecordType, u spool.Urgency, pieces ...certstest.Piece) spool.Position {
	w.t.Helper()
	pos, err := w.spool.Append(u, func(p spool.Position) (spool.Entry, error) {
		r := w.camera.Record(typ)
		r.Position = certs.Position{Boot: p.Boot, N: p.N}
		if typ == certs.Started || typ == certs.Part || typ == certs.Ended {
			id := certs.NewEventID(certstest.Time)
			r.Event = &id
		}
		if typ == certs.Gap {
			r.Gap = &certs.GapRange{From: r.Position, To: r.Position, Reason: certs.GapMediaDropped}
		}
		if typ == certs.Claimed || typ == certs.Online {
			r.Chain = [][]byte{w.camera.Cert.Raw, w.camera.Root}
		}
		if typ == certs.Claimed {
			r.Offer = w.camera.Offer
		}
		s := w.camera.Sign(w.t, r, pieces...)
		return spool.Entry{Record: s.Raw, Media: s.Inline}, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return pos
}

// config is of a session that does not dawdle.
func (w *world) config(addr string) session.Config {
	return session.Config{
		Device:      w.camera.ID,
		Addr:        addr,
		Dial:        w.dial(),
		Spool:       w.spool,
		FirstWithin: -1,
		BacklogRate: 10000,
		Log:         slog.New(slog.NewTextHandler(testLog{w.t}, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
}

// run runs a session until the test ends, or stop is called, and checks that nothing of it is left.
func (w *world) run(cfg session.Config) (s *session.Session, stop func()) {
	w.t.Helper()
	s, err := session.New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	session.Hurry(s)
	done := make(chan error, 1)
	cancel := labelled(w.t, func(ctx context.Context) { done <- s.Run(ctx) })
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				w.t.Errorf("Run returned %v, not context.Canceled", err)
			}
		case <-time.After(patience):
			w.t.Error("Run does not return")
		}
		leaked(w.t)
	}
	w.t.Cleanup(stop)
	return s, stop
}

// labelled runs f so that all goroutines which come of it bear the test's name.
func labelled(t testing.TB, f func(context.Context)) context.CancelFunc {
	ctx, cancel := context.WithCancel(context.Background())
	go pprof.Do(ctx, pprof.Labels("of", t.Name()), f)
	return cancel
}

// leaked fails when a goroutine still bears the test's name.
func leaked(t testing.TB) {
	t.Helper()
	var left []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var all bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&all, 1); err != nil {
			t.Fatal(err)
		}
		left = nil
		for g := range strings.SplitSeq(all.String(), "\n\n") {
			if strings.Contains(g, fmt.Sprintf("{%q:%q}", "of", t.Name())) {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("still running:\n%s", strings.Join(left, "\n\n"))
}

// eventually waits for something that a test cannot be told.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

type testLog struct{ testing.TB }

func (l testLog) Write(b []byte) (int, error) {
	if l.Context().Err() == nil {
		l.Log(strings.TrimSpace(string(b)))
	}
	return len(b), nil
}
