package httpcam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/internal/hint"
)

// pictures are a few of the generated scene.
func pictures(t testing.TB, n int) (all [][]byte) {
	t.Helper()
	cam, err := scene.New(scene.Options{Pace: pace.Virtual})
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		var f capture.Frame
		if err := cam.Next(context.Background(), &f); err != nil {
			t.Fatal(err)
		}
		all = append(all, f.Data)
	}
	return all
}

// part sends one picture as cameras do.
func part(w http.ResponseWriter, img []byte) {
	fmt.Fprintf(w, "\r\n--signet\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n", len(img))
	w.Write(img)
	w.(http.Flusher).Flush()
}

func multipart(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=signet")
}

// serve runs a camera, and ends it with the test.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL + "/video?token=hush"
}

func mustOpen(t *testing.T, address string, o Options) *Camera {
	t.Helper()
	c, err := Open(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestPicturesComeInOrderAndTornOnesLeaveAGap(t *testing.T) {
	all := pictures(t, 4)
	next := make(chan bool)
	c := mustOpen(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		multipart(w)
		part(w, all[0])
		<-next
		part(w, all[1][:len(all[1])/2])
		part(w, all[2])
		<-next
		part(w, all[3])
	}), Options{FPS: 1e6})
	if i := c.Info(); i.Width != scene.Width || i.Height != scene.Height || i.Format != capture.MJPEG || strings.Contains(i.Name+i.Path, "hush") {
		t.Errorf("the camera is %+v", i)
	}
	var f capture.Frame
	var last capture.Mono
	for i, want := range []struct {
		img []byte
		seq uint64
	}{{all[0], 0}, {all[2], 2}, {all[3], 3}} {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if string(f.Data) != string(want.img) || f.Seq != want.seq || f.Mono <= last || f.Width != scene.Width || !f.Key {
			t.Errorf("picture %d: %d bytes, number %d, at %v", i, len(f.Data), f.Seq, f.Mono)
		}
		last = f.Mono
		if i < 2 {
			next <- true
		}
	}
	if err := c.Next(t.Context(), &f); !errors.Is(err, capture.ErrGone) || strings.Contains(err.Error(), "hush") {
		t.Errorf("at its end: %v", err)
	}
	if s := c.Skipped(); s != (capture.Skipped{Torn: 1}) {
		t.Errorf("skipped %+v", s)
	}
}

func TestTheNewestPictureCounts(t *testing.T) {
	all := pictures(t, 3)
	sent := make(chan bool)
	c := mustOpen(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		multipart(w)
		for _, img := range all {
			part(w, img)
		}
		close(sent)
		<-r.Context().Done()
	}), Options{FPS: 1e6})
	<-sent
	var f capture.Frame
	for string(f.Data) != string(all[2]) {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
	}
	if f.Seq != 2 {
		t.Errorf("the third picture has number %d: those that were not taken are not counted as lost", f.Seq)
	}
}

// A picture may come between the word that there is one and its taking.
func TestNoPictureIsGivenTwice(t *testing.T) {
	all := pictures(t, 2)
	c := &Camera{fresh: make(chan struct{}, 1)}
	c.show(all[0], 0, 1)
	<-c.fresh
	c.show(all[1], 1, 2)
	var f capture.Frame
	if c.take(&f); f.Seq != 1 || len(c.fresh) != 0 {
		t.Errorf("picture %d was taken, and there are %d more", f.Seq, len(c.fresh))
	}
}

func TestFasterThanAskedIsThinned(t *testing.T) {
	all := pictures(t, 1)
	c := mustOpen(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		multipart(w)
		for r.Context().Err() == nil {
			part(w, all[0])
			time.Sleep(5 * time.Millisecond)
		}
	}), Options{FPS: 20})
	var f capture.Frame
	var first capture.Mono
	for i := range 10 {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = f.Mono
		}
	}
	if took := f.Mono.Sub(first); took < 350*time.Millisecond {
		t.Errorf("ten pictures at 20 a second took %v", took)
	}
}

