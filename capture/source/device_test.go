package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/capture/v4l2"
	"signet/capture/v4l2/device"
	"signet/capture/v4l2/device/devicetest"
	"signet/capture/v4l2/uapi"
	"signet/internal/hint"
)

const (
	c270  = "046d:0825"
	cheap = "0c45:6366"
)

// machine has cameras, and opens them as package v4l2 does.
type machine struct {
	*devicetest.Tree
	errs  map[string]error // of opening, by path
	tried []string         // nodes
	asked v4l2.Options
	told  bytes.Buffer
}

func newMachine(t *testing.T) *machine {
	return &machine{Tree: devicetest.New(t), errs: map[string]error{}}
}

func (m *machine) source(spec string, o Options) *Source {
	o.Log = slog.New(slog.NewTextHandler(&m.told, nil))
	return newSource(spec, o, m.Root, m.open)
}

func (m *machine) open(_ context.Context, path string, o v4l2.Options) (capture.Camera, error) {
	m.tried, m.asked = append(m.tried, filepath.Base(path)), o
	if err := m.errs[path]; err != nil {
		return nil, err
	}
	if _, err := m.Root.Open(path); err != nil {
		return nil, hint.With(fmt.Errorf("open camera %s: %w", path, err), "ask for it")
	}
	return &camera{path: path}, nil
}

// takeTried returns the nodes that were tried since.
func (m *machine) takeTried() string {
	s := strings.Join(m.tried, " ")
	m.tried = nil
	return s
}

type camera struct {
	path   string
	closed int
}

func (c *camera) Info() capture.Info                         { return capture.Info{Path: c.path} }
func (c *camera) Next(context.Context, *capture.Frame) error { return io.EOF }
func (c *camera) Close() error                               { c.closed++; return nil }
func (c *camera) Skipped() capture.Skipped                   { return capture.Skipped{Torn: 3} }

