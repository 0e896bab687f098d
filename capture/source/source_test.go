package source

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/internal/hint"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	img, err := os.ReadFile("../luma/testdata/420.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.mjpeg", "b.mjpg", "folder/1.jpg"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, img, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	network := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=x")
		fmt.Fprintf(w, "--x\r\nContent-Type: image/jpeg\r\n\r\n%s\r\n--x", img)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer network.Close()
	for spec, driver := range map[string]string{
		network.URL:                   "http",
		Generated:                     "scene",
		filepath.Join(dir, "a.mjpeg"): "replay",
		filepath.Join(dir, "b.mjpg"):  "replay",
		filepath.Join(dir, "folder"):  "replay",
	} {
		c, err := Open(t.Context(), spec, Options{FPS: 7, Pace: pace.Virtual})
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		var f capture.Frame
		if err := c.Next(t.Context(), &f); err != nil || len(f.Data) == 0 {
			t.Errorf("%s: %d bytes, %v", spec, len(f.Data), err)
		}
		if i := c.Info(); i.Driver != driver || i.FPS != 7 || i.Generated != (driver == "scene") {
			t.Errorf("%s: info %+v", spec, i)
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct{ spec, want, hint string }{
		{"/dev/video777", "open camera /dev/video777: no such device", "signet-agent cameras"},
		{"/dev/null", "open camera /dev/null: not a video device", ""},
		{"usb:1", "usb:1: not usb:VENDOR:PRODUCT or usb:VENDOR:PRODUCT:SERIAL", "signet-agent cameras"},
		{"nowhere.mjpeg", "open recording nowhere.mjpeg: no such file or directory", `"auto" or "generated"`},
	} {
		cam, err := Open(t.Context(), c.spec, Options{})
		if cam != nil || err == nil || err.Error() != c.want || !strings.Contains(hint.Own(err), c.hint) {
			t.Errorf("%s: %v, hint %q", c.spec, err, hint.Own(err))
		}
	}
}

// What is no device is only waited for, without a watch.
func TestWaitForNoDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Generated, Options{})
		began := time.Now()
		if came, err := s.Wait(t.Context(), time.Hour); came || err != nil || time.Since(began) != time.Hour {
			t.Errorf("%v, %v after %v", came, err, time.Since(began))
		}
	})
	s := New(Generated, Options{Controls: map[string]any{"brightness": 1}})
	if err := s.SetControls(nil); err != nil {
		t.Error(err)
	}
}

// Controls may be set while something is opened that has none.
func TestControlsWhileARecordingIsOpened(t *testing.T) {
	s := New(Generated, Options{Pace: pace.Virtual})
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.SetControls(map[string]any{"brightness": 1}); err != nil {
			t.Error(err)
		}
	}()
	c, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-done
	c.Close()
}

var errDead = errors.New("dead")
