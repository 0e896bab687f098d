package live

import (
	"bytes"
	"testing"

	"signet/capture"
	"signet/certs"
)

// A viewer sees the camera that was asked for, and no frame of another.
func TestViewersSeeTheirCamera(t *testing.T) {
	w := newWorld(t)
	second := func(r *certs.ViewerRequest) { r.Camera = 1 }
	b, sdp := newBrowser(t, true)
	b.connect(t, w, sdp, second)
	first, other := w.Server.shown[0], w.Server.shown[1]
	until(t, "watching", func() bool { return other.feed.watching.Load() == 1 })

	stray := &capture.Frame{Format: capture.MJPEG, Key: true, Data: noise(t, 1, 64, 48)}
	video := &capture.Frame{Format: capture.H264, Data: []byte{0, 0, 0, 1, 0x41, 1, 2, 3}}
	if n := testing.AllocsPerRun(100, func() { w.Server.Offer(0, stray); w.Server.Offer(0, video) }); n != 0 {
		t.Errorf("%v allocations a frame of a camera that nobody watches", n)
	}
	if first.feed.full || first.feed.newest.Load() != nil {
		t.Error("a frame was kept that nobody watches")
	}
	for i := range 5 {
		img := noise(t, uint64(100+i), 320, 200)
		w.Server.Offer(0, stray)
		w.Server.Offer(1, &capture.Frame{Format: capture.MJPEG, Key: true, Data: img})
		if p := receive(t, "picture", b.pictures); !bytes.Equal(p.jpeg, img) || p.number != uint32(i) {
			t.Fatalf("picture %d is number %d, %d bytes of %d", i, p.number, len(p.jpeg), len(img))
		}
	}
	both, sdp := newBrowser(t, false)
	both.connect(t, w, sdp)
	until(t, "watching", func() bool { return first.feed.watching.Load() == 1 })
	w.Server.Offer(0, stray)
	if p := receive(t, "picture", both.pictures); !bytes.Equal(p.jpeg, stray.Data) {
		t.Errorf("the viewer of the first camera got another picture")
	}
	if n := len(b.pictures); n != 0 {
		t.Errorf("the viewer of the second camera got %d pictures of the first", n)
	}
}

// H.264 of one camera makes no other one a source of H.264.
func TestVideoIsOfItsCamera(t *testing.T) {
	w := newWorld(t)
	w.Server.Offer(0, &capture.Frame{Format: capture.H264, Key: true, Data: annexB(sps, pps, slice(0x65, 100, 1))})
	b, sdp := newBrowser(t, true)
	b.connect(t, w, sdp, func(r *certs.ViewerRequest) { r.Camera = 1 })
	img := noise(t, 1, 64, 48)
	until(t, "watching", func() bool { return w.Server.shown[1].feed.watching.Load() == 1 })
	w.Server.Offer(1, &capture.Frame{Format: capture.MJPEG, Key: true, Data: img})
	if p := receive(t, "picture", b.pictures); !bytes.Equal(p.jpeg, img) {
		t.Error("another picture came")
	}
	if n := w.Server.shown[0].video.watching.Load(); n != 0 {
		t.Errorf("%d watch the first camera", n)
	}
}
