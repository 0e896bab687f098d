package v4l2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"signet/capture"
	"signet/internal/hint"
)

var _ capture.Camera = (*Camera)(nil)

// answer is what the fake driver does when it is asked for a frame.
type answer struct {
	wait    time.Duration // before there is something
	data    []byte
	err     error // of GetFrame
	waitErr error // of WaitForFrame
}

// driver plays answers back, one for each frame, the last one for ever. Like a real one it writes into a
// buffer as soon as that is released.
type driver struct {
	t       *testing.T
	answers []answer
	caps    capability
	names   []string
	modes   []frameSize
	pix     pixFormat // what S_FMT really sets
	fps     float64

	asked     string // what SetImageFormat was called with
	count     uint32
	streaming bool
	held      bool // a buffer is with the caller
	buffer    [1 << 16]byte
	closed    int
}

func (d *driver) SetImageFormat(f webcam.PixelFormat, w, h uint32) (webcam.PixelFormat, uint32, uint32, error) {
	d.asked = fmt.Sprintf("%s %dx%d", fourCCName(uint32(f)), w, h)
	return f, w, h, nil
}
func (d *driver) SetFramerate(float32) error    { return unix.EINVAL }
func (d *driver) SetBufferCount(n uint32) error { d.count = n; return nil }
func (d *driver) StartStreaming() error         { d.streaming = true; return nil }

func (d *driver) WaitForFrame(seconds uint32) error {
	if d.held {
		d.t.Error("waits while it holds a buffer")
	}
	a := &d.answers[0]
	if limit := time.Duration(seconds) * time.Second; a.wait > limit {
		a.wait -= limit
		time.Sleep(limit)
		return new(webcam.Timeout)
	}
	time.Sleep(a.wait)
	return a.waitErr
}

func (d *driver) GetFrame() ([]byte, uint32, error) {
	a := d.answers[0]
	if len(d.answers) > 1 {
		d.answers = d.answers[1:]
	}
	if a.err != nil {
		return nil, 0, a.err
	}
	d.held = true
	return d.buffer[:copy(d.buffer[:], a.data)], 3, nil
}

func (d *driver) ReleaseFrame(index uint32) error {
	if !d.held || index != 3 {
		d.t.Errorf("releases buffer %d, held %v", index, d.held)
	}
	d.held = false
	clear(d.buffer[:])
	return nil
}

func (d *driver) Close() error                    { d.closed++; return nil }
func (d *driver) close() error                    { d.closed++; return nil }
func (d *driver) capability() (capability, error) { return d.caps, nil }
func (d *driver) formats() []string               { return d.names }
func (d *driver) sizes(string) []frameSize        { return d.modes }
func (d *driver) pixFormat() (pixFormat, error)   { return d.pix, nil }
func (d *driver) rate() float64                   { return d.fps }

func newDriver(t *testing.T, answers ...answer) *driver {
	d := &driver{
		t:       t,
		answers: answers,
		caps:    capability{capabilities: capDeviceCaps, deviceCaps: capCapture | capStreaming},
		names:   []string{"YUYV", "MJPG"},
		modes:   []frameSize{size(640, 480), size(1280, 720), size(1920, 1080)},
		pix:     pixFormat{width: 640, height: 480, fourCC: fourCC("MJPG")},
		fps:     10,
	}
	copy(d.caps.card[:], "Test Camera")
	copy(d.caps.driver[:], "fakevideo")
	return d
}

func (d *driver) open(ctx context.Context, o Options) (*Camera, error) {
	return open(ctx, "/dev/video9", o, func(string) (stream, control, error) { return d, d, nil })
}

