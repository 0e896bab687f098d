package shipped_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"signet/agent/ownership/ownershiptest"
	"signet/agent/status"
	"signet/capture/scene"
)

// maxMemory is in KiB: what an agent may ever have taken of the memory while it records 1280x720 MJPEG at 10 frames a second
// with 5 s of pre-roll, and no cloud answers. Measured: 34,000 after the first event, 39,400 after 90 s (Go 1.26.8 on amd64,
// 2026-11-21).
const maxMemory = 48 << 10

func TestMemory(t *testing.T) {
	agent := here.agent(t)
	rig := ownershiptest.New(t)
	rig.Claim(t)
	config := filepath.Join(rig.Dir, "signet.toml")
	text := fmt.Sprintf("state = %q\n[[camera]]\nsource = %q\nfps = 10\n[cloud]\nmqtt = \"127.0.0.1:1\"\nmedia = \"https://127.0.0.1:1\"\n",
		rig.Dir, write(t, enlarged(t)))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(agent, "run", "--config", config)
	cmd.Stderr = &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, 30*time.Second, "a whole event and the beginning of the next", func() bool {
		r, err := status.Read(t.Context(), rig.Dir)
		return err == nil && len(r.Cameras) == 1 && r.Cameras[0].Frames >= 150 && r.Uplink.Media >= 3
	})
	peak := peakOf(t, cmd.Process.Pid)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the agent ended with %v", err)
	}
	t.Logf("signet-agent took at most %d KiB", peak)
	if peak > maxMemory {
		t.Errorf("signet-agent took %d KiB, more than %d", peak, maxMemory)
	}
	for _, typ := range []string{"started", "part", "ended"} {
		if !strings.Contains(log.String(), "type="+typ) {
			t.Errorf("nothing of type %s was recorded:\n%s", typ, log.String())
		}
	}
}

// enlarged is a stretch of the film with the walk in it, tiled to 1280x720. Every picture comes twice, so that half as many
// have to be made.
func enlarged(t *testing.T) (frames [][]byte) {
	t.Helper()
	small, err := film()
	if err != nil {
		t.Fatal(err)
	}
	made := map[string][]byte{} // the empty room is a handful of pictures
	total := 0
	for i := 60; i < len(small); i++ {
		b := small[i&^1]
		big := made[string(b)]
		if big == nil {
			big = enlarge(t, b)
			made[string(b)] = big
		}
		frames = append(frames, big)
		total += len(big)
	}
	t.Logf("%d frames of %d KB", len(frames), total/len(frames)/1000)
	return frames
}

// enlarge lays a picture of 640x480 side by side until 1280x720 are full.
func enlarge(t *testing.T, b []byte) []byte {
	t.Helper()
	decoded, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	from := decoded.(*image.YCbCr)
	to := image.NewYCbCr(image.Rect(0, 0, 1280, 720), image.YCbCrSubsampleRatio420)
	tile := func(to, from []byte, toStride, fromStride, width, height int) {
		for y := range len(to) / toStride {
			row := from[y%height*fromStride:][:width]
			copy(to[y*toStride:][:toStride], row)
			copy(to[y*toStride:][width:toStride], row)
		}
	}
	tile(to.Y, from.Y, to.YStride, from.YStride, scene.Width, scene.Height)
	tile(to.Cb, from.Cb, to.CStride, from.CStride, scene.Width/2, scene.Height/2)
	tile(to.Cr, from.Cr, to.CStride, from.CStride, scene.Width/2, scene.Height/2)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, to, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var peakLine = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakOf returns the most memory that a process ever had resident, in KiB (proc_pid_status(5)).
func peakOf(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := peakLine.FindSubmatch(b)
	if m == nil {
		t.Fatalf("no VmHWM in\n%s", b)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// until waits until ready says so.
func until(t *testing.T, limit time.Duration, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ready(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
