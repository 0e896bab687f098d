// Package shipped holds what is promised of signet-agent as it is flashed onto a camera: how large it is, what is linked
// into it, how much memory it takes, and that it does on an ARM board what it does here.
package shipped_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"signet/capture"
	"signet/capture/pace"
	"signet/capture/scene"
)

// programs is where agent puts what it builds, once for all tests.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "signet-shipped-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programs = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// Processors that the agent is built for.
var (
	armv6 = target{"arm", "6"}
	armv7 = target{"arm", "7"}
	here  = target{runtime.GOARCH, ""}
)

type target struct{ goarch, goarm string }

// agent builds signet-agent as make arm does, and returns its path.
func (to target) agent(t *testing.T) string {
	t.Helper()
	path := filepath.Join(programs, "signet-agent-"+to.goarch+to.goarm)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "signet/agent/signet-agent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+to.goarch, "GOARM="+to.goarm)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build for %s%s: %v\n%s", to.goarch, to.goarm, err, out)
	}
	return path
}

// film is JPEGs of a generated scene, drawn once: a room, and from about frame 80 to 150 a person who walks through.
var film = sync.OnceValues(func() (frames [180][]byte, err error) {
	c, err := scene.New(scene.Options{Pace: pace.Virtual})
	for i := range frames {
		var f capture.Frame
		if err == nil {
			err = c.Next(context.Background(), &f)
		}
		frames[i] = f.Data
	}
	return frames, err
})

// write writes a recording of JPEGs and returns its path.
func write(t *testing.T, frames [][]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mjpeg")
	if err := os.WriteFile(path, bytes.Join(frames, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