// at opens s and says which node it took, or the error.
func at(t *testing.T, s *Source) string {
	t.Helper()
	c, err := s.Open(t.Context())
	if err != nil {
		return err.Error()
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	return filepath.Base(c.Info().Path)
}

func TestDeviceOptions(t *testing.T) {
	m := newMachine(t)
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	s := m.source("usb:046d:0825", Options{FPS: 5, Width: 640, Height: 480, Format: capture.YUYV})
	c, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a := m.asked; a.FPS != 5 || a.Width != 640 || a.Height != 480 || a.Format != capture.YUYV || a.Log == nil {
		t.Errorf("asked for %+v", a)
	}
	if k, ok := c.(capture.Skipper); !ok || k.Skipped().Torn != 3 {
		t.Error("what was skipped is not told")
	}
}

// A named camera is found under whatever node it has.
func TestFollows(t *testing.T) {
	m := newMachine(t)
	cam := func() *devicetest.Node { return devicetest.Webcam("1-1.2", c270, "A") }
	m.Plug("video0", cam())
	m.Plug("video2", devicetest.Webcam("1-1.3", cheap, ""))
	link := m.Link("by-id", "c270", "video0")
	all := map[string]*Source{}
	for _, spec := range []string{"usb:046d:0825", "usb:046d:0825:A", "usb-port:1-1.2", link, m.Path("video0"), Auto} {
		all[spec] = m.source(spec, Options{})
		if got := at(t, all[spec]); got != "video0" {
			t.Errorf("%s: %s", spec, got)
		}
	}
	m.Unplug("video0")
	for spec, s := range all {
		got, want := at(t, s), "open camera "+spec+": "
		if spec == Auto {
			want = "video2" // better than nothing
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("gone, %s: %s", spec, got)
		}
	}
	m.Plug("video5", cam())
	m.Link("by-id", "c270", "video5")
	m.told.Reset()
	for spec, s := range all {
		if got := at(t, s); got != "video5" {
			t.Errorf("back, %s: %s", spec, got)
		}
	}
	if !strings.Contains(m.told.String(), "camera has another node now") || !strings.Contains(m.told.String(), m.Path("video5")) {
		t.Errorf("told: %s", m.told.String())
	}
	// Its old number is another camera's now.
	m.Plug("video0", devicetest.Webcam("1-1.4", cheap, "X"))
	if got := at(t, all[m.Path("video0")]); got != "video5" {
		t.Errorf("with another camera under its number: %s", got)
	}
	m.Unplug("video5")
	m.told.Reset()
	if got := at(t, all[m.Path("video0")]); got != "video0" || !strings.Contains(m.told.String(), "another camera has the node now") {
		t.Errorf("the number is another camera's: %s, told %s", got, m.told.String())
	}
}

// While a camera cannot be opened, where it is by now is said once, not at every try.
func TestFollowsWithoutRepeating(t *testing.T) {
	m := newMachine(t)
	cam := func() *devicetest.Node { return devicetest.Webcam("1-1.2", c270, "A") }
	m.Plug("video0", cam())
	s := m.source(m.Path("video0"), Options{})
	if got := at(t, s); got != "video0" {
		t.Fatal(got)
	}
	tries := func(node, what string, said int) {
		t.Helper()
		m.told.Reset()
		m.takeTried()
		m.errs[m.Path(node)] = errDead
		for range 3 {
			if got := at(t, s); got != "dead" || m.takeTried() != node {
				t.Fatal(got)
			}
		}
		delete(m.errs, m.Path(node))
		if told := m.told.String(); strings.Count(told, what) != said || strings.Count(told, "level=WARN") != said {
			t.Errorf("told %s", told)
		}
	}
	m.Unplug("video0")
	m.Plug("video5", cam())
	tries("video5", "camera has another node now", 1)
	tries("video5", "camera has another node now", 0)
	m.Unplug("video5")
	m.Plug("video6", cam())
	tries("video6", "camera has another node now", 1)
	m.Unplug("video6")
	m.Plug("video0", devicetest.Webcam("1-1.4", cheap, "X"))
	tries("video0", "another camera has the node now", 1)
	// After a success it is news again.
	m.Unplug("video0")
	m.Plug("video6", cam())
	if got := at(t, s); got != "video6" {
		t.Fatal(got)
	}
	m.Unplug("video6")
	m.Plug("video0", devicetest.Webcam("1-1.4", cheap, "X"))
	tries("video0", "another camera has the node now", 1)
}

func TestAuto(t *testing.T) {
	m := newMachine(t)
	s := m.source("", Options{})
	_, err := s.Open(t.Context())
	if err == nil || err.Error() != "no camera found" || !strings.Contains(hint.Own(err), `source = "generated"`) {
		t.Fatalf("without a camera: %v, hint %q", err, hint.Own(err))
	}
	bayer := &devicetest.Node{Driver: "y", Card: "Bayer", Bus: "platform:y", Modes: []devicetest.Mode{{Format: uapi.MakeFormat("RG10", "")}}}
	m.Plug("video9", bayer)
	if got := at(t, s); got != "open camera "+m.Path("video9")+": no usable picture format: the driver has RG10" {
		t.Errorf("with what is of no use: %s", got)
	}
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	m.errs[m.Path("video0")] = fmt.Errorf("open camera video0: %w", capture.ErrStalled)
	if _, err := s.Open(t.Context()); !errors.Is(err, capture.ErrStalled) {
		t.Errorf("with one that stalls: %v", err)
	}
	m.Plug("video1", devicetest.Webcam("1-1.3", cheap, ""))
	m.errs[m.Path("video1")] = errDead
	if _, err := s.Open(t.Context()); err == nil || err.Error() != "open camera video0: camera delivers no frames; dead" || !errors.Is(err, errDead) {
		t.Errorf("with two that fail: %v", err)
	}
	delete(m.errs, m.Path("video1"))
	m.takeTried()
	if got := at(t, s); got != "video1" || m.takeTried() != "video0 video1" || !strings.Contains(m.told.String(), "camera passed by") {
		t.Errorf("took %s, told %s", got, m.told.String())
	}
	// From now on it is this one, where it is there when one is opened.
	delete(m.errs, m.Path("video0"))
	m.errs[m.Path("video1")] = errDead
	if got := at(t, s); got != "dead" || m.takeTried() != "video1" {
		t.Errorf("another camera was taken while its own is there: %s", got)
	}
	m.Unplug("video1")
	if got := at(t, s); got != "video0" || !strings.Contains(m.told.String(), "another one is taken") {
		t.Errorf("took %s, told %s", got, m.told.String())
	}
	m.Plug("video3", devicetest.Webcam("1-1.3", cheap, ""))
	if got := at(t, s); got != "video3" {
		t.Errorf("back: %s", got)
	}
}

// A node that is a part of a camera is opened if it is named: somebody may have put the camera together.
func TestPart(t *testing.T) {
	m := newMachine(t)
	part := &devicetest.Node{Driver: "unicam", Card: "unicam", Bus: "csi", Caps: uapi.CapCapture | uapi.CapStreaming | uapi.CapMediaController}
	path := m.Plug("video0", part)
	s := m.source(path, Options{})
	if got := at(t, s); got != "video0" {
		t.Errorf("named: %s", got)
	}
	m.errs[path] = unix.EPIPE
	if _, err := s.Open(t.Context()); !errors.Is(err, unix.EPIPE) || !strings.Contains(hint.Own(err), "part of a camera") {
		t.Errorf("%v, hint %q", err, hint.Own(err))
	}
	m.takeTried()
	if got := at(t, m.source(Auto, Options{})); !strings.Contains(got, "part of a camera") || m.takeTried() != "" {
		t.Errorf("auto: %s", got)
	}
}

// A device that has just come is given the time to get ready; one that was there is not waited for.
func TestGetsReady(t *testing.T) {
	m := newMachine(t)
	cam := devicetest.Webcam("1-1.2", c270, "")
	cam.Deny(unix.EACCES)
	m.Plug("video0", cam)
	s := m.source("usb:046d:0825", Options{})
	if _, err := s.Open(t.Context()); err == nil || hint.Own(err) == "" || m.takeTried() != "video0" {
		t.Fatalf("opened: %v", err)
	}
	m.Unplug("video0")
	m.Plug("video0", cam)
	if came, err := s.Wait(t.Context(), time.Minute); !came || err != nil {
		t.Fatalf("%v, %v", came, err)
	}
	permitted := time.AfterFunc(2*retryAfter, func() { cam.Deny(nil) })
	defer permitted.Stop()
	if got := at(t, s); got != "video0" || len(m.tried) < 2 {
		t.Errorf("%s after %q", got, m.tried)
	}
	// One that stalls is not new, but broken.
	m.errs[m.Path("video0")] = capture.ErrStalled
	m.takeTried()
	s.came = true
	if got := at(t, s); got != capture.ErrStalled.Error() || m.takeTried() != "video0" {
		t.Errorf("stalled: %s after %q", got, m.tried)
	}
	s.came = true
	m.errs[m.Path("video0")] = errDead
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(retryAfter, cancel)
	if _, err := s.Open(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}

// Plugging in ends the wait, while the camera streams or after it was looked for in vain.
func TestWait(t *testing.T) {
	m := newMachine(t)
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	s := m.source(m.Path("video0"), Options{})
	if came, err := s.Wait(t.Context(), time.Millisecond); came || err != nil {
		t.Errorf("before all: %v, %v", came, err)
	}
	c, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.Unplug("video0")
	c.Close()
	if came, err := s.Wait(t.Context(), 10*time.Millisecond); came || err != nil {
		t.Errorf("unplugged: %v, %v", came, err)
	}
	if _, err := s.Open(t.Context()); err == nil {
		t.Error("it is gone")
	}
	plug := time.AfterFunc(20*time.Millisecond, func() { m.Plug("video1", devicetest.Webcam("1-1.2", c270, "")) })
	defer plug.Stop()
	if came, err := s.Wait(t.Context(), time.Minute); !came || err != nil {
		t.Errorf("plugged in: %v, %v", came, err)
	}
	if got := at(t, s); got != "video1" {
		t.Error(got)
	}
}

// errStalled is what opening a camera that hangs says.
var errStalled = fmt.Errorf("x: %w", capture.ErrStalled)

// A device that hangs is reset, less and less often, until it gives pictures.
func TestUSBReset(t *testing.T) {
	m := newMachine(t)
	cam := devicetest.Webcam("1-1.2", c270, "")
	m.Plug("video0", cam)
	s := m.source("usb:046d:0825", Options{USBReset: true})
	opens := func(n, resets int, err error) {
		t.Helper()
		m.errs[m.Path("video0")], m.errs[m.Path("video7")] = err, err
		before := len(m.Resets(nil))
		for range n {
			at(t, s)
		}
		if got := len(m.Resets(nil)) - before; got != resets {
			t.Errorf("%d resets in %d openings, not %d", got, n, resets)
		}
	}
	opens(1, 0, errStalled)
	opens(1, 1, errStalled)
	if told := m.told.String(); !strings.Contains(told, "its USB device was reset") {
		t.Errorf("told %s", told)
	}
	// The reset has it come back under another node, not quite ready, and hanging as before.
	m.Unplug("video0")
	opens(1, 0, nil)
	m.Plug("video7", cam)
	opens(1, 0, errDead)
	opens(1, 0, errStalled)
	opens(1, 1, errStalled) // the 4th
	opens(3, 0, errStalled)
	opens(1, 1, errStalled) // the 8th
	opens(24, 2, errStalled)
	opens(31, 0, errStalled)
	opens(1, 0, nil) // a picture
	opens(1, 0, errStalled)
	opens(1, 0, nil)
	opens(1, 0, errStalled)
	// One that does not even answer hangs too.
	opens(1, 1, errors.New("open camera x: set MJPG of 640x480: "+unix.EIO.Error()))
	opens(1, 0, nil)
	// Another device at the port is another one.
	opens(1, 0, errStalled)
	m.Unplug("video7")
	other := devicetest.Webcam("1-1.2", c270, "B")
	m.Plug("video0", other)
	opens(1, 0, errStalled)
}

func TestUSBResetForbidden(t *testing.T) {
	m := newMachine(t)
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	m.errs[m.Path("video0")] = errStalled
	s := m.source("usb:046d:0825", Options{USBReset: true})
	m.Resets(unix.EACCES)
	for range 8 {
		at(t, s)
	}
	if told := m.told.String(); strings.Count(told, "may not be reset") != 1 || !strings.Contains(told, "udev rule") {
		t.Errorf("told %s", told)
	}
	never := m.source("usb:046d:0825", Options{})
	m.Resets(nil)
	at(t, never)
	if _, err := never.Open(t.Context()); !strings.Contains(hint.Own(err), "usb_reset = true") {
		t.Errorf("hint %q", hint.Own(err))
	}
	if n := len(m.Resets(nil)); n != 0 {
		t.Errorf("reset without being asked to")
	}
}

const (
	brightness = 0x00980900
	powerLine  = 0x00980918
)

func value(t *testing.T, n *devicetest.Node, id uint32) int32 {
	t.Helper()
	v, err := n.Control(id)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestControls(t *testing.T) {
	m := newMachine(t)
	cam := devicetest.Webcam("1-1.2", c270, "")
	cam.Set(brightness, 7) // by an earlier program
	m.Plug("video0", cam)
	s := m.source(Auto, Options{Controls: map[string]any{"power_line_frequency": "50 Hz", "brigthness": 3, "power": 1}})
	c, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b, p := value(t, cam, brightness), value(t, cam, powerLine); b != 128 || p != 1 {
		t.Errorf("brightness %d, power line %d", b, p)
	}
	told := m.told.String()
	if !strings.Contains(told, "did you mean brightness?") || strings.Count(told, "control not set") != 2 {
		t.Errorf("told %s", told)
	}
	// At once, while it is open.
	if err := s.SetControls(map[string]any{"brightness": 200}); err != nil {
		t.Error(err)
	}
	if b, p := value(t, cam, brightness), value(t, cam, powerLine); b != 200 || p != 2 {
		t.Errorf("brightness %d, power line %d", b, p)
	}
	if err := s.SetControls(map[string]any{"brightness": 300}); err == nil || err.Error() != "brightness: 300 is not within 0 to 255 (default 128)" {
		t.Error(err)
	}
	// And when it is opened again.
	c.Close()
	if err := s.SetControls(map[string]any{"brightness": 50}); err != nil {
		t.Error(err)
	}
	if b := value(t, cam, brightness); b != 200 {
		t.Errorf("a camera that is closed was set: brightness %d", b)
	}
	if c, err = s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b := value(t, cam, brightness); b != 50 {
		t.Errorf("brightness %d", b)
	}
	cam.Gone()
	if err := s.SetControls(map[string]any{"brightness": 60}); err != nil {
		t.Errorf("of a camera that has gone: %v", err)
	}
	c.Close()
}

// A camera that another program uses is not set.
func TestControlsOfABusyCamera(t *testing.T) {
	m := newMachine(t)
	cam := devicetest.Webcam("1-1.2", c270, "")
	m.Plug("video0", cam)
	m.errs[m.Path("video0")] = unix.EBUSY
	at(t, m.source(Auto, Options{Controls: map[string]any{"brightness": 3}}))
	if b := value(t, cam, brightness); b != 128 {
		t.Errorf("brightness %d", b)
	}
}

// SetControls may be called while the camera comes and goes.
func TestControlsConcurrently(t *testing.T) {
	m := newMachine(t)
	m.Plug("video0", devicetest.Webcam("1-1.2", c270, ""))
	s := m.source(Auto, Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 200 {
			if err := s.SetControls(map[string]any{"brightness": i}); err != nil {
				t.Error(err)
			}
		}
	}()
	for range 50 {
		at(t, s)
	}
	<-done
}

var _ device.Node = (*devicetest.Node)(nil)

// Opening again looks at the camera alone: other nodes may be costly to open.
func TestOpensNoOthers(t *testing.T) {
	m := newMachine(t)
	codec := &devicetest.Node{Driver: "bcm2835-codec", Card: "codec", Bus: "platform:codec", Caps: 0x4000 | uapi.CapStreaming}
	m.Plug("video10", codec)
	cam := m.Plug("video0", devicetest.Webcam("1-1.2", c270, "A"))
	sensor := m.Plug("video1", &devicetest.Node{
		Driver: "vivid", Card: "vivid", Bus: "platform:vivid-000", Modes: []devicetest.Mode{{Format: uapi.MakeFormat("YUYV", "")}},
	})
	for spec, want := range map[string]string{"usb:046d:0825": cam, "usb-port:1-1.2": cam, cam: cam, sensor: sensor, Auto: cam} {
		s := m.source(spec, Options{})
		if spec == Auto { // which has to look at all once
			at(t, s)
		}
		s.root.Open = func(path string) (device.Node, error) {
			if path != want {
				t.Errorf("%s: %s was opened", spec, path)
			}
			return m.Root.Open(path)
		}
		for range 2 {
			if got := at(t, s); got != filepath.Base(want) {
				t.Errorf("%s: %s", spec, got)
			}
		}
	}
}
