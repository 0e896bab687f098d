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
	"signet/capture/v4l2/uapi"
	"signet/internal/hint"
)

var _ capture.Camera = (*Camera)(nil)

// answer is what the fake driver does when it is asked for a frame.
type answer struct {
	wait    time.Duration // before there is something
	data    []byte
	err     error         // of GetFrame
	waitErr error         // of WaitForFrame
	lost    uint32        // frames before it
	age     time.Duration // since it was exposed
	flags   uint32        // of its buffer
}

// fake is a driver that plays answers back, one for each frame, the last one for ever. Like a real one it writes into a
// buffer as soon as that is released.
type fake struct {
	t       *testing.T
	answers []answer
	caps    uapi.Capability
	names   []string
	modes   []uapi.FrameSize
	pix     uapi.PixFormat // what S_FMT really sets
	fps     float64

	asked     string // what SetImageFormat was called with
	count     uint32
	streaming bool
	held      bool // a buffer is with the caller
	sequence  uint32
	stamp     unix.Timeval
	epoch     time.Time
	stops     int
	buffer    [1 << 16]byte
	closed    int
}

func (d *fake) SetImageFormat(f webcam.PixelFormat, w, h uint32) (webcam.PixelFormat, uint32, uint32, error) {
	d.asked = fmt.Sprintf("%s %dx%d", uapi.FourCCName(uint32(f)), w, h)
	return f, w, h, nil
}
func (d *fake) SetFramerate(float32) error    { return unix.EINVAL }
func (d *fake) SetBufferCount(n uint32) error { d.count = n; return nil }
func (d *fake) StartStreaming() error         { d.streaming = true; return nil }

func (d *fake) WaitForFrame(seconds uint32) error {
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

func (d *fake) GetFrame() ([]byte, uint32, error) {
	a := d.answers[0]
	if len(d.answers) > 1 {
		d.answers = d.answers[1:]
	}
	if a.err != nil {
		return nil, 0, a.err
	}
	d.held = true
	d.sequence += a.lost + 1
	return d.buffer[:copy(d.buffer[:], a.data)], 3, nil
}

func (d *fake) ReleaseFrame(index uint32) error {
	if !d.held || index != 3 {
		d.t.Errorf("releases buffer %d, held %v", index, d.held)
	}
	d.held = false
	clear(d.buffer[:])
	return nil
}

func (d *fake) StopStreaming() error {
	if d.streaming = false; d.held {
		d.t.Error("stops while a buffer is held")
	}
	d.stops++
	return nil
}

func (d *fake) Close() error                         { d.closed++; return nil }
func (d *fake) Capability() (uapi.Capability, error) { return d.caps, nil }
func (d *fake) Sizes(uint32) []uapi.FrameSize        { return d.modes }
func (d *fake) PixFormat() (uapi.PixFormat, error)   { return d.pix, nil }
func (d *fake) Rate() float64                        { return d.fps }

func (d *fake) Formats() (all []uapi.FormatDesc) {
	for _, n := range d.names {
		all = append(all, uapi.FormatDesc{FourCC: uapi.FourCC(n)})
	}
	return all
}

// Buffer tells what a real driver does: of a frame that waits that it is done, and whether it is broken; of one that was
// taken its number and time only.
func (d *fake) Buffer(index uint32) (uapi.Buffer, error) {
	b := uapi.Buffer{Index: index}
	if index != 3 {
		return b, nil
	}
	if d.held {
		b.Sequence, b.Time, b.Flags = d.sequence-1, d.stamp, uapi.BufMonotonic
		return b, nil
	}
	a := d.answers[0]
	d.stamp = unix.NsecToTimeval(int64(d.now() - capture.Mono(a.age)))
	b.Sequence, b.Time, b.Flags = d.sequence+a.lost, d.stamp, a.flags|uapi.BufDone|uapi.BufMonotonic
	return b, nil
}

func (d *fake) now() capture.Mono { return capture.Mono(time.Since(d.epoch) + time.Hour) }

func newFake(t *testing.T, answers ...answer) *fake {
	d := &fake{
		t:       t,
		answers: answers,
		epoch:   time.Now(),
		caps:    uapi.MakeCapability("fakevideo", "Test Camera", uapi.CapCapture|uapi.CapStreaming),
		names:   []string{"YUYV", "MJPG"},
		modes:   []uapi.FrameSize{size(640, 480), size(1280, 720), size(1920, 1080)},
		pix:     uapi.PixFormat{Width: 640, Height: 480, FourCC: uapi.FourCC("MJPG")},
		fps:     10,
	}
	return d
}

func (d *fake) open(ctx context.Context, o Options) (*Camera, error) { return d.openAs(ctx, o, false) }

func (d *fake) openAs(ctx context.Context, o Options, video bool) (*Camera, error) {
	return open(ctx, "/dev/video9", o, video, system{func(string) (stream, driver, error) { return d, d, nil }, d.now})
}

func TestOpenReadsBack(t *testing.T) {
	d := newFake(t, answer{data: picture(t, 640, 480)})
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
		d := newFake(t,
			answer{data: a}, // taken by Open
			answer{data: append(bytes.Clone(a), 0, 0, 0), wait: tick},
			answer{data: a[:len(a)/2], wait: tick},
			answer{wait: tick},
			answer{err: unix.EIO, wait: tick},
			answer{err: unix.EAGAIN},
			answer{data: append(bytes.Clone(a[:len(a)/2]), b...), wait: tick}, // the rest of one, and a whole one
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
		if s := c.Skipped(); s != (capture.Skipped{Torn: 1, Empty: 1, Marked: 1}) {
			t.Errorf("skipped %+v", s)
		}
	})
}

