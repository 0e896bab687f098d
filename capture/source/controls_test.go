package source

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"signet/capture/v4l2/device"
	"signet/capture/v4l2/device/devicetest"
)

// stuck is a camera that does not answer while controls are set, until it is let go.
type stuck struct {
	*devicetest.Node
	asked  chan struct{} // closed when it is asked; nil: it answers
	answer chan error
	calls  atomic.Int32
	closed atomic.Int32
}

func (s *stuck) SetControl(id uint32, v int32) error {
	if s.asked == nil {
		return s.Node.SetControl(id, v)
	}
	s.calls.Add(1)
	close(s.asked)
	return <-s.answer
}

func (s *stuck) Close() error { s.closed.Add(1); return nil }

// opensStuck opens a camera, whose controls are then being set, and waited for.
func opensStuck(t *testing.T) (cam *stuck, closeCamera func() error, set chan error) {
	t.Helper()
	m := newMachine(t)
	cam = &stuck{Node: devicetest.Webcam("1-1.2", c270, "")}
	m.Plug("video0", cam.Node)
	s := m.source(Auto, Options{})
	s.root.Open = func(string) (device.Node, error) { return cam, nil }
	c, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cam.closed.Store(0) // by those who looked what it is
	cam.asked, cam.answer = make(chan struct{}), make(chan error)
	set = make(chan error, 1)
	go func() { set <- s.SetControls(map[string]any{"brightness": 1, "power_line_frequency": 0}) }()
	<-cam.asked
	return cam, c.Close, set
}

// A camera that hangs while its controls are set is closed at once. The descriptor is freed when nobody uses it any more, and
// it is asked nothing more.
func TestCloseWhileControlsAreSet(t *testing.T) {
	cam, closeCamera, set := opensStuck(t)
	closed := make(chan error, 1)
	go func() { closed <- closeCamera() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("close waits for the controls")
	}
	if n := cam.closed.Load(); n != 0 {
		t.Error("the descriptor was freed while it was in use")
	}
	cam.answer <- nil
	if err := <-set; err != nil {
		t.Errorf("controls of a camera that was closed: %v", err)
	}
	if n, asked := cam.closed.Load(), cam.calls.Load(); n != 1 || asked != 1 {
		t.Errorf("the descriptor was freed %d times, asked %d times", n, asked)
	}
}

// One that stays open has its error told; one that goes meanwhile is set when it is back.
func TestControlsAreNotAnswered(t *testing.T) {
	for answer, told := range map[error]bool{unix.ETIMEDOUT: true, unix.ENODEV: false} {
		cam, closeCamera, set := opensStuck(t)
		cam.answer <- answer
		if err := <-set; errors.Is(err, answer) != told {
			t.Errorf("%v: %v", answer, err)
		}
		if err := closeCamera(); err != nil || cam.closed.Load() != 1 {
			t.Errorf("freed %d times, %v", cam.closed.Load(), err)
		}
	}
}
