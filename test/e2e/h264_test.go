package e2e

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
	"signet/test/rig"
)

// TestH264PassesThrough shows a video of H.264: its clips and the live view are the video's own frames.
func TestH264PassesThrough(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := newSite(t, rig.Config{Camera: video(t)})
	s.start(s.StartCloud, s.StartAgent, s.StartOwner)
	b.open(s.link())
	b.await(60*time.Second, "an event arrives, its thumbnail verified and drawn", thumbs+".length > 0")

	b.click("live-button")
	frames := `Number(document.querySelector('[data-testid=live-video]')?.dataset.frames ?? 0)`
	b.await(30*time.Second, "the live view moves", frames+" >= 10")
	b.shot("live")
	b.click("live-button")

	b.await(60*time.Second, "an event has ended", `document.querySelector('[data-testid=event][data-state=ended]')`)
	b.do(10*time.Second, "open the event", clickEvent)
	clip := `document.querySelector('video[data-testid=clip-video]')`
	b.await(20*time.Second, "the clip plays", clip+"?.currentTime > 1")
	b.shot("clip")
}

// video makes an MP4 of H.264 from the generated scene, a walk in it, or skips the test where ffmpeg is missing.
func video(t *testing.T) string {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg on this machine")
	}
	dir := t.TempDir()
	mjpeg, mp4 := filepath.Join(dir, "scene.mjpeg"), filepath.Join(dir, "scene.mp4")
	writeScene(t, mjpeg, 220)
	cmd := exec.CommandContext(t.Context(), ffmpeg, "-loglevel", "error", "-framerate", "10", "-f", "mjpeg", "-i", mjpeg,
		"-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-g", "20", mp4)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return mp4
}

func writeScene(t *testing.T, path string, frames int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cam, err := scene.New(scene.Options{Pace: pace.Virtual})
	if err != nil {
		t.Fatal(err)
	}
	defer cam.Close()
	var frame capture.Frame
	for range frames {
		if err := cam.Next(t.Context(), &frame); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(frame.Data); err != nil {
			t.Fatal(err)
		}
	}
}
