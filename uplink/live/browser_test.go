package live

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"signet/capture"
	"signet/internal/chrome"
)

// The page makes an offer as the owner's page does, and counts what a browser can decode. Signing is this test's part.
const page = `<!doctype html><video id="v" muted></video><script>
async function watch() {
  const pc = window.pc = new RTCPeerConnection();
  window.seen = {decoded: 0, tracks: 0};
  pc.ontrack = (e) => { seen.tracks++; v.srcObject = new MediaStream([e.track]); v.play(); };
  const ch = pc.createDataChannel("mjpeg", {ordered: false, maxRetransmits: 0});
  ch.binaryType = "arraybuffer";
  const frames = new Map();
  ch.onmessage = async (e) => {
    const d = new DataView(e.data), n = d.getUint32(0), of = d.getUint16(6);
    const f = frames.get(n) ?? frames.set(n, []).get(n);
    f[d.getUint16(4)] = e.data.slice(16);
    if (f.filter(Boolean).length < of) return;
    const img = await createImageBitmap(new Blob(f, {type: "image/jpeg"}));
    window.seen = {...seen, decoded: seen.decoded + 1, width: img.width, ms: Number(d.getBigUint64(8))};
  };
  pc.addTransceiver("video", {direction: "recvonly"});
  await pc.setLocalDescription(await pc.createOffer());
  if (pc.iceGatheringState !== "complete")
    await new Promise((done) => pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done());
  const r = await fetch("/offer", {method: "POST", body: pc.localDescription.sdp});
  if (!r.ok) throw new Error(await r.text());
  await pc.setRemoteDescription({type: "answer", sdp: await r.text()});
}
</script>`

// await waits for a promise.
func await(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// chromium opens the page in a browser and asks the camera to show itself.
func chromium(t *testing.T, w *world) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here")
	}
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			rw.Header().Set("Content-Type", "text/html")
			io.WriteString(rw, page)
			return
		}
		sdp, _ := io.ReadAll(r.Body)
		req := w.request(t, string(sdp))
		ans, err := w.Handle(r.Context(), req)
		if err != nil {
			t.Error(err)
			return
		}
		a := w.answer(t, req, ans)
		if a.Refusal != "" {
			http.Error(rw, a.Refusal, http.StatusForbidden)
			return
		}
		io.WriteString(rw, a.SDP)
	}))
	t.Cleanup(site.Close)
	alloc, stop := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(path),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(func() { chrome.Close(ctx, end) })
	ctx, late := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(late)
	if err := chromedp.Run(ctx, chromedp.Navigate(site.URL), chromedp.Evaluate("watch()", nil, await)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// seen is what the page has counted.
type seen struct {
	Decoded, Tracks, Width int
	Ms                     int64
	State                  string
	At                     float64
}

func look(t *testing.T, ctx context.Context) (s seen) {
	t.Helper()
	var text string
	if err := chromedp.Run(ctx, chromedp.Evaluate("JSON.stringify({...seen, state: pc.connectionState, at: v.currentTime})", &text)); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// Pictures of 240 KB are larger than what a browser's socket holds at once.
func TestBrowserDecodesPictures(t *testing.T) {
	w := newWorld(t)
	ctx := chromium(t, w)
	until(t, "watching", func() bool { return w.feed.watching.Load() == 1 })
	img := noise(t, 1, 640, 480)
	const shown = 20
	for i := range shown {
		w.Offer(&capture.Frame{Format: capture.MJPEG, Key: true, Data: img})
		until(t, "picture on its way", func() bool { return w.Stats().Frames == uint64(i+1) })
	}
	// Lost packets are not sent again, so some loss is no fault.
	until(t, "most pictures decoded", func() bool { return look(t, ctx).Decoded > shown*3/4 })
	if s := look(t, ctx); s.Width != 640 || s.State != "connected" || time.Since(time.UnixMilli(s.Ms)) > time.Minute {
		t.Errorf("%+v", s)
	}
	if err := chromedp.Run(ctx, chromedp.Evaluate("pc.close()", nil)); err != nil {
		t.Fatal(err)
	}
	until(t, "end of the viewer", func() bool { return w.Stats().Viewers == 0 })
}

func TestBrowserPlaysH264(t *testing.T) {
	frames := encoded(t)
	w := newWorld(t)
	w.Offer(&capture.Frame{Format: capture.H264, Key: true, Data: frames[0]})
	ctx := chromium(t, w)
	until(t, "watching", func() bool { return w.video.watching.Load() == 1 })
	var at time.Duration
	n := 0
	until(t, "video that moves", func() bool {
		for range 10 { // looking takes longer than a frame
			f := frames[n%len(frames)]
			n++
			at += 40 * time.Millisecond
			w.Offer(&capture.Frame{Format: capture.H264, Key: isKey(f), Mono: capture.Mono(at), Data: f})
			time.Sleep(10 * time.Millisecond)
		}
		s := look(t, ctx)
		return s.Tracks == 1 && s.At > 0.2
	})
}
