package live

import (
	"bytes"
	"context"
	"crypto"
	"encoding/binary"
	"image"
	"image/jpeg"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"signet/capture"
	"signet/certs"
	"signet/certs/certstest"
)

const patience = 10 * time.Second

// world is a device with two cameras that shows them, and its owner.
type world struct {
	*certstest.World
	*Server
	*shown // the first camera
	mu     sync.Mutex
	terms  *Terms
	synced bool
	guest  *certstest.Viewer // who asks; nil: the owner
}

func (w *world) set(f func()) { w.mu.Lock(); defer w.mu.Unlock(); f() }

// Offer shows a frame of the first camera.
func (w *world) Offer(f *capture.Frame) { w.Server.Offer(0, f) }

func newWorld(t *testing.T, policy ...certs.Policy) *world {
	t.Helper()
	w := &world{World: certstest.New(t), synced: true}
	if len(policy) > 0 {
		policy[0].Recipients = []string{w.Owner.Recipient}
		w.Camera.Claim(t, w.Owner, policy...)
	}
	w.terms = &Terms{Cert: w.Camera.Cert, Key: w.Camera.EventKey, Policy: w.Camera.Grant.Policy}
	var err error
	w.Server, err = New(Config{
		Terms:        func() *Terms { w.mu.Lock(); defer w.mu.Unlock(); return w.terms },
		Synchronised: func() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.synced },
		Cameras:      2,
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.shown = w.Server.shown[0]
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run does not end")
		}
		if n := w.Stats().Viewers; n != 0 {
			t.Errorf("%d viewers after the end", n)
		}
	})
	for { // until Run runs
		w.Server.mu.Lock()
		runs := w.Server.ctx != nil
		w.Server.mu.Unlock()
		if runs {
			return w
		}
		runtime.Gosched()
	}
}

