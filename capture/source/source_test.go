package source

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/v4l2"
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
	for spec, driver := range map[string]string{
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
		{"nowhere.mjpeg", "open recording nowhere.mjpeg: no such file or directory", `"auto" or "generated"`},
	} {
		cam, err := Open(t.Context(), c.spec, Options{})
		if cam != nil || err == nil || err.Error() != c.want || !strings.Contains(hint.Own(err), c.hint) {
			t.Errorf("%s: %v, hint %q", c.spec, err, hint.Own(err))
		}
	}
}

// Devices that do not work are told of and passed by.
func TestAuto(t *testing.T) {
	var told bytes.Buffer
	o := Options{Log: slog.New(slog.NewTextHandler(&told, nil))}
	broken := []v4l2.Device{{Path: "/dev/null", Name: "Broken"}, {Path: "/dev/video777", Name: "Unplugged"}}
	c, err := openAuto(t.Context(), o, broken)
	if c != nil || err == nil || err.Error() != "no camera works" {
		t.Fatalf("%v, %v", c, err)
	}
	if c, err := openAuto(t.Context(), o, nil); c != nil || !strings.Contains(hint.Own(err), `source = "generated"`) {
		t.Fatalf("%v, %v, hint %q", c, err, hint.Own(err))
	}
	if s := told.String(); !strings.Contains(s, "Broken") || !strings.Contains(s, "no such device") {
		t.Errorf("told: %s", s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openAuto(ctx, o, broken); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
