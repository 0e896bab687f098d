package camera_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"signet/test/boards/usbcam/camera"
	"signet/test/boards/usbcam/footage"
	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/usbip/usbiptest"
	"signet/test/boards/usbcam/uvc"
	"signet/test/boards/usbcam/uvc/uvctest"
)

const (
	transfers    = 5 // that Linux keeps under way
	interfaceIn  = 0xA1
	interfaceOut = 0x21
)

var errStalled = errors.New("stalled")

// kernel plays hub, USB core and video driver. It is used by one goroutine.
type kernel struct {
	t      *testing.T
	cam    *camera.Camera
	hosts  chan *usbiptest.Host
	host   *usbiptest.Host
	video  []*stream
	answer map[uint32]usbiptest.Return
}

// stream is a video device.
type stream struct {
	number    int
	streaming bool
	under     map[uint32]bool // transfers under way
	rx        *uvctest.Receiver
	times     []time.Time // when each frame of rx came
}

func (k *kernel) Plug(int) (*usbip.Conn, int, error) {
	host, conn := usbiptest.New()
	k.hosts <- host
	return conn, 3, nil
}

func (k *kernel) WaitFree(context.Context, int) error { return nil }

func (k *kernel) Ports() ([]usbip.Port, error) { return nil, nil }

// start runs a camera until the test ends.
func start(t *testing.T, cfg camera.Config) *kernel {
	t.Helper()
	k := &kernel{t: t, hosts: make(chan *usbiptest.Host, 1)}
	cfg.Hub = k
	var err error
	if k.cam, err = camera.New(cfg); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- k.cam.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if k.host != nil {
			for range k.host.Returns {
			}
			if err := k.host.Err(); err != nil {
				t.Errorf("the kernel would have dropped it: %v", err)
			}
		}
	})
	return k
}

// do gives the camera a command that must succeed.
func (k *kernel) do(command ...string) {
	k.t.Helper()
	for _, c := range command {
		if _, err := k.cam.Do(k.t.Context(), c); err != nil {
			k.t.Fatal(err)
		}
	}
}

func (k *kernel) state() camera.State {
	k.t.Helper()
	var s camera.State
	answer, err := k.cam.Do(k.t.Context(), "state")
	if err == nil {
		err = json.Unmarshal([]byte(answer), &s)
	}
	if err != nil {
		k.t.Fatal(err)
	}
	return s
}

// plug plugs the camera in and enumerates it.
func (k *kernel) plug() {
	k.t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := k.cam.Do(k.t.Context(), "plug")
		done <- err
	}()
	select {
	case k.host = <-k.hosts:
	case err := <-done:
		k.t.Fatal(err)
	}
	k.answer = map[uint32]usbiptest.Return{}
	k.enumerate()
	if err := <-done; err != nil {
		k.t.Fatal(err)
	}
}

// enumerate is what follows a reset of the port.
func (k *kernel) enumerate() {
	k.t.Helper()
	k.video = nil
	if d := k.must(usbip.Setup{Type: 0x80, Request: 6, Value: 0x100, Length: 64}, nil); len(d) != 18 {
		k.t.Fatalf("device descriptor % x", d)
	}
	k.must(usbip.Setup{Type: 0x80, Request: 6, Value: 0x100, Length: 18}, nil)
	if c := k.must(usbip.Setup{Type: 0x80, Request: 6, Value: 0x200, Length: 9}, nil); len(c) != 9 {
		k.t.Fatalf("configuration descriptor % x", c)
	}
	c := k.must(usbip.Setup{Type: 0x80, Request: 6, Value: 0x200, Length: 4096}, nil)
	k.must(usbip.Setup{Request: 9, Value: 1}, nil)
	for i := range int(c[4]) - 1 {
		k.video = append(k.video, &stream{number: i, under: map[uint32]bool{}, rx: uvctest.NewReceiver(uvc.PayloadSize)})
	}
}

// control does a request.
func (k *kernel) control(s usbip.Setup, data []byte) ([]byte, error) {
	k.t.Helper()
	seq := k.submit(0, s.In(), s, int(s.Length), data)
	for k.next() {
		if r, ok := k.answer[seq]; ok {
			delete(k.answer, seq)
			if r.Status == -32 {
				return nil, errStalled
			}
			return r.Data, nil
		}
	}
	return nil, fmt.Errorf("unplugged: %v, %+v", k.host.Err(), k.state())
}

func (k *kernel) must(s usbip.Setup, data []byte) []byte {
	k.t.Helper()
	b, err := k.control(s, data)
	if err != nil {
		k.t.Fatalf("request %+v: %v", s, err)
	}
	return b
}

func (k *kernel) submit(endpoint int, in bool, s usbip.Setup, length int, data []byte) uint32 {
	k.t.Helper()
	seq, err := k.host.Submit(uint32(endpoint), in, s, length, data)
	if err != nil {
		k.t.Fatal(err)
	}
	return seq
}

