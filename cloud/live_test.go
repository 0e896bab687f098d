package cloud_test

import (
	"bytes"
	"testing"
	"time"

	"signet/certs"
	"signet/cloud/cloudtest"
)

// viewerRequest is signed by an owner.
func viewerRequest(t *testing.T, o *certs.Owner, w *cloudtest.Owned) ([]byte, *certs.SignedViewerRequest) {
	t.Helper()
	b, err := certs.SignViewerRequest(&certs.ViewerRequest{
		Device: w.ID, Epoch: w.Epoch, Nonce: [16]byte{1}, At: time.Now(), SDP: "offer", SPKI: o.SPKI,
	}, o.Key)
	if err != nil {
		t.Fatal(err)
	}
	r, err := certs.ParseViewerRequest(b)
	if err != nil {
		t.Fatal(err)
	}
	return b, r
}

// The cloud carries a viewer request and its answer, unchanged, between an owner and the owner's own camera.
func TestLiveRelay(t *testing.T) {
	dir, fleet := initDir(t)
	c, _ := run(t, dir)
	alice, bob := cloudtest.Owner(t), cloudtest.Owner(t)
	w := cloudtest.NewCamera(t, fleet).Claim(alice, 1)
	s := w.Connect(c.MQTTAddr())
	if no := s.Deliver(w.Camera, cloudtest.Message(t, w.Record(certs.Claimed))); len(no) != 0 {
		t.Fatalf("refused: %v", no)
	}
	p := page(t, c, alice)
	body, req := viewerRequest(t, alice, w)
	if status, _ := p.Do("POST", "/api/v1/live", body); status != 404 {
		t.Errorf("camera that is not connected: %d", status)
	}
	events := p.Stream("")
	s.Send(cloudtest.Topic(w.ID, "status"), 1, true, []byte("online"))
	cloudtest.Until(t, events, "the camera", func(e cloudtest.Event) bool {
		return e.Name == "status" && bytes.Contains([]byte(e.Data), []byte(`"online":true`))
	})

	asked, ok := s.Listen(cloudtest.Topic(w.ID, "live"))
	if !ok {
		t.Fatal("own live topic refused")
	}
	a := req.AnswerTo()
	fp := certs.HashOf([]byte("dtls"))
	a.SDP, a.Fingerprint = "answer", &fp
	answer, err := certs.SignViewerAnswer(&a, w.Event, w.Key)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if got := <-asked; !bytes.Equal(got, body) {
			t.Error("request was altered")
		}
		s.Send(cloudtest.Topic(w.ID, "answers"), 0, false, []byte("an answer to something else"))
		s.Send(cloudtest.Topic(w.ID, "answers"), 0, false, answer)
	}()
	if status, b := p.Do("POST", "/api/v1/live", body); status != 200 || !bytes.Equal(b, answer) {
		t.Errorf("answer: %d %q", status, b)
	}

	// While one is open, the same session is told to wait.
	body2, req2 := viewerRequest(t, alice, w)
	first := make(chan struct{})
	go func() {
		defer close(first)
		p.Do("POST", "/api/v1/live", body2)
	}()
	select {
	case <-asked:
	case <-time.After(cloudtest.Wait):
		t.Fatal("camera is not asked")
	}
	if status, _ := p.Do("POST", "/api/v1/live", body); status != 429 {
		t.Errorf("a second request at once: %d", status)
	}
	a2 := req2.AnswerTo()
	a2.SDP, a2.Fingerprint = "answer", &fp
	if answer, err = certs.SignViewerAnswer(&a2, w.Event, w.Key); err != nil {
		t.Fatal(err)
	}
	s.Send(cloudtest.Topic(w.ID, "answers"), 0, false, answer)
	<-first

	// Another owner does not reach the camera, whatever is signed.
	theirs, _ := viewerRequest(t, bob, w)
	pb := page(t, c, bob)
	for _, b := range [][]byte{theirs, body} {
		if status, _ := pb.Do("POST", "/api/v1/live", b); status != 404 {
			t.Errorf("another owner: %d", status)
		}
	}
	spoiled := bytes.Clone(body)
	spoiled[len(spoiled)-1] ^= 1
	if status, _ := p.Do("POST", "/api/v1/live", spoiled); status != 400 {
		t.Errorf("spoiled request: %d", status)
	}
	if status, _ := p.Do("POST", "/api/v1/live", make([]byte, 100_000)); status != 413 {
		t.Errorf("too large: %d", status)
	}
	select {
	case b := <-asked:
		t.Errorf("the camera was asked: %q", b)
	case <-time.After(50 * time.Millisecond):
	}
}