// A stream that stalls is started anew, once, before the camera is given up.
func TestNextStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		img := picture(t, 640, 480)
		for name, forever := range map[string]answer{
			"silent":     {wait: time.Hour},
			"torn":       {wait: 100 * time.Millisecond, data: img[:100]},
			"errors":     {wait: 100 * time.Millisecond, err: unix.EIO},
			"busy ready": {err: unix.EAGAIN},
		} {
			d := newFake(t, answer{data: img}, forever)
			c, err := d.open(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			err = c.Next(t.Context(), new(capture.Frame))
			if took := time.Since(start); !errors.Is(err, capture.ErrStalled) || took < stallAfter || took > 2*stallAfter+time.Second {
				t.Errorf("%s: %v after %v", name, err, took)
			}
			if d.stops != 1 {
				t.Errorf("%s: the stream was started anew %d times", name, d.stops)
			}
		}
	})
}

// A camera that is thinned, and of whose frames only every third is looked at, stalls like any other.
func TestThinnedRubbishStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		img, tick := picture(t, 640, 480), time.Second/30
		for name, forever := range map[string]answer{
			"torn":   {wait: tick, data: img[:100]},
			"marked": {wait: tick, data: img, flags: uapi.BufError},
			"empty":  {wait: tick},
		} {
			d := newFake(t, answer{data: img}, forever)
			d.fps = 30
			c, err := d.open(t.Context(), Options{FPS: 10})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if err := c.Next(ctx, new(capture.Frame)); !errors.Is(err, capture.ErrStalled) || d.stops != 1 {
				t.Errorf("%s: %v, started anew %d times", name, err, d.stops)
			}
			cancel()
			d.answers = []answer{forever}
			if _, err := d.open(t.Context(), Options{FPS: 10}); !errors.Is(err, capture.ErrStalled) {
				t.Errorf("%s: opened with %v", name, err)
			}
		}
	})
}

// Frames that wait while nobody takes them are no stall.
func TestBusyForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newFake(t, answer{data: picture(t, 640, 480)})
		c, err := d.open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * stallAfter)
		if err := c.Next(t.Context(), new(capture.Frame)); err != nil || d.stops != 0 {
			t.Errorf("%v, started anew %d times", err, d.stops)
		}
	})
}

// A stream that works again after a new start goes on as if nothing had been, and may be started anew again.
func TestNextRevives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		img := picture(t, 640, 480)
		stall := answer{wait: stallAfter + time.Second/2, data: img} // comes late, after the new start
		d := newFake(t, answer{data: img}, stall, answer{data: img}, stall, answer{data: img})
		c, err := d.open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var f capture.Frame
		for i := range uint64(4) {
			if err := c.Next(t.Context(), &f); err != nil || f.Seq != i {
				t.Fatalf("frame %d: seq %d, %v", i, f.Seq, err)
			}
		}
		if d.stops != 2 {
			t.Errorf("the stream was started anew %d times", d.stops)
		}
	})
}

