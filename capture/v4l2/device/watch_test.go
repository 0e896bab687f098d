package device_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"signet/capture/v4l2/device"
	"signet/capture/v4l2/device/devicetest"
)

// long is how long a wait takes that a test does not end; it is not waited for.
const long = time.Minute

// The real inotify tells what happens in the folders, also in those that are made while it watches.
func TestWait(t *testing.T) {
	m := devicetest.New(t)
	old := m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"a node", func() { m.Plug("video1", devicetest.Webcam("1-1.3", c270, "")) }},
		{"rights", func() { os.Chmod(old, 0o666) }},
		{"the first link", func() { m.Link("by-id", "a", "video0") }},
		{"another link", func() { m.Link("by-id", "b", "video0") }},
		{"a link of another kind", func() { m.Link("by-path", "b", "video0") }},
		{"the same node anew", func() {
			m.Unplug("video0")
			m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
		}},
	} {
		waits, done := make(chan struct{}), make(chan error)
		before := m.See()
		go func() {
			close(waits)
			came, err := m.Wait(t.Context(), long, before)
			if err == nil && !came {
				err = errors.New("nothing came")
			}
			done <- err
		}()
		<-waits
		os.WriteFile(m.Path("null"), nil, 0o600) // what is no camera does not end it
		time.Sleep(10 * time.Millisecond)        // it waits by now, or will see it as it begins: both are to work
		c.do()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s is not seen", c.what)
		}
	}
}

func TestWaitInVain(t *testing.T) {
	m := devicetest.New(t)
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	before := m.See()
	running := runtime.NumGoroutine()
	m.Unplug("video0")
	if came, err := m.Wait(t.Context(), 20*time.Millisecond, before); came || err != nil {
		t.Errorf("%v, %v", came, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if came, err := m.Wait(ctx, long, before); came || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", came, err)
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > running; runtime.Gosched() {
		if time.Now().After(end) {
			var b [1 << 14]byte
			t.Fatalf("%d goroutines are left: %s", runtime.NumGoroutine()-running, b[:runtime.Stack(b[:], true)])
		}
	}
	fds, _ := os.ReadDir("/proc/self/fd")
	for _, fd := range fds {
		if target, _ := os.Readlink("/proc/self/fd/" + fd.Name()); strings.Contains(target, "inotify") {
			t.Error("a watch is left")
		}
	}
}

// What came between a look and the wait is not missed; nor is anything where the folder cannot be watched.
func TestWaitSeesWhatCameBefore(t *testing.T) {
	m := devicetest.New(t)
	before := m.See()
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	if came, err := m.Wait(t.Context(), long, before); !came || err != nil {
		t.Errorf("%v, %v", came, err)
	}
	nowhere := device.Root{Dev: m.Path("nowhere")}
	if came, err := nowhere.Wait(t.Context(), time.Millisecond, nowhere.See()); came || err != nil {
		t.Errorf("%v, %v", came, err)
	}
}