func TestOpenReadsBack(t *testing.T) {
	d := newDriver(t, answer{data: picture(t, 640, 480)})
	c, err := d.open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := capture.Info{
		Name: "Test Camera", Driver: "fakevideo", Path: "/dev/video9", Format: capture.MJPEG,
		Width: 640, Height: 480, FPS: 10,
	}
	if c.Info() != want {
		t.Errorf("info %+v, want %+v", c.Info(), want)
	}
	if d.asked != "MJPG 1280x720" || d.count != buffers || !d.streaming {
		t.Errorf("asked for %s with %d buffers, streaming %v", d.asked, d.count, d.streaming)
	}
	if err := c.Close(); err != nil || d.closed != 2 {
		t.Errorf("%d of 2 descriptors closed, %v", d.closed, err)
	}
}

func TestNextCopiesAndSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := picture(t, 640, 480), picture(t, 320, 240)
		tick := 100 * time.Millisecond
		d := newDriver(t,
			answer{data: a}, // taken by Open
			answer{data: append(bytes.Clone(a), 0, 0, 0), wait: tick},
			answer{data: a[:len(a)/2], wait: tick},
			answer{wait: tick},
			answer{err: unix.EIO, wait: tick},
			answer{err: unix.EAGAIN},
			answer{data: b, wait: tick},
		)
		c, err := d.open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var f, g capture.Frame
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		if err := c.Next(t.Context(), &g); err != nil {
			t.Fatal(err)
		}
		if f.Seq != 0 || !bytes.Equal(f.Data, a) || f.Width != 640 || !f.Key || f.Format != capture.MJPEG {
			t.Errorf("first: seq %d, %dx%d, %d of %d bytes", f.Seq, f.Width, f.Height, len(f.Data), len(a))
		}
		if g.Seq != 4 || !bytes.Equal(g.Data, b) || g.Width != 320 {
			t.Errorf("second: seq %d, %dx%d, %d of %d bytes", g.Seq, g.Width, g.Height, len(g.Data), len(b))
		}
		if s := c.Skipped(); s != (Skipped{Torn: 1, Empty: 1, Errors: 1}) {
			t.Errorf("skipped %+v", s)
		}
	})
}

func TestNextStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		img := picture(t, 640, 480)
		for name, forever := range map[string]answer{
			"silent":     {wait: time.Hour},
			"torn":       {wait: 100 * time.Millisecond, data: img[:100]},
			"errors":     {wait: 100 * time.Millisecond, err: unix.EIO},
			"busy ready": {err: unix.EAGAIN},
		} {
			d := newDriver(t, answer{data: img}, forever)
			c, err := d.open(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			err = c.Next(t.Context(), new(capture.Frame))
			if took := time.Since(start); !errors.Is(err, capture.ErrStalled) || took < stallAfter || took > stallAfter+time.Second {
				t.Errorf("%s: %v after %v", name, err, took)
			}
		}
	})
}

func TestNextGone(t *testing.T) {
	img := picture(t, 640, 480)
	for name, a := range map[string]answer{
		"unplugged":    {err: unix.ENODEV},
		"poll error":   {err: unix.EINVAL},
		"poll refuses": {waitErr: unix.EBADF},
	} {
		d := newDriver(t, answer{data: img}, a)
		c, err := d.open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Next(t.Context(), new(capture.Frame)); !errors.Is(err, capture.ErrGone) || !strings.HasPrefix(err.Error(), "camera /dev/video9: camera gone") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNextObeysContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t, answer{data: picture(t, 640, 480)}, answer{wait: time.Hour})
		c, err := d.open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := c.Next(ctx, new(capture.Frame)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// A camera that only knows 30 frames a second gives the 10 that were asked for, without gaps in Seq.
func TestNextThins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDriver(t, answer{data: picture(t, 640, 480), wait: time.Second / 30})
		d.fps = 30
		c, err := d.open(t.Context(), Options{FPS: 10})
		if err != nil {
			t.Fatal(err)
		}
		if c.Info().FPS != 10 {
			t.Errorf("info says %v frames a second", c.Info().FPS)
		}
		start := time.Now()
		var f capture.Frame
		for i := range uint64(50) {
			if err := c.Next(t.Context(), &f); err != nil || f.Seq != i {
				t.Fatalf("frame %d: seq %d, %v", i, f.Seq, err)
			}
		}
		if took := time.Since(start); took < 4800*time.Millisecond || took > 5200*time.Millisecond {
			t.Errorf("50 frames in %v", took)
		}
	})
}

