package media_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"signet/certs"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
	"signet/cloud/media"
)

// uploads is a handler at an address, and a camera whose record names parts.
type uploads struct {
	*cloudtest.Owned
	t    testing.TB
	addr string
	js   func(subject string, b []byte) uint64
}

func serve(t *testing.T, change func(*media.Config)) *uploads {
	t.Helper()
	fleet := cloudtest.Fleet(t)
	e, err := engine.Open(t.Context(), engine.Config{Dir: t.TempDir(), Addr: "127.0.0.1:0", Cert: cloudtest.ServerCert(t, fleet), Fleet: fleet.Cert, Log: cloudtest.Log(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	index, err := media.NewIndex(t.Context(), e.JetStream())
	if err != nil {
		t.Fatal(err)
	}
	cfg := media.Config{
		Store: open(t, t.TempDir()), Index: index, Fleet: fleet.Cert, Metrics: metrics.NewSet(), Log: cloudtest.Log(t),
		Arrived: func(context.Context, *media.Wanted) {},
	}
	change(&cfg)
	mux := http.NewServeMux()
	mux.Handle("PUT /media/{hash}", media.NewHandler(cfg))
	srv := httptest.NewUnstartedServer(mux)
	pool := x509.NewCertPool()
	pool.AddCert(fleet.Cert)
	srv.EnableHTTP2 = true
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{cloudtest.ServerCert(t, fleet)}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	return &uploads{w, t, strings.TrimPrefix(srv.URL, "https://"), func(subject string, b []byte) uint64 {
		a, err := e.JetStream().Publish(t.Context(), subject, b)
		if err != nil {
			t.Fatal(err)
		}
		return a.Sequence
	}}
}

// part makes a part that a bound record names.
func (u *uploads) part(n int, index uint64) ([]byte, certs.Hash) {
	clip, md := u.Part(n, index)
	r := u.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{md} })
	seq := u.js(engine.RecordSubject(&r.Record), r.Raw)
	u.js(engine.WantSubject(u.ID, md.Hash), []byte(fmt.Sprint(seq)))
	return clip, md.Hash
}

// slow starts an upload that brings its first bytes and then nothing until end is called; status is its answer.
func (u *uploads) slow(cl *http.Client, h certs.Hash, clip []byte) (end func(), status <-chan int) {
	r, w := io.Pipe()
	req, err := http.NewRequest("PUT", "https://"+u.addr+"/media/"+h.String(), r)
	if err != nil {
		u.t.Fatal(err)
	}
	req.ContentLength = int64(len(clip))
	got := make(chan int, 1)
	go func() {
		resp, err := cl.Do(req)
		if err != nil {
			got <- 0
			return
		}
		resp.Body.Close()
		got <- resp.StatusCode
	}()
	if _, err := w.Write(clip[:100]); err != nil {
		u.t.Fatal(err)
	}
	return func() { w.CloseWithError(io.ErrUnexpectedEOF) }, got
}

// Two uploads of a device run at once; a third is told to wait.
func TestUploadsOfADeviceAreBounded(t *testing.T) {
	u := serve(t, func(*media.Config) {})
	cl := u.HTTP()
	for i := range 2 {
		clip, h := u.part(5000, uint64(i))
		end, _ := u.slow(cl, h, clip)
		defer end()
	}
	clip, h := u.part(5000, 2)
	for until := time.Now().Add(cloudtest.Wait); ; {
		again, h2 := u.part(50, 9)
		status, head := u.Upload(cl, "PUT", u.addr, h2, again)
		if status == 429 && head.Get("Retry-After") != "" {
			break
		}
		if time.Now().After(until) { // the slow ones may not have begun
			t.Fatalf("third upload: %d", status)
		}
	}
	if status, _ := u.Upload(cl, "PUT", u.addr, h, clip); status != 429 {
		t.Errorf("third upload: %d", status)
	}
}

// An upload that brings nothing ends and leaves its place and what was left of its quota.
func TestStalledUploadEnds(t *testing.T) {
	u := serve(t, func(cfg *media.Config) { cfg.Stall, cfg.Quota = 200*time.Millisecond, 40_000 }) // 10,000 at once
	cl := u.HTTP()
	clip, h := u.part(6000, 0)
	end, status := u.slow(cl, h, clip)
	defer end()
	select {
	case got := <-status:
		if got == 201 {
			t.Errorf("half an upload: %d", got)
		}
	case <-time.After(cloudtest.Wait):
		t.Fatal("it does not end")
	}
	if status, _ := u.Upload(u.HTTP(), "PUT", u.addr, h, bytes.Clone(clip)); status != 201 {
		t.Errorf("after it: %d", status)
	}
}
