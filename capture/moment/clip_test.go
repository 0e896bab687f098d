package moment

import (
	"errors"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/fmp4"
)

// However many frames come in the time of one part, it stays short enough to be signed.
func TestPartsAreBounded(t *testing.T) {
	var c clip
	e := &Event{}
	f := &capture.Frame{Format: capture.MJPEG, Data: shot(t, 0)}
	c.reset(fmp4.Track{Width: 640, Height: 480})
	f.Key = true
	var err error
	for err == nil {
		_, err = c.add(f, e, time.Hour)
		f.Mono += capture.Mono(time.Millisecond)
		f.Key = false
	}
	if !errors.Is(err, errTooLong) {
		t.Fatal(err)
	}
	p, err := c.finish(f.Mono, e)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Data) > MaxPart || len(p.Data) < MaxPart*9/10 {
		t.Errorf("%d frames make a part of %d bytes, at most %d are to be", p.Frames, len(p.Data), MaxPart)
	}
}
