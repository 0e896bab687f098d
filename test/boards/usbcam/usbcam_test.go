package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"signet/test/boards/usbcam/camera"
)

func film(t *testing.T, pictures int) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 32, 16))
	img.Set(3, 3, color.White)
	var b bytes.Buffer
	for range pictures {
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "film.mjpeg")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestServeAndDo runs a camera, unplugged, and gives it commands, the first while it is not there yet.
func TestServeAndDo(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "cam")
	ctx, cancel := context.WithCancel(t.Context())
	footage := film(t, 3)
	served := make(chan error, 1)
	asked := make(chan reply, 1)
	go func() {
		r, _ := ask(t.Context(), socket, "state")
		asked <- r
	}()
	go func() {
		served <- run(ctx, []string{"serve", "-unplugged", "-socket", socket, "-footage", footage, "-formats", "mjpeg@5", "-hold"})
	}()
	var s camera.State
	r := <-asked
	if err := json.Unmarshal([]byte(r.Answer), &s); err != nil || s.Plugged || s.Playing || s.Formats != "mjpeg@5" {
		t.Errorf("%+v, %v", r, err)
	}
	if err := run(t.Context(), []string{"do", "-socket", socket, "play"}); err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"do", "-socket", socket, "formats", "vp9"}); err == nil || !strings.Contains(err.Error(), "vp9") {
		t.Errorf("a command that fails: %v", err)
	}
	if err := run(t.Context(), []string{"serve", "-socket", socket, "-footage", footage}); err == nil {
		t.Error("two cameras on one socket")
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	err := run(t.Context(), []string{"do", "-socket", socket, "-timeout", "50ms", "state"})
	if err == nil || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("without a camera: %v", err)
	}
}

// TestStaleSocket: a camera that was killed leaves its socket behind.
func TestStaleSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "cam")
	l, err := listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- run(ctx, []string{"serve", "-unplugged", "-socket", socket, "-footage", film(t, 1)})
	}()
	if r, err := ask(t.Context(), socket, "state"); err != nil || r.Error != "" {
		t.Errorf("%+v, %v", r, err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestServeRefuses(t *testing.T) {
	footage := film(t, 1)
	for name, args := range map[string][]string{
		"no footage":      {},
		"no such footage": {"-footage", "/nowhere"},
		"no such format":  {"-footage", footage, "-formats", "vp9"},
		"no film":         {"-footage", footage, "-formats", "h264"},
		"a wrong film":    {"-footage", footage, "-h264", footage},
		"a rate":          {"-footage", footage, "-fps", "1000"},
		"an id":           {"-footage", footage, "-vendor", "xyz"},
		"a word":          {"-footage", footage, "play"},
	} {
		args = append([]string{"serve", "-unplugged", "-socket", filepath.Join(t.TempDir(), "cam")}, args...)
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%s: served", name)
		}
	}
}

func TestCut(t *testing.T) {
	in, out := film(t, 5), filepath.Join(t.TempDir(), "out.mjpeg")
	if err := run(t.Context(), []string{"cut", "-size", "64x48", "-from", "1", "-to", "4", in, out}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	socket := filepath.Join(t.TempDir(), "cam")
	if err := run(ctx, []string{"serve", "-unplugged", "-socket", socket, "-footage", out, "-formats", "mjpeg:64x48"}); err != nil {
		t.Error(err)
	}
	for name, args := range map[string][]string{
		"one file":      {in},
		"no such range": {"-from", "3", "-to", "3", in, out},
		"too far":       {"-to", "6", in, out},
		"a size":        {"-size", "big", in, out},
		"an odd size":   {"-size", "33x16", in, out},
	} {
		if err := run(t.Context(), append([]string{"cut"}, args...)); err == nil {
			t.Errorf("%s: cut", name)
		}
	}
}
