package cloud_test

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"signet/certs"
	"signet/cloud"
	"signet/cloud/cloudtest"
	"signet/cloud/engine"
)

// Only what a bound record of the device names may be uploaded, as it names it.
func TestUploads(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	x := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	clip, part := w.Part(100_000, 0)
	picture, thumb := w.Picture(1000)
	if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera,
		cloudtest.Message(t, w.Record(certs.Claimed)),
		cloudtest.Message(t, w.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{thumb, part} }), picture),
	); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	cl, addr := w.HTTP(), c.HTTPSAddr()

	unnamed := make([]byte, 1000)
	rand.Read(unnamed)
	wrong := bytes.Clone(clip)
	wrong[5] ^= 1
	for _, q := range []struct {
		name   string
		cam    *cloudtest.Camera
		cl     *http.Client
		method string
		hash   certs.Hash
		body   []byte
		want   int
	}{
		{"not named by any record", w.Camera, cl, "PUT", certs.HashOf(unnamed), unnamed, 403},
		{"not named, asked for", w.Camera, cl, "HEAD", certs.HashOf(unnamed), nil, 403},
		{"inline media", w.Camera, cl, "PUT", thumb.Hash, picture, 403},
		{"another device's", x.Camera, x.HTTP(), "PUT", part.Hash, clip, 403},
		{"another device asks", x.Camera, x.HTTP(), "HEAD", part.Hash, nil, 403},
		{"other bytes", w.Camera, cl, "PUT", part.Hash, wrong, 400},
		{"too short", w.Camera, cl, "PUT", part.Hash, clip[:len(clip)-1], 400},
		{"too long", w.Camera, cl, "PUT", part.Hash, append(bytes.Clone(clip), 0), 400},
		{"larger than any part", w.Camera, cl, "PUT", part.Hash, make([]byte, certs.MaxPart+1), 413},
		{"not there yet", w.Camera, cl, "HEAD", part.Hash, nil, 404},
		{"as named", w.Camera, cl, "PUT", part.Hash, clip, 201},
		{"there", w.Camera, cl, "HEAD", part.Hash, nil, 200},
		{"again", w.Camera, cl, "PUT", part.Hash, clip, 200},
	} {
		if status, _ := q.cam.Upload(q.cl, q.method, addr, q.hash, q.body); status != q.want {
			t.Errorf("%s: %d instead of %d", q.name, status, q.want)
		}
	}

	// Without a device certificate.
	anyone := &http.Transport{TLSClientConfig: w.TLS()}
	anyone.TLSClientConfig.Certificates = nil
	defer anyone.CloseIdleConnections()
	if status, _ := w.Upload(&http.Client{Transport: anyone}, "PUT", addr, part.Hash, clip); status != 403 {
		t.Errorf("without a certificate: %d", status)
	}
	// With one of another fleet the handshake fails.
	stranger := cloudtest.NewCamera(t, cloudtest.Fleet(t))
	foreign := &http.Transport{TLSClientConfig: w.TLS()}
	foreign.TLSClientConfig.Certificates = []tls.Certificate{{Certificate: [][]byte{stranger.Cert}, PrivateKey: stranger.Key}}
	defer foreign.CloseIdleConnections()
	if resp, err := (&http.Client{Transport: foreign}).Get("https://" + addr + "/media/" + part.Hash.String()); err == nil {
		resp.Body.Close()
		t.Error("a certificate of another fleet was taken")
	}

	// A pointer that was put there behind the cloud's back points to a record, and that says otherwise.
	put(t, c, engine.WantSubject(w.ID, certs.HashOf(unnamed)), last(t, c, engine.WantSubject(w.ID, part.Hash)))
	put(t, c, engine.WantSubject(x.ID, part.Hash), last(t, c, engine.WantSubject(w.ID, part.Hash)))
	if status, _ := w.Upload(cl, "PUT", addr, certs.HashOf(unnamed), unnamed); status != 403 {
		t.Errorf("by a forged pointer: %d", status)
	}
	if status, _ := x.Upload(x.HTTP(), "HEAD", addr, part.Hash, nil); status != 403 {
		t.Errorf("another device by a forged pointer: %d", status)
	}
}

// Who names another's hash gets neither the bytes nor the word that they are there: only the upload of the camera whose
// record it is counts.
func TestNamingIsNotHaving(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	thief := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	clip, part := alice.Part(10_000, 0)
	for _, w := range []*cloudtest.Owned{alice, thief} {
		if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed)),
			cloudtest.Message(t, w.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{part} }))); len(no) != 0 {
			t.Fatalf("refused: %v", no)
		}
	}
	if status, _ := alice.Upload(alice.HTTP(), "PUT", c.HTTPSAddr(), part.Hash, clip); status != 201 {
		t.Fatalf("PUT: %d", status)
	}
	p := page(t, c, thief.Owner)
	items := p.Records("after=0")
	path := fmt.Sprintf("/api/v1/records/%d/media/%s", items[1].Seq, part.Hash)
	if status, b := p.Do("GET", path, nil); status != 404 || bytes.Contains(b, clip[:32]) {
		t.Errorf("another's ciphertext: %d", status)
	}
	cl := thief.HTTP()
	if status, _ := thief.Upload(cl, "HEAD", c.HTTPSAddr(), part.Hash, nil); status != 404 {
		t.Errorf("HEAD says that it is there: %d", status)
	}
	other := bytes.Clone(clip)
	other[0] ^= 1
	if status, _ := thief.Upload(cl, "PUT", c.HTTPSAddr(), part.Hash, other); status != 400 {
		t.Errorf("PUT says that it is there: %d", status)
	}
	if status, _ := thief.Upload(cl, "PUT", c.HTTPSAddr(), part.Hash, clip); status != 201 {
		t.Errorf("who has the bytes may upload them: %d", status)
	}
	if status, b := p.Do("GET", path, nil); status != 200 || !bytes.Equal(b, clip) {
		t.Errorf("what its own camera uploaded: %d", status)
	}
}

// A full disk is said so, before anything is written.
func TestNoRoomForMedia(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir, func(cfg *cloud.Config) { cfg.Reserve = 1 << 62 })
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	clip, part := w.Part(1000, 0)
	if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed)),
		cloudtest.Message(t, w.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{part} }))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if status, _ := w.Upload(w.HTTP(), "PUT", c.HTTPSAddr(), part.Hash, clip); status != 507 {
		t.Errorf("%d instead of 507", status)
	}
}

// A camera that uploads more than its share is told when to come again.
func TestQuota(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir, func(cfg *cloud.Config) { cfg.Quota = 40_000 }) // 10,000 at once
	w := cloudtest.NewCamera(t, fleet).Claim(cloudtest.Owner(t), 1)
	one, a := w.Part(8000, 0)
	two, b := w.Part(8000, 1)
	if no := w.Connect(c.MQTTAddr()).Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed)),
		cloudtest.Message(t, w.Record(certs.Part, func(r *certs.Record) { r.Media = []certs.Media{a, b} }))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	if status, _ := w.Upload(w.HTTP(), "PUT", c.HTTPSAddr(), a.Hash, one); status != 201 {
		t.Errorf("within the quota: %d", status)
	}
	status, h := w.Upload(w.HTTP(), "PUT", c.HTTPSAddr(), b.Hash, two)
	if after, err := strconv.Atoi(h.Get("Retry-After")); status != 429 || err != nil || after < 60 {
		t.Errorf("beyond the quota: %d, Retry-After %q", status, h.Get("Retry-After"))
	}
}