func TestRawRowsArePacked(t *testing.T) {
	const w, h, stride = 6, 4, 10
	d := newDriver(t)
	d.names = []string{"NV12"}
	d.pix = pixFormat{width: w, height: h, fourCC: fourCC("NV12"), bytesPerLine: stride}
	buf := bytes.Repeat([]byte{0xEE}, stride*(h+h/2)-(stride-w))
	var want []byte
	for y := range h + h/2 {
		for x := range w {
			buf[y*stride+x] = byte(16*y + x)
			want = append(want, byte(16*y+x))
		}
	}
	d.answers = []answer{{data: buf}, {data: buf[:len(buf)-1]}, {data: buf}}
	c, err := d.open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var f capture.Frame
	if err := c.Next(t.Context(), &f); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.Data, want) || f.Format != capture.NV12 || f.Seq != 1 || c.Skipped().Torn != 1 {
		t.Errorf("%s, seq %d, torn %d:\n%x, want\n%x", f.Format, f.Seq, c.Skipped().Torn, f.Data, want)
	}
}

func TestOpenRefuses(t *testing.T) {
	good := []answer{{data: picture(t, 640, 480)}}
	for name, c := range map[string]struct {
		change func(*driver)
		want   string
	}{
		"output device": {func(d *driver) { d.caps.deviceCaps = 2 }, "not a capture device"},
		"multi-planar":  {func(d *driver) { d.caps.deviceCaps = capCaptureMplane }, "multi-planar"},
		"Bayer only":    {func(d *driver) { d.names = []string{"RG10", "BA81"} }, "no usable picture format: the driver has RG10, BA81"},
		"no formats":    {func(d *driver) { d.names = nil }, "names no picture formats"},
		"other format":  {func(d *driver) { d.pix.fourCC = fourCC("RG10") }, "asked for MJPG, the driver set RG10"},
	} {
		d := newDriver(t, good...)
		c.change(d)
		_, err := d.open(t.Context(), Options{})
		if err == nil || !strings.HasPrefix(err.Error(), "open camera /dev/video9: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if d.closed != 2 {
			t.Errorf("%s: %d of 2 descriptors closed", name, d.closed)
		}
	}
}

func TestOpenExplains(t *testing.T) {
	for _, c := range []struct {
		err        error
		want, hint string
	}{
		{unix.ENOENT, "open camera /dev/video7: no such device", ""},
		{unix.EACCES, "open camera /dev/video7: permission denied", "usermod"},
		{errors.New("Failed to start streaming: " + unix.EBUSY.Error()), "open camera /dev/video7: in use by another program", "fuser"},
		{errNotVideo, "open camera /dev/video7: not a video device", ""},
	} {
		err := explain("/dev/video7", c.err)
		if err.Error() != c.want || !strings.Contains(hint.Own(err), c.hint) {
			t.Errorf("%v becomes %v, hint %q", c.err, err, hint.Own(err))
		}
	}
}

// The real kernel, as far as it goes without a camera.
func TestOpenNode(t *testing.T) {
	if _, err := Open(t.Context(), "/dev/video777", Options{}); err == nil ||
		err.Error() != "open camera /dev/video777: no such device" || hint.Own(err) == "" {
		t.Errorf("%v, hint %q", err, hint.Own(err))
	}
	if _, err := Open(t.Context(), os.DevNull, Options{}); err == nil || err.Error() != "open camera /dev/null: not a video device" {
		t.Error(err)
	}
	for _, d := range List() {
		if d.Path == "" || d.Driver == "" {
			t.Errorf("device %+v", d)
		}
	}
}

func size(w, h uint32) frameSize { return frameSize{kind: sizeDiscrete, numbers: [6]uint32{w, h}} }

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
