package live

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"signet/capture"
	"signet/certs"
	"signet/certs/certstest"
)

// sessionOnly moves what an offer's sections say about the connection to the session and leaves the sections out.
func sessionOnly(sdp string) string {
	var b strings.Builder
	in := false
	for l := range strings.Lines(sdp) {
		in = in || strings.HasPrefix(l, "m=")
		said := strings.HasPrefix(l, "a=fingerprint:") || strings.HasPrefix(l, "a=ice-ufrag:") || strings.HasPrefix(l, "a=ice-pwd:") || strings.HasPrefix(l, "a=setup:")
		if !in || said && !strings.Contains(b.String(), l) {
			b.WriteString(l)
		}
	}
	return b.String()
}

func TestCandidatesOfNoSection(t *testing.T) {
	d := &webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"}
	if sdp, err := withCandidates(d); err == nil {
		t.Errorf("an answer without a section became %q", sdp)
	}
}

// errorsTo logs errors only. What was logged may be read when everything that logs has ended.
func errorsTo(b *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelError}))
}

// A panic while an offer is read refuses it, gives back the place and is told.
func TestAPanicRefuses(t *testing.T) {
	w := newWorld(t)
	_, sdp := newBrowser(t, false)
	var told bytes.Buffer
	w.Server.log = errorsTo(&told)
	mjpeg := w.Server.mjpeg
	w.Server.mjpeg = nil // stands for a defect of pion
	for range 2 * defaultViewers {
		req := w.request(t, sdp)
		ans, err := w.Handle(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if a := w.answer(t, req, ans); !strings.Contains(a.Refusal, "could not set up") {
			t.Fatalf("refusal %q", a.Refusal)
		}
	}
	if n := w.Stats().Viewers; n != 0 || strings.Count(told.String(), "live view panicked") != 2*defaultViewers {
		t.Errorf("%d places are taken; log: %s", n, told.String())
	}
	w.Server.mjpeg = mjpeg
	b, sdp := newBrowser(t, false)
	b.connect(t, w, sdp)
}

// FuzzOffer gives a camera offers that its owner has signed: no text may cause a panic, and nothing may stay behind.
func FuzzOffer(f *testing.F) {
	w := certstest.New(f)
	terms := &Terms{Cert: w.Camera.Cert, Key: w.Camera.EventKey, Policy: w.Camera.Grant.Policy}
	_, data := newBrowser(f, false)
	_, both := newBrowser(f, true)
	for _, sdp := range []string{data, both} {
		f.Add(sdp, false)
		f.Add(sdp, true)
		f.Add(sessionOnly(sdp), false)
		f.Add(strings.ReplaceAll(sdp, " 9 ", " 0 "), false)
		f.Add(strings.ReplaceAll(sdp, "a=mid:", "a=nid:"), true)
	}
	f.Fuzz(func(t *testing.T, sdp string, video bool) {
		fp, err := fingerprint(sdp)
		if err != nil {
			return // judged before anything else
		}
		var told bytes.Buffer
		s, err := New(Config{Terms: func() *Terms { return terms }, Synchronised: func() bool { return true }, Log: errorsTo(&told)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.ctx = ctx // as Run sets it
		if video {
			s.Offer(0, &capture.Frame{Format: capture.H264, Key: true, Data: []byte{0, 0, 0, 1, 0x65, 1}})
		}
		req, err := certs.SignViewerRequest(&certs.ViewerRequest{Device: w.Camera.ID, Epoch: w.Camera.Epoch, At: time.Now(), SDP: sdp, Fingerprint: fp, SPKI: w.Owner.SPKI}, w.Owner.Key)
		if err != nil {
			return // too long
		}
		if _, err := s.Handle(ctx, req); err != nil {
			t.Errorf("no answer: %v", err)
		}
		cancel()
		s.running.Wait()
		if n := s.Stats().Viewers; n != 0 || told.Len() != 0 {
			t.Errorf("%d viewers are left; log: %s", n, told.String())
		}
	})
}