func TestSilenceIsAStall(t *testing.T) {
	all := pictures(t, 1)
	c := mustOpen(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		multipart(w)
		part(w, all[0])
		<-r.Context().Done()
	}), Options{})
	var f capture.Frame
	if err := c.Next(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := c.Next(t.Context(), &f); !errors.Is(err, capture.ErrStalled) {
		t.Errorf("a silent camera: %v", err)
	}
	if took := time.Since(start); took < stallAfter || took > stallAfter+2*time.Second {
		t.Errorf("noticed after %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Next(ctx, &f); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestNextAllocatesNothing(t *testing.T) {
	all := pictures(t, 1)
	c := mustOpen(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		multipart(w)
		for r.Context().Err() == nil {
			part(w, all[0])
		}
	}), Options{})
	f := capture.Frame{Data: make([]byte, 0, 1<<20)}
	for range 50 {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
	}
	// The server in this process allocates too: what Next itself does is copying.
	if n := testing.AllocsPerRun(100, func() { c.take(&f) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestWhatIsNoStream(t *testing.T) {
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	for name, tt := range map[string]struct {
		h    http.HandlerFunc
		want string
		hint bool
	}{
		"page":     {answer(200, "text/html", "<h1>camera</h1>"), "text/html", true},
		"snapshot": {answer(200, "image/jpeg", "\xff\xd8\xff"), "one picture", true},
		"missing":  {answer(404, "text/plain", ""), "404", false},
		"ends":     {answer(200, "multipart/x-mixed-replace", "--x\r\n\r\nnothing"), "ended", false},
		"login":    {answer(401, "text/plain", ""), "name and a password", true},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again?token=hush", http.StatusFound)
		}, "again and again", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), serve(t, tt.h), Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush") {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if (hint.Own(err) != "") != tt.hint {
				t.Errorf("the hint is %q", hint.Own(err))
			}
		})
	}
	for name, line := range map[string]string{"status": "403 " + strings.Repeat("\x1b[2J", 9000), "kind": "200 OK\r\nContent-Type: text/" + strings.Repeat("x", 40_000)} {
		_, err := Open(t.Context(), serve(t, func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				fmt.Fprintf(c, "HTTP/1.1 %s\r\nConnection: close\r\n\r\n", line)
				c.Close()
			}
		}), Options{})
		if err == nil || len(err.Error()) > 250 || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("a long %s: %.100q", name, fmt.Sprint(err))
		}
	}
	s := httptest.NewServer(nil)
	s.Close()
	if _, err := Open(t.Context(), s.URL+"/?token=hush", Options{}); err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestOpenGivesUp(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		multipart(w)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, address, Options{}); err == nil {
		t.Error("opened a camera without a picture")
	}
}

