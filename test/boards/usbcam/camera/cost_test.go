package camera

import (
	"context"
	"net"
	"testing"
	"time"

	"signet/test/boards/usbcam/footage"
	"signet/test/boards/usbcam/usbip"
	"signet/test/boards/usbcam/uvc"
)

// sink is a host controller that takes everything and asks for nothing.
type sink struct {
	net.Conn
	closed chan struct{}
}

func (s sink) Read([]byte) (int, error)    { <-s.closed; return 0, net.ErrClosed }
func (s sink) Write(b []byte) (int, error) { return len(b), nil }
func (s sink) Close() error                { close(s.closed); return nil }

func (s sink) Plug(int) (*usbip.Conn, int, error)  { return usbip.NewConn(s), 0, nil }
func (s sink) WaitFree(context.Context, int) error { return nil }
func (s sink) Ports() ([]usbip.Port, error)        { return nil, nil }

// TestFramesCostNoMemory: what runs beside the program under test on a small board must not disturb it.
func TestFramesCostNoMemory(t *testing.T) {
	img := make([]byte, 40000)
	size := uvc.Size{Width: 640, Height: 480}
	c, err := New(Config{
		Hub:      sink{closed: make(chan struct{})},
		Pictures: []*footage.JPEGs{{Size: size, Images: [][]byte{img, img[:30000]}}},
		Formats:  "mjpeg", Loop: true, Timed: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.plugIn(-1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.pull()
	s := p.streams[0]
	s.commit(c, uvc.Mode{Kind: uvc.MJPEG, Frame: uvc.Frame{Size: size}, Interval: time.Nanosecond})
	seq := uint32(0)
	n := testing.AllocsPerRun(1000, func() {
		for range 5 {
			seq++
			s.queue = append(s.queue, usbip.Message{Seq: seq, In: true, Endpoint: 1, Length: uvc.PayloadSize})
		}
		if err := p.pump(c); err != nil {
			t.Fatal(err)
		}
		if err := p.conn.Flush(); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations for five transfers", n)
	}
	if s.frames < 1000 {
		t.Errorf("%d frames were sent", s.frames)
	}
}