// An error of the whole stream does not go away by waiting: it is started anew at once.
func TestNextFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		img := picture(t, 640, 480)
		eio := answer{err: unix.EIO}
		d := newFake(t, answer{data: img}, eio, eio, eio, eio, eio, answer{data: img})
		c, err := d.open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := c.Next(t.Context(), new(capture.Frame)); err != nil || d.stops != 1 || time.Since(start) > time.Second {
			t.Errorf("%v, started anew %d times, in %v", err, d.stops, time.Since(start))
		}
	})
}

// What the driver tells of a frame is believed: when it was exposed, how many were lost before, whether it is broken.
func TestDriverTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		img, tick := picture(t, 640, 480), 100*time.Millisecond
		d := newFake(t,
			answer{data: img},
			answer{data: img, wait: tick, age: 30 * time.Millisecond},
			answer{data: img, wait: tick, lost: 2},
			answer{data: img, wait: tick, flags: uapi.BufError},
			answer{data: img, wait: tick, age: -time.Second}, // of the future
			answer{data: img, wait: tick, lost: 1 << 30},     // the driver counts anew
		)
		c, err := d.open(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var f capture.Frame
		for i, want := range []struct {
			seq uint64
			age time.Duration
		}{{0, 30 * time.Millisecond}, {3, 0}, {5, 0}, {6, 0}} {
			if err := c.Next(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
			if age := d.now().Sub(f.Mono); f.Seq != want.seq || age != want.age {
				t.Errorf("frame %d: seq %d, %v old; want %d, %v", i, f.Seq, age, want.seq, want.age)
			}
		}
		if s := c.Skipped(); s != (capture.Skipped{Marked: 1}) {
			t.Errorf("skipped %+v", s)
		}
	})
}

func TestNoAllocation(t *testing.T) {
	d := newFake(t, answer{data: picture(t, 640, 480)})
	c, err := d.open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var f capture.Frame
	if n := testing.AllocsPerRun(100, func() {
		if err := c.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestNextGone(t *testing.T) {
	img := picture(t, 640, 480)
	for name, a := range map[string]answer{
		"unplugged":    {err: unix.ENODEV},
		"poll error":   {err: unix.EINVAL},
		"poll refuses": {waitErr: unix.EBADF},
	} {
		d := newFake(t, answer{data: img}, a)
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
		d := newFake(t, answer{data: picture(t, 640, 480)}, answer{wait: time.Hour})
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
		d := newFake(t, answer{data: picture(t, 640, 480), wait: time.Second / 30})
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
	d := newFake(t)
	d.names = []string{"NV12"}
	d.pix = uapi.PixFormat{Width: w, Height: h, FourCC: uapi.FourCC("NV12"), BytesPerLine: stride}
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
		change func(*fake)
		want   string
	}{
		"output device": {func(d *fake) { d.caps.DeviceCaps = 2 }, "not a capture device"},
		"multi-planar":  {func(d *fake) { d.caps.DeviceCaps = uapi.CapCaptureMplane }, "multi-planar"},
		"endless": {func(d *fake) {
			d.names, d.pix = []string{"GREY"}, uapi.PixFormat{Width: 65535, Height: 65535, FourCC: uapi.FourCC("GREY")}
		}, "65535x65535"},
		"Bayer only":   {func(d *fake) { d.names = []string{"RG10", "BA81"} }, "no usable picture format: the driver has RG10, BA81"},
		"no formats":   {func(d *fake) { d.names = nil }, "names no picture formats"},
		"other format": {func(d *fake) { d.pix.FourCC = uapi.FourCC("RG10") }, "asked for MJPG, the driver set RG10"},
	} {
		d := newFake(t, good...)
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
		{errors.New("Failed to start streaming: " + unix.EBUSY.Error()), "open camera /dev/video7: in use by another program, or by another [[camera]]", "signet-agent cameras"},
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
}

func size(w, h uint32) uapi.FrameSize {
	return uapi.FrameSize{Kind: uapi.Discrete, N: [6]uint32{w, h}}
}

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
