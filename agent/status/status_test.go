package status

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serve answers in dir until the test ends, and waits until it does.
func serve(t *testing.T, dir string, r Report) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- Serve(ctx, dir, func() Report { return r }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left behind: %v", err)
		}
	})
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := Read(t.Context(), dir); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestReport(t *testing.T) {
	for what, dir := range map[string]string{
		"short": t.TempDir(),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long/", 60)),
	} {
		t.Run(what, func(t *testing.T) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			serve(t, dir, Report{Version: "1", Cameras: []Camera{{Dropped: map[string]uint64{"torn": 3}}}})
			got, err := Read(t.Context(), dir)
			if err != nil || got.Version != "1" || got.Cameras[0].Dropped["torn"] != 3 {
				t.Errorf("read %+v, %v", got, err)
			}
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("socket is %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	dir := t.TempDir()
	if _, err := Read(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no socket: %v", err)
	}
	if _, err := Read(t.Context(), filepath.Join(dir, "nowhere")); err == nil || errors.Is(err, ErrNotRunning) {
		t.Errorf("no folder: %v", err)
	}
}

// An agent that was killed leaves its socket.
func TestSocketOfTheDead(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, name)
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("dead socket: %v", err)
	}
	serve(t, dir, Report{})
}