// request signs an offer with the owner's key; change alters it before that.
func (w *world) request(t *testing.T, sdp string, change ...func(*certs.ViewerRequest)) []byte {
	t.Helper()
	r := &certs.ViewerRequest{Device: w.Camera.ID, Epoch: w.Camera.Epoch, At: time.Now().Truncate(time.Millisecond), SDP: sdp, SPKI: w.Owner.SPKI}
	for i := range r.Nonce {
		r.Nonce[i] = byte(rand.Uint32())
	}
	if fp, err := fingerprint(sdp); err == nil {
		r.Fingerprint = fp
	}
	for _, f := range change {
		f(r)
	}
	key := crypto.Signer(w.Owner.Key)
	if w.guest != nil {
		r.SPKI, key = w.guest.SPKI, w.guest.Key
	}
	b, err := certs.SignViewerRequest(r, key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answer verifies an answer and returns it.
func (w *world) answer(t *testing.T, request, answer []byte) *certs.ViewerAnswer {
	t.Helper()
	a, err := certs.ParseViewerAnswer(answer, w.Camera.Cert)
	if err != nil {
		t.Fatal(err)
	}
	r, err := certs.ParseViewerRequest(request)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Answers(r) {
		t.Fatal("the answer is to another request")
	}
	return a
}

// browser is the viewer's half, made with pion.
type browser struct {
	*webrtc.PeerConnection
	channel  *webrtc.DataChannel
	pictures chan got
	tracks   chan *webrtc.TrackRemote
	hold     sync.Mutex // held: the viewer does not read
}

type got struct {
	number uint32
	at     time.Time
	jpeg   []byte
}

func newBrowser(t testing.TB, video bool) (*browser, string) {
	t.Helper()
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetPrflxAcceptanceMinWait(0)
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(e), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{PeerConnection: pc, pictures: make(chan got, 1000), tracks: make(chan *webrtc.TrackRemote, 1)}
	t.Cleanup(func() { pc.GracefulClose() })
	ordered, retransmits := false, uint16(0)
	if b.channel, err = pc.CreateDataChannel("mjpeg", &webrtc.DataChannelInit{Ordered: &ordered, MaxRetransmits: &retransmits}); err != nil {
		t.Fatal(err)
	}
	b.channel.OnMessage(b.assemble())
	pc.OnTrack(func(tr *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { b.tracks <- tr })
	if video {
		if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return b, pc.LocalDescription().SDP
}

// assemble puts frames together by what docs/protocol.md says.
func (b *browser) assemble() func(webrtc.DataChannelMessage) {
	parts := map[uint32]map[uint16][]byte{}
	return func(m webrtc.DataChannelMessage) {
		b.hold.Lock()
		defer b.hold.Unlock()
		if len(m.Data) <= 16 || len(m.Data) > 16<<10 {
			return
		}
		n, i, of := binary.BigEndian.Uint32(m.Data), binary.BigEndian.Uint16(m.Data[4:]), binary.BigEndian.Uint16(m.Data[6:])
		if parts[n] == nil {
			parts[n] = map[uint16][]byte{}
		}
		parts[n][i] = m.Data[16:]
		if len(parts[n]) < int(of) {
			return
		}
		var whole []byte
		for i := range of {
			whole = append(whole, parts[n][i]...)
		}
		delete(parts, n)
		b.pictures <- got{n, time.UnixMilli(int64(binary.BigEndian.Uint64(m.Data[8:]))), whole}
	}
}

// connect asks the camera and takes its answer; change alters the request.
func (b *browser) connect(t *testing.T, w *world, sdp string, change ...func(*certs.ViewerRequest)) {
	t.Helper()
	req := w.request(t, sdp, change...)
	ans, err := w.Handle(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	a := w.answer(t, req, ans)
	if a.Refusal != "" {
		t.Fatalf("refused: %s", a.Refusal)
	}
	if fp, err := fingerprint(a.SDP); err != nil || fp != *a.Fingerprint {
		t.Fatalf("answer names another DTLS certificate: %v", err)
	}
	if err := b.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
		t.Fatal(err)
	}
}

// noise is a JPEG that does not compress well.
func noise(t testing.TB, seed uint64, w, h int) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

func receive[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: nothing within %v", what, patience)
	}
	panic("unreachable")
}

func TestFramesArriveByteForByte(t *testing.T) {
	w := newWorld(t)
	b, sdp := newBrowser(t, true) // a viewer that takes video too; the source has none
	b.connect(t, w, sdp)
	until(t, "watching", func() bool { return w.feed.watching.Load() == 1 })
	for i := range 5 {
		img := noise(t, uint64(i), 320, 200+100*i)                                                        // several messages each
		w.Offer(&capture.Frame{Format: capture.MJPEG, Key: true, Width: 320, Data: append(img, 0, 0, 0)}) // padded, as drivers do
		p := receive(t, "picture", b.pictures)
		if !bytes.Equal(p.jpeg, img) || p.number != uint32(i) || time.Since(p.at).Abs() > patience {
			t.Fatalf("picture %d: %d bytes of %d, number %d, %v", i, len(p.jpeg), len(img), p.number, p.at)
		}
	}
	if s := w.Stats(); s.Viewers != 1 || s.Frames != 5 {
		t.Errorf("%+v", s)
	}
	b.Close()
	until(t, "end of the viewer", func() bool { return w.Stats().Viewers == 0 && w.feed.watching.Load() == 0 })
}

func TestRefusals(t *testing.T) {
	guest, expired, clips := certstest.NewViewer(t), certstest.NewViewer(t), certstest.NewViewer(t)
	w := newWorld(t, certs.Policy{Viewers: []certs.Viewer{
		{SPKI: guest.SPKI, Scope: certs.ScopeLive, NotAfter: time.Now().Add(time.Hour), Since: 1},
		{SPKI: expired.SPKI, Scope: certs.ScopeLive, NotAfter: time.Now().Add(-time.Second), Since: 1},
		{SPKI: clips.SPKI, Scope: certs.ScopeClips, NotAfter: time.Now().Add(time.Hour), Since: 1, Recipient: certstest.NewOwner(t).Recipient},
	}})
	w.set(func() { w.terms.Hidden = func(camera uint64) bool { return camera == 1 } })
	_, sdp := newBrowser(t, false)
	stranger := certstest.NewViewer(t)
	as := func(v *certstest.Viewer) func(*testing.T) []byte {
		return func(t *testing.T) []byte {
			fp, _ := fingerprint(sdp)
			b, err := certs.SignViewerRequest(&certs.ViewerRequest{Device: w.Camera.ID, Epoch: w.Camera.Epoch, At: time.Now(), SDP: sdp, Fingerprint: fp, SPKI: v.SPKI, Nonce: [16]byte{1}}, v.Key)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	owner := func(change func(*certs.ViewerRequest)) func(*testing.T) []byte {
		return func(t *testing.T) []byte { return w.request(t, sdp, change) }
	}
	line := func(s string) string {
		for l := range strings.Lines(sdp) {
			if strings.HasPrefix(l, s) {
				return l
			}
		}
		t.Fatalf("offer has no line %s", s)
		return ""
	}
	fpLine := line("a=fingerprint:")
	head, last := fpLine[:len(fpLine)-len("00\r\n")], "00\r\n"
	if strings.HasSuffix(fpLine, last) {
		last = "11\r\n"
	}
	other := head + last
	for _, c := range []struct {
		name   string
		make   func(*testing.T) []byte
		synced bool
		want   string // of the refusal; empty: granted
	}{
		{"another key", as(stranger), true, "policy"},
		{"a viewer whose time is over", as(expired), true, "policy"},
		{"a viewer of clips only", as(clips), true, "policy"},
		{"a viewer, time unknown", as(guest), false, "policy"},
		{"another epoch", owner(func(r *certs.ViewerRequest) { r.Epoch++ }), true, "another owner"},
		{"too old", owner(func(r *certs.ViewerRequest) { r.At = r.At.Add(-31 * time.Second) }), true, "not of now"},
		{"from the future", owner(func(r *certs.ViewerRequest) { r.At = r.At.Add(31 * time.Second) }), true, "not of now"},
		{"another fingerprint signed", owner(func(r *certs.ViewerRequest) { r.Fingerprint[0] ^= 1 }), true, "another DTLS certificate"},
		{"two fingerprints", owner(func(r *certs.ViewerRequest) { r.SDP = strings.Replace(sdp, fpLine, fpLine+other, 1) }), true, "several DTLS"},
		{"no fingerprint", owner(func(r *certs.ViewerRequest) { r.SDP = strings.ReplaceAll(sdp, fpLine, "") }), true, "no DTLS"},
		{"a weak hash", owner(func(r *certs.ViewerRequest) { r.SDP = strings.Replace(sdp, "sha-256", "sha-1", 1) }), true, "another hash"},
		{"no section", owner(func(r *certs.ViewerRequest) { r.SDP = sessionOnly(sdp) }), true, "neither a data channel nor video"},
		{"no section in use", owner(func(r *certs.ViewerRequest) { r.SDP = strings.ReplaceAll(sdp, "m=application 9", "m=application 0") }), true, "neither a data channel nor video"},
		{"not an SDP", owner(func(r *certs.ViewerRequest) { r.SDP = "hello" }), true, "cannot be read"},
		{"an offer that pion refuses", owner(func(r *certs.ViewerRequest) { r.SDP = strings.ReplaceAll(sdp, line("a=ice-ufrag:"), "") }), true, "could not set up"},
		{"a camera that is not there", owner(func(r *certs.ViewerRequest) { r.Camera = 2 }), true, "no camera 2 here: this device has 2, numbered from 0"},
		{"a camera that is hidden", owner(func(r *certs.ViewerRequest) { r.Camera = 1 }), true, "turned the live view of this camera off"},
		{"too old, time unknown", owner(func(r *certs.ViewerRequest) { r.At = r.At.Add(-time.Hour) }), false, ""},
		{"a viewer", as(guest), true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.set(func() { w.synced = c.synced })
			req := c.make(t)
			ans, err := w.Handle(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			a := w.answer(t, req, ans)
			if c.want == "" {
				if a.Refusal != "" {
					t.Fatalf("refused: %s", a.Refusal)
				}
				return
			}
			if !strings.Contains(a.Refusal, c.want) || a.SDP != "" {
				t.Fatalf("refusal %q, want one with %q", a.Refusal, c.want)
			}
		})
	}
}

func TestNothingToAnswer(t *testing.T) {
	w := newWorld(t)
	_, sdp := newBrowser(t, false)
	other := certstest.New(t)
	good := w.request(t, sdp)
	bent := bytes.Clone(good)
	bent[len(bent)-1] ^= 1
	for name, req := range map[string][]byte{
		"junk": []byte("x"), "empty": nil, "altered on the way": bent,
	} {
		if a, err := w.Handle(t.Context(), req); a != nil || err == nil {
			t.Errorf("%s: %x, %v", name, a, err)
		}
	}
	foreign := w.request(t, sdp, func(r *certs.ViewerRequest) { r.Device = other.Camera.ID })
	if a, err := w.Handle(t.Context(), foreign); a != nil || err != ErrForeign {
		t.Errorf("for another camera: %x, %v", a, err)
	}
	w.set(func() { w.terms = nil })
	if a, err := w.Handle(t.Context(), good); a != nil || err != ErrUnowned {
		t.Errorf("without an owner: %x, %v", a, err)
	}
}

func TestARequestIsGoodOnce(t *testing.T) {
	w := newWorld(t)
	_, sdp := newBrowser(t, false)
	req := w.request(t, sdp)
	for i, want := range []string{"", "used before"} {
		ans, err := w.Handle(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if a := w.answer(t, req, ans); (a.Refusal == "") != (want == "") || !strings.Contains(a.Refusal, want) {
			t.Fatalf("use %d: refusal %q", i+1, a.Refusal)
		}
	}
}

func TestPlacesAreLimited(t *testing.T) {
	w := newWorld(t)
	_, sdp := newBrowser(t, false)
	for i := range defaultViewers + 1 {
		req := w.request(t, sdp)
		ans, err := w.Handle(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if a := w.answer(t, req, ans); (a.Refusal != "") != (i == defaultViewers) {
			t.Fatalf("viewer %d: refusal %q", i+1, a.Refusal)
		}
	}
}

func TestAViewerEndsWithTheRight(t *testing.T) {
	for name, change := range map[string]func(w *world){
		"policy": func(w *world) {
			p := *w.terms.Policy
			p.Viewers, p.Owner = nil, certs.OwnerID{1}
			w.terms = &Terms{Cert: w.terms.Cert, Key: w.terms.Key, Policy: &p}
		},
		"a viewer who is removed": func(w *world) {
			p := *w.terms.Policy
			p.Viewers, p.Version = nil, p.Version+1
			w.terms = &Terms{Cert: w.terms.Cert, Key: w.terms.Key, Policy: &p}
		},
		"ownership": func(w *world) { w.terms = nil },
		"another owner": func(w *world) {
			w.Camera.Claim(t, certstest.NewOwner(t))
			w.terms = &Terms{Cert: w.Camera.Cert, Key: w.Camera.EventKey, Policy: w.Camera.Grant.Policy}
		},
		"hidden": func(w *world) {
			w.terms = &Terms{w.terms.Cert, w.terms.Key, w.terms.Policy, func(camera uint64) bool { return camera == 0 }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			guest := certstest.NewViewer(t)
			w := newWorld(t, certs.Policy{Viewers: []certs.Viewer{{SPKI: guest.SPKI, Scope: certs.ScopeLive, NotAfter: certs.UntilRemoved(), Since: 1}}})
			if strings.HasPrefix(name, "a viewer") {
				w.guest = guest
			}
			b, sdp := newBrowser(t, false)
			b.connect(t, w, sdp)
			until(t, "watching", func() bool { return w.feed.watching.Load() == 1 })
			w.set(func() { change(w) })
			until(t, "end of the viewer", func() bool { return w.Stats().Viewers == 0 })
		})
	}
}

// The event key may be renewed, and the policy changed, while somebody watches who still may.
func TestAViewerStays(t *testing.T) {
	w := newWorld(t)
	b, sdp := newBrowser(t, false)
	b.connect(t, w, sdp)
	until(t, "watching", func() bool { return w.feed.watching.Load() == 1 })
	w.set(func() {
		p, c := *w.terms.Policy, *w.terms.Cert
		p.Version++
		c.X5T[0] ^= 1
		w.terms = &Terms{Cert: &c, Key: w.terms.Key, Policy: &p, Hidden: func(camera uint64) bool { return camera == 1 }}
	})
	time.Sleep(lookAgain + 200*time.Millisecond) // it would be cut within this
	if w.Stats().Viewers != 1 {
		t.Error("the viewer is cut")
	}
}

// Without a clock that is right nobody's time can be over; whose right has no end may watch.
func TestRightsWithoutEndNeedNoClock(t *testing.T) {
	forever, ends := certstest.NewViewer(t), certstest.NewViewer(t)
	w := newWorld(t, certs.Policy{Viewers: []certs.Viewer{
		{SPKI: forever.SPKI, Scope: certs.ScopeLive, NotAfter: certs.UntilRemoved(), Since: 1},
		{SPKI: ends.SPKI, Scope: certs.ScopeLive, NotAfter: time.Now().Add(time.Hour), Since: 1},
	}})
	w.set(func() { w.synced = false })
	_, sdp := newBrowser(t, false)
	for want, guest := range map[string]*certstest.Viewer{"": forever, "the policy does not let this key watch": ends} {
		w.guest = guest
		req := w.request(t, sdp)
		ans, err := w.Handle(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.answer(t, req, ans).Refusal; got != want {
			t.Errorf("refusal %q, want %q", got, want)
		}
	}
}

// A viewer that does not read gets few frames, and then the newest: what waits for it never grows.
func TestSlowViewerGetsTheNewest(t *testing.T) {
	w := newWorld(t)
	b, sdp := newBrowser(t, false)
	b.connect(t, w, sdp)
	until(t, "watching", func() bool { return w.feed.watching.Load() == 1 })
	img := noise(t, 1, 640, 480)
	show := func(n int) {
		for range n {
			before := w.feed.newest.Load()
			w.Offer(&capture.Frame{Format: capture.MJPEG, Key: true, Data: img})
			until(t, "picture made", func() bool { return w.feed.newest.Load() != before })
		}
	}
	show(1)
	receive(t, "first picture", b.pictures)
	b.hold.Lock()
	const offered = 300 // about 70 MB, where a viewer's receive buffer holds 1 MB
	show(offered)
	sent := w.Stats().Frames
	b.hold.Unlock()
	if sent > offered/4 {
		t.Errorf("%d of %d frames were sent to a viewer that does not read", sent, offered)
	}
	last := w.feed.newest.Load().number
	until(t, "newest picture", func() bool {
		for {
			select {
			case p := <-b.pictures:
				if p.number >= last {
					return true
				}
				continue
			default:
			}
			show(1) // frames of which a message was lost do not arrive; later ones do
			return false
		}
	})
}

func TestNobodyWatchesCostsNothing(t *testing.T) {
	w := newWorld(t)
	m := &capture.Frame{Format: capture.MJPEG, Key: true, Data: noise(t, 1, 64, 48)}
	d := &capture.Frame{Format: capture.H264, Data: []byte{0, 0, 0, 1, 0x41, 1, 2, 3}}
	if n := testing.AllocsPerRun(100, func() { w.Offer(m); w.Offer(d) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
	if w.feed.full || w.feed.newest.Load() != nil {
		t.Error("a frame was kept")
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("viewers", func(t *testing.T) {
		w := newWorld(t)
		for range 2 {
			b, sdp := newBrowser(t, false)
			b.connect(t, w, sdp)
		}
		until(t, "watching", func() bool { return w.feed.watching.Load() == 2 })
	})
	until(t, "end of goroutines", func() bool { return runtime.NumGoroutine() <= before })
}

func TestHandleAfterTheEnd(t *testing.T) {
	w := newWorld(t)
	s, err := New(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, sdp := newBrowser(t, false)
	if a, err := s.Handle(t.Context(), w.request(t, sdp)); a != nil || err != ErrStopped {
		t.Fatalf("before Run: %x, %v", a, err)
	}
}

func TestNoncesAreBounded(t *testing.T) {
	var n nonces
	nonce := func(i int) (b [16]byte) { binary.BigEndian.PutUint64(b[:], uint64(i)); return b }
	for i := range 3 * maxNonces {
		if !n.fresh(nonce(i)) || n.fresh(nonce(i)) {
			t.Fatalf("nonce %d is not good exactly once", i)
		}
	}
	if len(n.seen) != maxNonces || len(n.ring) != maxNonces {
		t.Errorf("%d remembered", len(n.seen))
	}
	if n.fresh(nonce(2*maxNonces)) || !n.fresh(nonce(2*maxNonces-1)) {
		t.Error("not the newest are remembered")
	}
}

func FuzzFingerprint(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 " + strings.TrimSuffix(strings.Repeat("AB:", 32), ":") + "\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := fingerprint(s); err == nil && !strings.Contains(strings.ToUpper(strings.ReplaceAll(s, ":", "")), strings.ToUpper(h.String())) {
			t.Fatalf("fingerprint %s is not in the SDP", h)
		}
		takes(s, "video")
	})
}