// TestLogin has a camera that asks as the scheme says.
func TestLogin(t *testing.T) {
	all := pictures(t, 1)
	file := filepath.Join(t.TempDir(), "login")
	if err := os.WriteFile(file, []byte("mia:open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ challenge, want string }{
		"basic":  {`Basic realm="camera"`, "Basic bWlhOm9wZW4gc2VzYW1l"},
		"digest": {`Digest realm="camera", qop="auth,auth-int", nonce="n1", algorithm=MD5, opaque="o"`, `Digest username="mia", realm="camera", nonce="n1", uri="/video?token=hush", qop=auth, nc=00000001, cnonce="`},
		"both":   {`Basic realm="camera", Digest realm="camera", nonce="n1", algorithm=MD5`, `Digest username="mia", realm="camera", nonce="n1"`},
		"old":    {`Digest realm="camera", nonce="n1"`, `response="`},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustOpen(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				if !strings.Contains(r.Header.Get("Authorization"), tt.want) {
					w.Header().Set("WWW-Authenticate", tt.challenge)
					w.WriteHeader(401)
					return
				}
				multipart(w)
				part(w, all[0])
			}), Options{Login: file})
			if strings.Contains(c.Info().Path, "mia") {
				t.Error("the login is told")
			}
		})
	}
	refuses := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="camera"`)
		w.WriteHeader(401)
	})
	if _, err := Open(t.Context(), refuses, Options{Login: file}); err == nil || !strings.Contains(err.Error(), "refuses") || strings.Contains(err.Error(), "sesame") {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := Open(t.Context(), refuses, Options{Login: file + ".not"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestLoginGoesNowhereElse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "login")
	if err := os.WriteFile(file, []byte("mia:open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var told atomic.Bool
	other := serve(t, func(w http.ResponseWriter, r *http.Request) {
		told.Store(told.Load() || r.Header.Get("Authorization") != "")
		w.Header().Set("WWW-Authenticate", `Basic realm="camera"`)
		w.WriteHeader(401)
	})
	sends := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) })
	if _, err := Open(t.Context(), sends, Options{Login: file}); err == nil || told.Load() {
		t.Errorf("%v; another host was told: %v", err, told.Load())
	}
	for _, tt := range []struct {
		configured, to string
		want           bool
	}{
		{"http://cam/a", "http://CAM/b", true},
		{"http://cam/a", "https://cam/a", true},
		{"https://cam/a", "http://cam/a", false},
		{"http://cam/a", "http://cam:81/a", false},
		{"http://cam/a", "http://cam.example/a", false},
	} {
		configured, to := must(url.Parse(tt.configured)), must(url.Parse(tt.to))
		if got := mayKnow(to, configured); got != tt.want {
			t.Errorf("from %s to %s: %v", tt.configured, tt.to, got)
		}
	}
	if err := os.WriteFile(file, []byte("mia:"+strings.Repeat("x", maxLogin)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), other, Options{Login: file}); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("a password that is cut: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestDigest is the example of RFC 7616, section 3.9.1.
func TestDigest(t *testing.T) {
	l := &login{"Mufasa", "Circle of Life"}
	for algorithm, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		p := challenges([]string{`Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=` + algorithm + `, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`})[0].params
		got, err := l.digest("GET", "/dir/index.html", p, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
		if err != nil || !strings.Contains(got, `response="`+want+`"`) {
			t.Errorf("%s: %v, %v", algorithm, got, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]string{
		"http://cam/stream":                   "",
		"HTTPS://cam:8443/s?key=hush":         "",
		"http:///stream":                      "no host",
		"http://mia:hush@cam/":                "do not belong",
		"http://cam/%zz":                      "cannot be read",
		"http://" + strings.Repeat("h", 3000): "bytes",
	} {
		err := Check(s)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush")) {
			t.Errorf("%.40s: %v, want %q", s, err, want)
		}
	}
	for s, want := range map[string]string{
		"http://mia:hush@cam/a?b#c": "http://cam/a",
		"/dev/video0":               "/dev/video0",
		"http://%":                  "an address that cannot be read",
	} {
		if got := Redacted(s); got != want {
			t.Errorf("%s is told as %s", s, got)
		}
	}
}

func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="a", nonce="b", qop="auth"`)
	f.Add(`Basic realm="a"`)
	f.Fuzz(func(t *testing.T, challenge string) {
		l := &login{"mia", "hush"}
		req := httptest.NewRequest("GET", "/x", nil)
		if err := l.answer(req, []string{challenge}); err != nil {
			return
		}
		v := req.Header.Get("Authorization")
		if strings.HasPrefix(v, "Digest ") && (strings.Contains(v, "hush") && !strings.Contains(challenge, "hush") || strings.ContainsAny(v, "\r\n")) {
			t.Errorf("%q answers %q", v, challenge)
		}
	})
}

// The last picture is not lost where the stream ends right behind it.
func TestLastPictureBeforeTheEnd(t *testing.T) {
	for range 20 {
		c := &Camera{fresh: make(chan struct{}, 1), ended: make(chan struct{}), timer: time.NewTimer(0), err: io.EOF}
		c.show([]byte("picture"), 0, 0)
		close(c.ended)
		if err := c.first(t.Context()); err != nil {
			t.Fatalf("open: %v", err)
		}
		var f capture.Frame
		if err := c.Next(t.Context(), &f); err != nil || string(f.Data) != "picture" {
			t.Fatalf("%q, %v", f.Data, err)
		}
		if err := c.Next(t.Context(), &f); !errors.Is(err, capture.ErrGone) {
			t.Fatalf("after the end: %v", err)
		}
	}
}
