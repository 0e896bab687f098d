package moment

import (
	"runtime"
	"testing"
	"time"

	"signet/capture"
	"signet/capture/compress"
)

// TestMemoryAt720p tells what a pipeline holds in the middle of an event, by format, at 1280x720 and 10 frames a
// second, and keeps it within bounds. The frame that the camera writes into is counted; its driver's buffers are not.
func TestMemoryAt720p(t *testing.T) {
	const w, h, n = 1280, 720, 30
	var e compress.Encoder
	for _, format := range []capture.Format{capture.MJPEG, capture.YUYV, capture.GREY} {
		source := format
		if format == capture.MJPEG {
			source = capture.YU12
		}
		frames := raws(source, w, h, n, span{0, n})
		if format == capture.MJPEG {
			for i := range frames {
				img, err := e.Append(nil, &frames[i], 90)
				if err != nil {
					t.Fatal(err)
				}
				// A camera's frames of this size have 40 to 100 KB; pad those of the bars with what is no picture.
				frames[i].Data = append(img, make([]byte, 90_000-len(img))...)
				frames[i].Format = format
			}
		}
		c := &endless{frames: frames, period: 3 * time.Second}
		before := heap()
		r := begin(t, Config{}, nowhere{})
		var f capture.Frame
		most := uint64(0)
		for i := range 3 * n {
			c.next(&f)
			r.take(&f)
			if i%n == n-1 {
				most = max(most, heap()-before)
			}
		}
		if r.segmenter.Phase() == Idle || r.Stats().Parts == 0 {
			t.Fatalf("%s: %v, %+v", format, r.segmenter.Phase(), r.Stats())
		}
		t.Logf("%s: %.1f MB, of which ring %.1f, clip %.1f, frame and best frame %.1f",
			format, float64(most)/1e6, float64(r.ring.Bytes())/1e6, float64(cap(r.clip.buf))/1e6, float64(cap(f.Data)+cap(r.picker.frame.Data))/1e6)
		limit := uint64(10 << 20) // with a ring of 8 MiB at most
		if format != capture.MJPEG {
			limit = 6 << 20
		}
		if most > limit {
			t.Errorf("%s: %d bytes, at most %d", format, most, limit)
		}
		runtime.KeepAlive(r)
	}
}

// heap is what is reachable.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
