package v4l2

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"signet/capture"
	"signet/capture/v4l2/uapi"
)

var (
	_ capture.Camera  = (*Pair)(nil)
	_ capture.Skipper = (*Pair)(nil)
)

// unit is an H.264 access unit as far as the camera looks at it.
var unit = []byte{0, 0, 0, 1, 0x65, 1, 2, 3}

// newPair plays a camera with two nodes. Both have a frame every tick.
func newPair(t *testing.T, tick time.Duration, video ...answer) (*Pair, *fake, *fake) {
	t.Helper()
	a := newFake(t, answer{data: picture(t, 640, 480)})
	b := newFake(t, video...)
	b.names, b.pix.FourCC, b.fps = []string{"H264"}, uapi.FourCC("H264"), 25
	c, err := a.open(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := b.openAs(t.Context(), Options{FPS: 10}, true)
	if err != nil {
		t.Fatal(err)
	}
	return &Pair{Camera: c, video: v, wait: func(time.Duration) (ready [2]bool, err error) {
		time.Sleep(tick)
		return [2]bool{true, true}, nil
	}}, a, b
}

func TestPair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a, b := newPair(t, 20*time.Millisecond,
			answer{data: unit}, answer{data: unit, flags: uapi.BufKey}, answer{data: unit}, answer{data: []byte("no H.264 at all")}, answer{data: unit})
		if i := p.Info(); !i.HasH264 || i.Format != capture.MJPEG || i.FPS != 10 {
			t.Errorf("info %+v", i)
		}
		if v := p.video.Info(); v.Format != capture.H264 || v.FPS != 25 || p.video.thinner.Interval != 0 {
			t.Errorf("video %+v is thinned to %v", v, p.video.thinner.Interval)
		}
		count := map[capture.Format]uint64{}
		key := 0
		var f capture.Frame
		for range 40 {
			if err := p.Next(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
			n := count[f.Format]
			if f.Format == capture.H264 && n >= 3 {
				n++ // one was no H.264
			}
			if f.Seq != n {
				t.Errorf("%s frame %d: seq %d", f.Format, count[f.Format], f.Seq)
			}
			count[f.Format]++
			if f.Format == capture.H264 && f.Key {
				key++
			}
		}
		if count[capture.MJPEG] < 15 || count[capture.H264] < 15 || key != 1 {
			t.Errorf("of 40 frames: %v, %d marked as key frames", count, key)
		}
		if s := p.Skipped(); s != (capture.Skipped{Torn: 1}) {
			t.Errorf("skipped %+v", s)
		}
		if err := p.Close(); err != nil || a.closed != 2 || b.closed != 2 {
			t.Errorf("%d and %d descriptors closed, %v", a.closed, b.closed, err)
		}
	})
}

// H.264 that stalls is started anew and then the whole camera is given up: clips would have no pictures.
func TestPairStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a, b := newPair(t, 20*time.Millisecond, answer{data: unit}, answer{data: []byte{1}})
		start := time.Now()
		var err error
		for err == nil {
			err = p.Next(t.Context(), new(capture.Frame))
		}
		if took := time.Since(start); !errors.Is(err, capture.ErrStalled) || took < 2*stallAfter || took > 3*stallAfter {
			t.Errorf("%v after %v", err, took)
		}
		if a.stops != 0 || b.stops != 1 {
			t.Errorf("started anew: %d, %d times", a.stops, b.stops)
		}
	})
}