// next handles one return; false when the plug was pulled.
func (k *kernel) next() bool {
	k.t.Helper()
	r, ok := <-k.host.Returns
	if !ok {
		return false
	}
	for _, v := range k.video {
		if !v.under[r.Seq] || r.Unlink {
			continue
		}
		delete(v.under, r.Seq)
		frames := len(v.rx.Frames)
		v.rx.Complete(r.Data, uvc.PayloadSize)
		for range len(v.rx.Frames) - frames {
			v.times = append(v.times, time.Now())
		}
		if v.streaming {
			k.feed(v)
		}
		return true
	}
	k.answer[r.Seq] = r
	return true
}

// feed hands the camera a buffer for frames.
func (k *kernel) feed(v *stream) {
	k.t.Helper()
	v.under[k.submit(1+v.number, true, usbip.Setup{}, uvc.PayloadSize, nil)] = true
}

// stream negotiates format and frame, counted from 1, and begins to capture.
func (k *kernel) stream(number, format, frame int, fps float64) *stream {
	k.t.Helper()
	probe := func(request uint8, selector uint16, data []byte) []byte {
		s := usbip.Setup{Type: interfaceOut, Request: request, Value: selector << 8, Index: uint16(1 + number), Length: uint16(len(data))}
		if request != uvc.SetCur {
			s.Type, data = interfaceIn, nil
		}
		return k.must(s, data)
	}
	size := probe(uvc.GetLen, uvc.Probe, make([]byte, 2))
	p := make([]byte, size[0])
	interval := uint32(1e7 / fps)
	copy(p[2:], []byte{byte(format), byte(frame), byte(interval), byte(interval >> 8), byte(interval >> 16), byte(interval >> 24)})
	probe(uvc.SetCur, uvc.Probe, p)
	p = probe(uvc.GetCur, uvc.Probe, p)
	probe(uvc.SetCur, uvc.Commit, p)
	v := k.video[number]
	v.rx, v.times, v.streaming = uvctest.NewReceiver(uvc.PayloadSize), nil, true
	for range transfers {
		k.feed(v)
	}
	return v
}

// frames captures n frames and returns them.
func (k *kernel) frames(v *stream, n int) [][]byte {
	k.t.Helper()
	from := len(v.rx.Frames)
	for len(v.rx.Frames) < from+n {
		if !k.next() {
			k.t.Fatalf("unplugged after %d frames of %d: %v", len(v.rx.Frames)-from, n, k.host.Err())
		}
	}
	return v.rx.Frames[from:]
}

// stop takes the buffers back and tells the camera.
func (k *kernel) stop(v *stream) {
	k.t.Helper()
	v.streaming = false
	for seq := range v.under {
		unlink, err := k.host.Unlink(seq)
		if err != nil {
			k.t.Fatal(err)
		}
		for k.answer[unlink].Seq == 0 {
			if !k.next() {
				k.t.Fatal("unplugged")
			}
		}
		delete(v.under, seq)
	}
	k.must(usbip.Setup{Type: 0x02, Request: 1, Index: uint16(0x81 + v.number)}, nil)
}

// pictures makes a recording of n pictures, each of one shade, with noise, so that it takes several transfers.
func pictures(t *testing.T, size uvc.Size, n int) *footage.JPEGs {
	t.Helper()
	j := &footage.JPEGs{Size: size}
	for i := range n {
		img := image.NewYCbCr(image.Rect(0, 0, size.Width, size.Height), image.YCbCrSubsampleRatio420)
		seed := uint32(i + 1)
		for p := range img.Y {
			seed = seed*1664525 + 1013904223
			img.Y[p] = byte(seed >> 24)
		}
		for p := range img.Cb {
			img.Cb[p], img.Cr[p] = byte(20*i), 128
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		j.Images = append(j.Images, b.Bytes())
	}
	return j
}

// gray makes a recording of small pictures: cheap to decode.
func gray(t *testing.T, n int) *footage.JPEGs {
	t.Helper()
	j := &footage.JPEGs{Size: uvc.Size{Width: 32, Height: 16}}
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 32, 16))
		for p := range 32 * 16 {
			img.Set(p%32, p/32, color.Gray{byte(20 * i)})
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		j.Images = append(j.Images, b.Bytes())
	}
	return j
}

// which returns the numbers of the recording's pictures that frames are, as text: one digit each, ? for others.
func which(j *footage.JPEGs, frames [][]byte) string {
	var s strings.Builder
	for _, f := range frames {
		c := byte('?')
		for i, img := range j.Images {
			if bytes.Equal(f, img) {
				c = '0' + byte(i)
			}
		}
		s.WriteByte(c)
	}
	return s.String()
}
