package config

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is a log that is written and read concurrently.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// watched is a configuration file that is being watched.
type watched struct {
	t       *testing.T
	path    string
	changes chan Config
	log     output
}

func watch(t *testing.T, path string) *watched {
	t.Helper()
	w := &watched{t: t, path: path, changes: make(chan Config, 16)}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	go func() { done <- Watch(ctx, path, c, log, func(_, next Config) { w.changes <- next }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v", err)
		}
	})
	return w
}

// expect waits until a change sets the sensitivity to want. A file that is written in place may be seen empty first.
func (w *watched) expect(want int) {
	w.t.Helper()
	deadline := time.After(10 * time.Second)
	for got := 0; got != want; {
		select {
		case c := <-w.changes:
			got = c.Motion.Sensitivity
		case <-deadline:
			w.t.Fatalf("the last change set %d, want %d", got, want)
		}
	}
}

// says waits for something in the log.
func (w *watched) says(what string) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(w.log.String(), what); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("the log does not say %q: %s", what, w.log.String())
		}
	}
}

func put(t *testing.T, path string, sensitivity string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("[motion]\nsensitivity = "+sensitivity+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWatchSeesWhatEditorsDo(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "signet.toml")
	put(t, path, "1")
	w := watch(t, path)

	put(t, path, "2")
	w.expect(2)
	put(t, filepath.Join(dir, "new"), "3")
	if err := os.Rename(filepath.Join(dir, "new"), path); err != nil {
		t.Fatal(err)
	}
	w.expect(3)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	put(t, path, "4")
	w.expect(4)
}

func TestWatchSeesLinksReplaced(t *testing.T) {
	dir := t.TempDir()
	for name, v := range map[string]string{"v1": "1", "v2": "2"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name, "signet.toml"), v)
	}
	link := func(name, to string) {
		if err := os.Symlink(to, filepath.Join(dir, "tmp")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "tmp"), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("data", "v1")
	link("signet.toml", "data/signet.toml")
	w := watch(t, filepath.Join(dir, "signet.toml"))
	link("data", "v2")
	w.expect(2)
}

func TestBrokenFileKeepsWhatRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signet.toml")
	put(t, path, "1")
	w := watch(t, path)
	put(t, path, "99")
	w.says("signet.toml:2: motion.sensitivity: must be between 1 and 10")
	put(t, path, "7")
	w.expect(7)
}

func TestFileThatGoesOrIsEmptied(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "signet.toml")
	put(t, path, "1")
	w := watch(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.says("configuration is gone, the old one stays until the end")
	put(t, filepath.Join(dir, "other"), "1") // something else happens there
	time.Sleep(2 * settle)
	if n := strings.Count(w.log.String(), "is gone"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.says("configuration is empty, which means every default")
	w.expect(Default().Motion.Sensitivity)
}

func TestChanged(t *testing.T) {
	a, b := Default(), Default()
	b.Motion.Sensitivity, b.State, b.Clip.MaxFPS = 9, "/x", 1
	now, restart := Changed(a, b)
	if got := strings.Join(now, " "); got != "motion.sensitivity clip.max_fps" {
		t.Errorf("at once: %s", got)
	}
	if got := strings.Join(restart, " "); got != "state" {
		t.Errorf("after a restart: %s", got)
	}
}
